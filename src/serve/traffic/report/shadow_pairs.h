#pragma once
// How well estimates of another target's cost fit, from exchanges that were really sent there as shadows: the
// same question as tokens of another model, and an answer of its own length.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ferry {

struct CostPair {
  double estimated = 0;  // what the outcome said that the other target would have cost: the same tokens there
  double paid = 0;       // what the shadow there did cost
};

struct CostRatio {
  double ratio = 1;           // paid for each estimated
  double relative_error = 0;  // one standard deviation of `ratio`, relative to it
  int64_t pairs = 0;          // that it was made of; 0: it is not known
};

inline constexpr size_t kFewestPairs = 10;

// The ratio estimator R = Σ paid / Σ estimated with its variance Σ (paid - R·estimated)² / (n (n - 1) x̄²), x̄
// the mean of `estimated` (Cochran, Sampling Techniques, 3rd ed., 6.4). Not known from fewer than
// kFewestPairs, or where either sum is 0.
CostRatio cost_ratio(const std::vector<CostPair>& pairs);

}  // namespace ferry
