#pragma once
// From a row of logits to the next token of one sequence.
//
// The order is vLLM's: logit bias and bans, penalties, temperature, min-p, top-k, top-p, then one uniform
// number picks. That number depends on the seed and the token's index in the answer alone, so a seeded answer
// is the same whatever else runs. Ties go to the lower id everywhere.

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace ferry {

using TokenId = int32_t;

struct SamplingParams {
  float temperature = 1.0f;         // 0: always the likeliest token
  float top_p = 1.0f;               // (0, 1]: the fewest likeliest tokens that reach this probability
  int32_t top_k = 0;                // 0: all
  float min_p = 0.0f;               // [0, 1]: only tokens at least this fraction as likely as the likeliest
  float presence_penalty = 0.0f;    // subtracted once from tokens that the answer has already
  float frequency_penalty = 0.0f;   // subtracted for each time
  float repetition_penalty = 1.0f;  // > 0: divides (or, below zero, multiplies) logits of tokens seen, the
                                    // prompt's included (Keskar et al., "CTRL", 2019)
  std::vector<std::pair<TokenId, float>> logit_bias = {};
  uint64_t seed = 0;
  int32_t logprobs = -1;  // -1: none; n: the token's own and the n likeliest ones'
};

// Checks the ranges above and that biased tokens exist; the message names the field.
Result<void> check_sampling(const SamplingParams& params, int32_t vocab);

struct LikelyToken {
  TokenId token = 0;
  float logprob =
      0;  // natural logarithm, of the model's own distribution: before bias, penalties, temperature
};

struct SampledToken {
  TokenId token = 0;
  float logprob = 0;             // as above; only where logprobs were asked for
  std::vector<LikelyToken> top;  // the likeliest first
};

// The state of one answer. Used by one thread at a time.
class Sampler {
 public:
  // Params have passed check_sampling.
  Sampler(SamplingParams params, std::span<const TokenId> prompt);

  // logits: [vocab], used as scratch. Tokens in `banned` are never picked. Counts the picked token.
  SampledToken sample(std::span<float> logits, std::span<const TokenId> banned = {});

 private:
  void adjust(std::span<float> logits, std::span<const TokenId> banned) const;
  TokenId pick(std::span<const float> logits) const;

  SamplingParams params_;
  std::unordered_map<TokenId, int32_t> seen_;  // times in the answer; 0: in the prompt only
  uint64_t index_ = 0;                         // tokens sampled so far
};

}  // namespace ferry
