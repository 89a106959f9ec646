#include "infer/draft/acceptance.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

TEST(Acceptance, FollowsHowOftenGuessesAreRight) {
  for (const double truth : {0.1, 0.5, 0.9}) {
    Acceptance acceptance;
    Rng rng(1);
    double sum = 0;
    for (int step = 0; step < 2000; ++step) {
      int32_t right = 0;
      while (right < 6 && rng.uniform() < truth) ++right;
      acceptance.verified(6, right);
      sum += acceptance.probability();
    }
    EXPECT_NEAR(sum / 2000, truth, 0.05);
  }
}

TEST(Acceptance, TheFirstVerdictsCountMost) {
  Acceptance acceptance;
  EXPECT_EQ(acceptance.probability(), 0.5);
  acceptance.verified(5, 0);
  EXPECT_NEAR(acceptance.probability(), 1 / 3.0, 1e-9);
  acceptance.verified(5, 0);
  EXPECT_NEAR(acceptance.probability(), 1 / 4.0, 1e-9);
  acceptance.verified(3, 3);
  EXPECT_NEAR(acceptance.probability(), 4 / 7.0, 1e-9);
}

TEST(Acceptance, IsNeverCertain) {
  Acceptance acceptance;
  for (int i = 0; i < 1000; ++i) acceptance.verified(8, 8);
  EXPECT_GT(acceptance.probability(), 0.95);
  EXPECT_LT(acceptance.probability(), 1);
}

TEST(Acceptance, CountsWhatWasPassedOverUntilAGuessIsWrong) {
  Acceptance acceptance;
  acceptance.pass_over();
  acceptance.pass_over();
  acceptance.verified(1, 1);
  EXPECT_EQ(acceptance.passed_over(), 2);
  acceptance.verified(2, 1);
  EXPECT_EQ(acceptance.passed_over(), 0);
}

TEST(Acceptance, AGuessThatIsAlwaysRightNeedsNoMoreTries) {
  Acceptance acceptance;
  acceptance.verified(100, 100);
  acceptance.pass_over();
  acceptance.verified(1, 1);
  EXPECT_EQ(acceptance.passed_over(), 0);
}

TEST(Acceptance, OfANewcomerBeginsWhereOthersAreAndMovesFaster) {
  Acceptance usual;
  for (int i = 0; i < 100; ++i) usual.verified(1, 0);
  usual.pass_over();
  const Acceptance fresh = Acceptance::like(usual);
  EXPECT_EQ(fresh.probability(), usual.probability());
  EXPECT_EQ(fresh.passed_over(), 1);
  Acceptance both[] = {fresh, usual};
  for (Acceptance& one : both) one.verified(3, 3);
  EXPECT_GT(both[0].probability(), both[1].probability() + 0.1);
  EXPECT_EQ(Acceptance::like(Acceptance()).probability(), Acceptance().probability());
}

}  // namespace
}  // namespace ferry
