#include "infer/draft/draft_lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::ElementsAre;

// A step of `rows` rows takes ms(rows).
template <class Ms>
StepCosts machine(Ms ms) {
  StepCosts costs;
  for (int32_t rows = 1; rows <= 30; ++rows) {
    for (int i = 0; i < 2; ++i) costs.took(rows, ms(rows));
  }
  return costs;
}

TEST(DraftLengths, WhereRowsCostNothingAllGuessesAreVerified) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offers[] = {{8, 0.1}, {3, 0.9}};
  EXPECT_THAT(draft_lengths(offers, 2, 100, costs), ElementsAre(8, 3));
}

TEST(DraftLengths, WhereRowsCostAsMuchAsStepsNoGuessIs) {
  const StepCosts costs = machine([](int32_t rows) { return 10.0 * rows; });
  const DraftOffer offers[] = {{8, 0.5}, {8, 0.99}};
  EXPECT_THAT(draft_lengths(offers, 2, 100, costs), ElementsAre(0, 0));
}

TEST(DraftLengths, AreTheBestByTheFormula) {
  const auto ms = [](int32_t rows) { return 10.0 + 2 * (rows - 1); };
  const StepCosts costs = machine(ms);
  // One token in 10 ms; two guesses: (1 + 0.7 + 0.49) / 14 = 0.156; three: 2.533 / 16 = 0.158; four: 0.154.
  const DraftOffer offer[] = {{8, 0.7}};
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs), ElementsAre(3));
}

TEST(DraftLengths, PassesAStretchThatCostsToReachOneThatIsFree) {
  const StepCosts costs = machine([](int32_t rows) { return rows == 1 ? 10.0 : 18.0; });
  const DraftOffer offer[] = {{8, 0.75}};
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs), ElementsAre(8));
  EXPECT_THAT(draft_lengths(offer, 1, 1, costs), ElementsAre(0));
}

TEST(DraftLengths, TheLikelierSequenceGetsMore) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offers[] = {{8, 0.3}, {8, 0.9}};
  EXPECT_THAT(draft_lengths(offers, 2, 4, costs), ElementsAre(0, 4));
  EXPECT_THAT(draft_lengths(offers, 2, 0, costs), ElementsAre(0, 0));
}

TEST(DraftLengths, NowAndThenAGuessIsVerifiedThatDoesNotPay) {
  const StepCosts costs = machine([](int32_t rows) { return 10.0 + rows; });
  // Three of them, and a row adds a thirteenth to the step.
  const int32_t patience = 3 * 100 / 13;
  const DraftOffer offers[] = {{8, 0.01, patience}, {8, 0.01, patience - 1}, {8, 0.01, 10 * patience}};
  EXPECT_THAT(draft_lengths(offers, 3, 5, costs), ElementsAre(1, 0, 1));
  EXPECT_THAT(draft_lengths(offers, 3, 1, costs), ElementsAre(1, 0, 0)) << "if there is a row";
}

}  // namespace
}  // namespace ferry
