#pragma once
// How many prompt tokens one step may compute beside running answers, so that nobody who reads along waits
// longer than max_step_ms for the next token.
//
// It learns from how long steps took: what the answers alone cost, and what each prompt token adds. Wherever
// the estimates go wrong, steps that come out too long make the next ones shorter until they fit: at
// the fixed point a step takes max_step_ms. Knows no clock. Used by one thread (the engine's).

#include <cstdint>

namespace ferry {

class StepBudget {
 public:
  // However slow the machine, prompts advance by so much in a step.
  static constexpr int32_t kLeastPromptRows = 32;

  // max_step_ms 0: no bound but max_rows. max_rows: of answers and prompts together.
  StepBudget(double max_step_ms, int32_t max_rows);

  // Rows for prompts beside `answer_rows` rows of running answers, at least 1 if there is room for one. With
  // no answer running nobody waits between two tokens: then all rows.
  int32_t prompt_rows(int32_t answer_rows) const;

  // A step with so many rows of each took `ms`.
  void took(int32_t answer_rows, int32_t prompt_rows, double ms);

 private:
  double max_step_ms_;
  int32_t max_rows_;
  double answers_ms_ = 0;  // a step without prompts; 0 until one was seen
  double prompt_row_ms_;   // what one prompt row adds
};

}  // namespace ferry
