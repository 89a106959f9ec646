#pragma once
// Log probabilities under the model's own distribution: before bias, penalties and temperature.

#include <cstdint>
#include <vector>

#include "infer/sample/logit_row.h"

namespace ferry {

struct LikelyToken {
  TokenId token = 0;
  float logprob = 0;  // natural logarithm
};

struct SampledToken {
  TokenId token = 0;
  float logprob = 0;             // this and the rest: only where logprobs were asked for
  int32_t rank = 0;              // tokens at least so likely, itself counted in; by score_token() only
  std::vector<LikelyToken> top;  // the likeliest first
};

// The `count` likeliest tokens; log_sum is row.log_sum_exp().
std::vector<LikelyToken> top_logprobs(const LogitRow& row, double log_sum, int32_t count);

// What the row says about one token and the `count` likeliest ones.
SampledToken score_token(LogitRow& row, TokenId token, int32_t count);

}  // namespace ferry
