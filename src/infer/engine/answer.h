#pragma once
// One answer in the making: which token comes next, what text it adds, and whether it ends the answer.
// Knows neither model nor queue. Used by the engine thread (sample() by one compute thread at a time).

#include <functional>
#include <span>
#include <vector>

#include "infer/engine/engine.h"
#include "infer/engine/stop_strings.h"

namespace ferry {

class Answer {
 public:
  // The request's answer number `choice`. `end_tokens` are the model's own; request.max_tokens is at least 1.
  Answer(EngineRequest request, int32_t choice, const Tokenizer& tokenizer,
         std::span<const TokenId> end_tokens, std::function<void(EngineEvent)> on_event);

  int32_t choice() const { return choice_; }
  // How much of the prompt the prefix cache had, to be told with every event from now on.
  void set_cached_tokens(int32_t tokens) { cached_tokens_ = tokens; }

  // logits: [vocab], used as scratch.
  SampledToken sample(std::span<float> logits);

  // The token has become part of the sequence: tells the listener. True when the answer has ended.
  bool accept(SampledToken sampled);

  // Ends the answer from outside. REQUIRES: accept() has not returned true.
  void cancel();

 private:
  bool is_end(TokenId token) const;
  void emit(std::string text, std::optional<EngineFinish> finish);

  EngineRequest request_;
  int32_t choice_;
  std::vector<TokenId> end_tokens_;  // that end this answer
  std::vector<TokenId> banned_;      // not to be picked before min_tokens
  Sampler sampler_;
  StreamDecoder decoder_;
  StopStrings stops_;
  std::function<void(EngineEvent)> on_event_;
  std::vector<SampledToken> untold_;  // accepted, not in an event yet
  int32_t count_ = 0;
  int32_t cached_tokens_ = 0;
};

}  // namespace ferry
