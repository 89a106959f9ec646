#pragma once
// What the same exchanges would have cost at the routes' other targets, and so what was saved.
//
// For each route and other target, over the exchanges whose outcome has an estimate for it:
//   actual         what all attempts of the exchange cost, retries too, shadows not
//   counterfactual what the other target would have cost: what its shadow did cost, where the exchange was
//   sent
//                  there as well; otherwise the estimate of the last attempt that has one, times the ratio
//                  that the shadows of other exchanges show between the two (shadow_pairs.h; by route, the
//                  target that answered, and the other)
//   saved          counterfactual - actual
// The interval is a bootstrap's: exchanges are drawn again with replacement (Efron 1979), and each draw also
// moves all estimates together by their relative errors times one normal number, because they share one token
// ratio: their errors do not average out. Its bounds are the 2.5 % and 97.5 % quantiles.
//
// It assumes that the other target would have answered each of these exchanges, at once, with the tokens that
// the estimate says, at the prices of that time; it says nothing about how good its answers would have been.

#include <string>
#include <vector>

#include "serve/traffic/store.h"

namespace ferry {

struct SavingsRow {
  std::string route;
  std::string other;  // target
  int64_t exchanges = 0;
  int64_t estimated = 0;  // of them: the other price is an estimate
  int64_t shadowed = 0;   // of them: the other target was asked as well
  // By which estimates were moved, over all pairs of the row; 1: there are too few shadows to tell.
  double ratio = 1;
  int64_t actual = 0;  // money, as all below
  int64_t counterfactual = 0;
  int64_t saved_low = 0;
  int64_t saved_high = 0;

  int64_t saved() const { return counterfactual - actual; }
};

// By route and other target. The same record and seed give the same interval.
Result<std::vector<SavingsRow>> savings_report(TrafficStore& store, const AttemptFilter& filter,
                                               uint64_t seed);

// One exchange as the bootstrap sees it.
struct PricedExchange {
  double actual = 0;
  double counterfactual = 0;
  double error = 0;  // one standard deviation of counterfactual, money
};

struct SavedRange {
  double low = 0;
  double high = 0;
};
// Of the sum of counterfactual - actual. More than kMostBootstrapUnits exchanges are drawn in groups, which
// leaves the sum's variance as it is.
SavedRange bootstrap_saved(const std::vector<PricedExchange>& exchanges, uint64_t seed);

}  // namespace ferry
