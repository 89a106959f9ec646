#pragma once
// From the engine's events to the pieces of an answer: echo, reports on prompts, the choice of the best.
// Knows neither threads nor sinks.

#include <vector>

#include "infer/engine/engine.h"
#include "infer/tokenizer/tokenizer.h"
#include "serve/dialects/exchange.h"
#include "serve/providers/local_reply.h"
#include "serve/providers/local_request.h"

namespace ferry {

class LocalChoices {
 public:
  // Request and tokenizer outlive it. `reading`: how answers are told apart; not set: all is text.
  LocalChoices(const GenerationRequest& request, const Tokenizer& tokenizer,
               std::optional<ReplyReading> reading = {});

  // A prompt, in the order of the request's.
  void add_prompt(PreparedPrompt prompt);

  // What there is to tell after one more event of that prompt's answers. No event is a cancellation.
  std::vector<GenerationDelta> take(size_t prompt, EngineEvent event);

  // Every answer has ended.
  bool complete() const { return open_ == 0; }
  const Usage& usage() const { return usage_; }

 private:
  // One of the best_of answers to a prompt.
  struct Candidate {
    bool begun = false;
    double logprob = 0;  // of all its tokens
    int64_t tokens = 0;
    std::vector<GenerationDelta> held;  // until it is known whether it is one of the best
    std::optional<LocalReply> reply;

    double mean_logprob() const;
  };
  struct PromptState {
    PreparedPrompt prompt;
    std::vector<TokenLogprob> scores;  // of its tokens
    std::vector<Candidate> candidates;
    int open = 0;  // candidates that have not ended
  };

  bool choosy() const { return request_.best_of > request_.n; }
  void begin(PromptState& state, EngineEvent& event);
  GenerationDelta opening(const PromptState& state) const;
  static std::vector<TokenLogprob> echoed(const PromptState& state);
  GenerationDelta piece(EngineEvent event, Candidate& candidate) const;
  void read_reply(const EngineEvent& event, LocalReply& reply, GenerationDelta& delta) const;
  std::vector<GenerationDelta> best_of(size_t prompt);
  std::vector<TokenLogprob> first_of(const std::vector<TokenLogprob>& scores, int top) const;
  TokenLogprob describe(const SampledToken& token) const;

  const GenerationRequest& request_;
  const Tokenizer& tokenizer_;
  const std::optional<ReplyReading> reading_;
  std::vector<PromptState> prompts_;
  int open_ = 0;
  Usage usage_;
};

}  // namespace ferry
