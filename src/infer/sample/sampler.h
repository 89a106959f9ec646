#pragma once
// From a row of logits to the next token of one sequence.
//
// The order is vLLM's: adjustments.h (allowed tokens, bad words, bias, penalties), candidates.h (temperature,
// min-p, top-k, top-p, typical-p), then one uniform number picks. That number depends on the seed and the
// token's index in the answer alone, so a seeded answer is the same whatever else runs. Ties go to the lower
// id everywhere.

#include <cstdint>
#include <span>
#include <vector>

#include "base/core/result.h"
#include "infer/sample/adjustments.h"
#include "infer/sample/candidates.h"
#include "infer/sample/logprobs.h"

namespace ferry {

struct SamplingParams {
  float temperature = 1.0f;  // 0: always the likeliest token
  float top_p = 1.0f;        // these four: candidates.h
  int32_t top_k = 0;
  float min_p = 0.0f;
  float typical_p = 1.0f;
  AdjustmentParams adjustments = {};
  uint64_t seed = 0;
  int32_t logprobs = -1;  // -1: none; n: the token's own and the n likeliest ones'
};

// Checks ranges, and that the tokens named exist; the message names the field.
Result<void> check_sampling(const SamplingParams& params, int32_t vocab);

// The state of one answer. Used by one thread at a time.
class Sampler {
 public:
  // Params have passed check_sampling.
  Sampler(const SamplingParams& params, std::span<const TokenId> prompt);

  // logits: [vocab], used as scratch. Tokens in `banned` are never picked, nor those that are not in `mask`
  // (null: all are; otherwise [vocab], not empty). Where that and the parameters leave nothing, it is the
  // first token of the mask, or without one of the allowed tokens. Counts the picked token.
  SampledToken sample(std::span<float> logits, std::span<const TokenId> banned = {},
                      const TokenMask* mask = nullptr);

 private:
  TokenId pick(const TokenMask* mask);

  Truncation truncation_;
  bool greedy_;
  uint64_t seed_;
  int32_t logprobs_;
  TokenId fallback_;
  Adjustments adjustments_;
  Candidates candidates_;
  LogitRow row_;
  uint64_t index_ = 0;  // tokens sampled so far
};

}  // namespace ferry
