#pragma once
// One answer in the making: which token comes next, what text it adds, and whether it ends the answer.
// Knows neither model nor queue. Used by the engine thread (sample() by one compute thread at a time).

#include <chrono>
#include <functional>
#include <span>
#include <vector>

#include "infer/engine/engine.h"
#include "infer/engine/engine_metrics.h"
#include "infer/engine/guide.h"
#include "infer/engine/line_limit.h"
#include "infer/engine/stop_strings.h"

namespace ferry {

class Answer {
 public:
  // The request's answer number `choice`. `end_tokens` are the model's own; request.max_tokens is at least 1.
  Answer(EngineRequest request, int32_t choice, AnswerClock clock, const Tokenizer& tokenizer,
         std::span<const TokenId> end_tokens, std::function<void(EngineEvent)> on_event);

  int32_t choice() const { return choice_; }
  AnswerClock& clock() { return clock_; }
  const AnswerClock& clock() const { return clock_; }
  // Set after the last event.
  std::optional<EngineFinish> finish() const { return finish_; }
  // How much of the prompt the prefix cache had, to be told with every event from now on.
  void set_cached_tokens(int32_t tokens) { cached_tokens_ = tokens; }
  int32_t cached_tokens() const { return cached_tokens_; }
  int32_t prompt_tokens() const { return prompt_tokens_; }
  int32_t completion_tokens() const { return count_; }

  // The answer's next token. logits: [vocab], used as scratch. What there is to tell of it waits for tell().
  // Where no token can follow the answer ends, and the token means nothing.
  // REQUIRES: !ended()
  TokenId extend(std::span<float> logits);
  // It will get no more tokens.
  bool ended() const { return ended_; }

  // Whether the logits of that position are wanted because they say how likely the prompt's next token was.
  bool scores(int32_t position) const;
  // logits: [vocab], of that position. Different positions may be scored by different threads at once.
  void score(int32_t position, std::span<const float> logits);

  // The tokens of the text that must come next, as far as its grammar leaves no choice: at most so many.
  std::vector<TokenId> forced(int32_t most) { return guide_ ? guide_->forced(most) : std::vector<TokenId>(); }

  // Tells the listener, in one event for each token that has news.
  void tell();

  // Ends the answer from outside. REQUIRES: !ended()
  void cancel();

 private:
  bool is_end(TokenId token) const;
  void accept(SampledToken sampled);
  void end_by_token(SampledToken sampled);
  void end_by_length(StopStrings::Release release);
  bool is_late();
  void fail(std::string error);
  void note(EngineEvent event);

  EngineRequest request_;
  int32_t choice_;
  AnswerClock clock_;
  std::vector<TokenId> end_tokens_;  // that end this answer
  std::vector<TokenId> banned_;      // not to be picked before min_tokens
  Sampler sampler_;
  std::optional<Guide> guide_;
  StreamDecoder decoder_;
  StopStrings stops_;
  std::optional<LineLimit> lines_;
  std::chrono::steady_clock::time_point first_token_;  // if lines_
  std::function<void(EngineEvent)> on_event_;
  std::vector<SampledToken> untold_;  // not in an event yet
  std::vector<EngineEvent> events_;   // not told yet
  std::vector<SampledToken>
      prompt_scores_;  // of the prompt's tokens from the second on, until the first event
  int32_t prompt_tokens_;
  int32_t count_ = 0;
  bool ended_ = false;
  std::optional<EngineFinish> finish_;
  int32_t cached_tokens_ = 0;
};

}  // namespace ferry
