#include "infer/sample/logprobs.h"

#include <algorithm>

namespace ferry {

std::vector<LikelyToken> top_logprobs(const LogitRow& row, double log_sum, int32_t count) {
  const size_t wanted = std::min(static_cast<size_t>(count), row.logits().size());
  std::vector<TokenId> tokens;
  row.at_least(row.floor_of_top(wanted), tokens);
  const auto likelier = [&](TokenId a, TokenId b) {
    return row.at(a) != row.at(b) ? row.at(a) > row.at(b) : a < b;
  };
  // Fewer than wanted where logits are NaN.
  const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, tokens.size()));
  std::partial_sort(tokens.begin(), end, tokens.end(), likelier);
  std::vector<LikelyToken> top;
  for (auto token = tokens.begin(); token != end; ++token) {
    top.push_back({*token, static_cast<float>(row.at(*token) - log_sum)});
  }
  return top;
}

SampledToken score_token(LogitRow& row, TokenId token, int32_t count) {
  const double log_sum = row.log_sum_exp();
  return {.token = token,
          .logprob = static_cast<float>(row.at(token) - log_sum),
          .rank = static_cast<int32_t>(row.count_at_least(row.at(token))),
          .top = top_logprobs(row, log_sum, count)};
}

}  // namespace ferry
