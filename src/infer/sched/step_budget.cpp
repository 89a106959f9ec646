#include "infer/sched/step_budget.h"

#include <algorithm>

namespace ferry {
namespace {

// Steps vary with contexts and with what else runs on the machine: follow within a few steps, but let no
// single hiccup (a suspended process, a page fault storm) count for more than four times what is usual.
constexpr double kWeight = 0.25;
constexpr double kMostJump = 4;

double follow(double estimate, double measured) {
  if (estimate == 0) return measured;
  const double within = std::clamp(measured, estimate / kMostJump, estimate * kMostJump);
  return estimate + kWeight * (within - estimate);
}

}  // namespace

StepBudget::StepBudget(double max_step_ms, int32_t max_rows)
    : max_step_ms_(max_step_ms),
      max_rows_(max_rows),
      prompt_row_ms_(max_step_ms / (2.0 * kLeastPromptRows)) {}  // a careful first guess

int32_t StepBudget::prompt_rows(int32_t answer_rows) const {
  const int32_t most = max_rows_ - answer_rows;
  if (max_step_ms_ == 0 || answer_rows == 0) return most;
  const double fit = (max_step_ms_ - answers_ms_) / prompt_row_ms_;
  return static_cast<int32_t>(std::min<double>(most, std::max<double>(fit, kLeastPromptRows)));
}

void StepBudget::took(int32_t answer_rows, int32_t prompt_rows, double ms) {
  if (max_step_ms_ == 0) return;
  if (prompt_rows == 0) {
    answers_ms_ = follow(answers_ms_, ms);
    return;
  }
  if (answer_rows > 0) answers_ms_ = std::min(answers_ms_, ms);  // a part costs no more than the whole
  const double added = answer_rows == 0 ? ms : ms - answers_ms_;
  prompt_row_ms_ = follow(prompt_row_ms_, added / prompt_rows);
}

}  // namespace ferry
