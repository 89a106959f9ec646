#include "serve/traffic/report/shadow_pairs.h"

#include <cmath>

namespace ferry {

CostRatio cost_ratio(const std::vector<CostPair>& pairs) {
  double estimated = 0;
  double paid = 0;
  for (const CostPair& pair : pairs) {
    estimated += pair.estimated;
    paid += pair.paid;
  }
  if (pairs.size() < kFewestPairs || !(estimated > 0) || !(paid > 0)) return {};
  const double ratio = paid / estimated;
  double squares = 0;
  for (const CostPair& pair : pairs) squares += std::pow(pair.paid - ratio * pair.estimated, 2);
  const auto n = static_cast<double>(pairs.size());
  const double mean = estimated / n;
  const double deviation = std::sqrt(squares / (n * (n - 1))) / mean;
  return {.ratio = ratio, .relative_error = deviation / ratio, .pairs = static_cast<int64_t>(pairs.size())};
}

}  // namespace ferry
