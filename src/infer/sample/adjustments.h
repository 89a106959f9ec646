#pragma once
// What a request wants changed about the logits, before temperature and truncation: which tokens are allowed,
// bad words, bias, penalties. Order and definitions are vLLM's; transformers' processors of the same names
// agree (tests/golden/sample).

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "infer/grammar/token_mask.h"

namespace ferry {

using TokenId = int32_t;

struct AdjustmentParams {
  float presence_penalty = 0.0f;    // subtracted once from tokens that the answer has already
  float frequency_penalty = 0.0f;   // subtracted for each time
  float repetition_penalty = 1.0f;  // > 0: divides (or, below zero, multiplies) logits of tokens seen, the
                                    // prompt's included (Keskar et al., "CTRL", 2019)
  std::vector<std::pair<TokenId, float>> logit_bias = {};
  std::vector<TokenId> allowed = {};                 // nothing else is picked; empty: all are allowed
  std::vector<std::vector<TokenId>> bad_words = {};  // none empty. The last token of each is not picked where
                                                     // the answer ends in those before it
};

// Of one answer. One thread at a time.
class Adjustments {
 public:
  // Params refer to tokens that exist.
  Adjustments(AdjustmentParams params, std::span<const TokenId> prompt);

  // Changes the row for the answer's next token; what must not be picked becomes -infinity, `banned`
  // included, and all that is not in `mask` (null: nothing).
  void apply(std::span<float> logits, std::span<const TokenId> banned, const TokenMask* mask = nullptr);
  // What the token's logit was before apply(), for a token that is not -infinity now.
  float original(std::span<const float> logits, TokenId token) const;

  // The token is the answer's next.
  void accept(TokenId token);

 private:
  void set(std::span<float> logits, TokenId token, float logit);
  void keep_allowed(std::span<float> logits);
  void ban_bad_words(std::span<float> logits);
  void penalise(std::span<float> logits);

  AdjustmentParams params_;
  bool penalises_;
  size_t longest_word_;                             // of bad_words
  std::unordered_map<TokenId, int32_t> seen_;       // times in the answer; 0: in the prompt only
  std::vector<TokenId> ending_;                     // of the answer: as much as bad words need
  std::vector<std::pair<TokenId, float>> changed_;  // by the last apply(): tokens and their logits before it
  std::vector<float> allowed_logits_;               // scratch
};

}  // namespace ferry
