#include "infer/sched/step_budget.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

// A machine whose steps take `answers_ms` and `row_ms` for each prompt row.
struct Machine {
  double answers_ms = 20;
  double row_ms = 0.5;
  double ms(int32_t prompt_rows) const { return answers_ms + row_ms * prompt_rows; }
};

// Runs steps with a long prompt beside answers; the length of the last one.
double settle(StepBudget& budget, const Machine& machine, int steps) {
  double ms = 0;
  for (int i = 0; i < steps; ++i) {
    const int32_t rows = budget.prompt_rows(8);
    ms = machine.ms(rows);
    budget.took(8, rows, ms);
  }
  return ms;
}

TEST(StepBudget, StepsGrowToTheTimeAllowed) {
  StepBudget budget(100, 512);
  EXPECT_LE(Machine().ms(budget.prompt_rows(8)), 100) << "the first guess is careful";
  EXPECT_NEAR(settle(budget, {}, 40), 100, 5);
}

TEST(StepBudget, AFastMachineFillsTheStep) {
  StepBudget budget(100, 512);
  settle(budget, {.answers_ms = 5, .row_ms = 0.01}, 40);
  EXPECT_EQ(budget.prompt_rows(8), 504);
}

TEST(StepBudget, FollowsAMachineThatGetsSlower) {
  StepBudget budget(100, 512);
  settle(budget, {}, 40);
  EXPECT_NEAR(settle(budget, {.answers_ms = 40, .row_ms = 1.5}, 40), 100, 10);
  EXPECT_NEAR(settle(budget, {}, 40), 100, 5);
}

TEST(StepBudget, AnswersThatHaveBecomeCheapDoNotHoldPromptsBack) {
  StepBudget budget(100, 512);
  for (int i = 0; i < 20; ++i) budget.took(60, 0, 500);  // many answers, slower than allowed by themselves
  EXPECT_EQ(budget.prompt_rows(60), StepBudget::kLeastPromptRows);
  EXPECT_NEAR(settle(budget, {}, 60), 100, 5) << "no step without prompts has shown it";
}

TEST(StepBudget, OneHiccupCostsLittle) {
  StepBudget budget(100, 512);
  settle(budget, {}, 40);
  const int32_t before = budget.prompt_rows(8);
  budget.took(8, before, 60000);
  EXPECT_GE(budget.prompt_rows(8), before / 2);
  EXPECT_NEAR(settle(budget, {}, 20), 100, 5);
}

TEST(StepBudget, PromptsAlwaysAdvanceAndNeverBeyondTheStep) {
  StepBudget slow(1, 512);
  settle(slow, {.answers_ms = 1000, .row_ms = 100}, 20);
  EXPECT_EQ(slow.prompt_rows(8), StepBudget::kLeastPromptRows);
  StepBudget narrow(100, 10);
  EXPECT_EQ(narrow.prompt_rows(8), 2);
  EXPECT_EQ(narrow.prompt_rows(0), 10);
}

TEST(StepBudget, WithoutRunningAnswersOrALimitOnlyTheRowsCount) {
  StepBudget budget(100, 512);
  settle(budget, {.answers_ms = 1000, .row_ms = 100}, 20);
  EXPECT_EQ(budget.prompt_rows(0), 512);
  StepBudget unlimited(0, 512);
  settle(unlimited, {.answers_ms = 1000, .row_ms = 100}, 20);
  EXPECT_EQ(unlimited.prompt_rows(8), 504);
}

}  // namespace
}  // namespace ferry
