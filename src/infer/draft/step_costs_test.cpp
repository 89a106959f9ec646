#include "infer/draft/step_costs.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

void measure(StepCosts& costs, int32_t rows, double ms) {
  costs.took(rows, ms);
  costs.took(rows, ms);
}

TEST(StepCosts, BeforeTheFirstMeasurementAllStepsCostTheSame) {
  const StepCosts costs;
  EXPECT_EQ(costs.ms(1), costs.ms(100));
  EXPECT_GT(costs.ms(1), 0);
  EXPECT_FALSE(costs.knows_any());
}

TEST(StepCosts, WhatWasNotMeasuredCountsAsTheLeastThatItCanBe) {
  StepCosts costs;
  measure(costs, 4, 10);
  measure(costs, 8, 40);
  EXPECT_EQ(costs.ms(4), 10);
  EXPECT_EQ(costs.ms(8), 40);
  EXPECT_EQ(costs.ms(2), 5) << "no more for each row";
  EXPECT_EQ(costs.ms(6), 30);
  EXPECT_NEAR(costs.ms(18), 44, 1e-9) << "a hundredth more for each row";
  measure(costs, 16, 41);
  EXPECT_NEAR(costs.ms(9), 40.4, 1e-9);
}

TEST(StepCosts, ASingleMeasurementSaysNothing) {
  StepCosts costs;
  costs.took(1, 1000);
  EXPECT_FALSE(costs.knows_any());
  measure(costs, 1, 10);
  costs.took(9, 1000);
  EXPECT_LT(costs.ms(9), 11);
  EXPECT_LT(costs.ms(5), 11);
  EXPECT_TRUE(costs.knows_any());
  costs.took(9, 12);
  EXPECT_EQ(costs.ms(9), 12);
}

TEST(StepCosts, RemembersNoLargeSteps) {
  StepCosts costs;
  measure(costs, 100, 10);
  measure(costs, StepCosts::kMostRows + 1, 1000);
  EXPECT_NEAR(costs.ms(StepCosts::kMostRows + 1), 12.9, 1e-9);
}

TEST(StepCosts, FollowsWhatChangesButNoHiccups) {
  StepCosts costs;
  costs.took(1, 1000);
  costs.took(1, 10);
  EXPECT_EQ(costs.ms(1), 10);
  for (int i = 0; i < 5; ++i) costs.took(1, 100000);
  EXPECT_LT(costs.ms(1), 12);
  for (int i = 0; i < 60; ++i) costs.took(1, 30);
  EXPECT_EQ(costs.ms(1), 30);
}

// Steps of one row until nine rows count as cheap again.
uint64_t steps_to_a_try(StepCosts& costs) {
  uint64_t steps = 0;
  for (; costs.ms(9) > 11; ++steps) costs.took(1, 10);
  return steps;
}

TEST(StepCosts, TriesWhatLosesEverMoreSeldom) {
  StepCosts costs;
  measure(costs, 1, 10);
  for (uint64_t memory = StepCosts::kMemory; memory <= StepCosts::kLongestMemory; memory *= 2) {
    measure(costs, 9, 1000);
    EXPECT_EQ(steps_to_a_try(costs), memory);
  }
  measure(costs, 9, 1000);
  EXPECT_EQ(steps_to_a_try(costs), StepCosts::kLongestMemory);
  for (int i = 0; i < 10; ++i) costs.took(9, 1000);
  EXPECT_EQ(steps_to_a_try(costs), StepCosts::kMemory) << "after it has been in use";
}

}  // namespace
}  // namespace ferry
