#pragma once
// What an answer must look like: first a thought within its budget, then a text of a grammar. Either may be
// missing. Used by one thread at a time.

#include <optional>
#include <string>

#include "infer/engine/engine.h"
#include "infer/grammar/grammar.h"

namespace ferry {

class Guide {
 public:
  // Whether the request needs one.
  static bool needed(const EngineRequest& request) {
    return request.grammar != nullptr || request.thought.has_value();
  }

  // `end_tokens` end an answer. They and the tokenizer outlive it.
  Guide(const EngineRequest& request, const Tokenizer& tokenizer, std::span<const TokenId> end_tokens);

  // Which of `vocab` tokens may come next, until the next call; null: any. resource_exhausted: none can.
  Result<const TokenMask*> next(int32_t vocab);
  // One of them has come. resource_exhausted: the grammar has no room left to follow it.
  Result<void> accept(TokenId token);

  // The tokens of the text that must come next, at most so many; empty where there is a choice of text. It
  // may be cut into others.
  std::vector<TokenId> forced(int32_t most);

  // The grammar has taken an end token: nothing may follow.
  bool ended() const { return state_ && state_->ended(); }

 private:
  enum class Where : uint8_t { before, thought, answer };

  bool over_budget() const;
  const TokenMask* all_but_ends(int32_t vocab);
  const TokenMask* only(TokenId token, int32_t vocab);
  void begin_thought();
  void read_opening(TokenId token);
  void read_thought(TokenId token);

  const Tokenizer& tokenizer_;
  std::span<const TokenId> end_tokens_;
  std::optional<ThoughtRequest> thought_;
  std::optional<GrammarState> state_;
  TokenMask mask_;
  Where where_;
  int32_t thought_tokens_ = 0;
  size_t forced_ = 0;  // of thought_->ending
  std::string text_;   // before: all of it; in a thought: its last bytes
};

}  // namespace ferry
