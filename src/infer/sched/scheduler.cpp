#include "infer/sched/scheduler.h"

#include <algorithm>

namespace ferry {

Scheduler::Scheduler(SchedulerLimits limits, PagePool& pool) : limits_(limits), pool_(pool) {
  FERRY_CHECK(limits.max_step_tokens >= 1 && limits.max_running >= 1);
}

Result<void> Scheduler::add(SequenceId id, std::vector<TokenId> prompt, int32_t max_new_tokens) {
  FERRY_CHECK(!prompt.empty() && max_new_tokens >= 1 && !sequences_.contains(id));
  const int64_t most = static_cast<int64_t>(prompt.size()) + max_new_tokens;
  const int64_t capacity = int64_t{pool_.capacity()} * pool_.page_tokens();
  if (most > capacity) {
    return fail(
        ErrorCode::resource_exhausted,
        "{} prompt tokens and {} new ones need {} tokens of KV cache, but it holds {}; shorten the prompt, "
        "lower max_tokens or raise --kv-cache",
        prompt.size(), max_new_tokens, most, capacity);
  }
  auto sequence = std::make_unique<Sequence>(id, std::move(prompt), pool_);
  waiting_.push_back(sequence.get());
  sequences_.emplace(id, std::move(sequence));
  return {};
}

StepPlan Scheduler::next() {
  StepPlan plan;
  plan_running(plan, /*decodes=*/true);
  plan_running(plan, /*decodes=*/false);
  admit_waiting(plan);
  FERRY_CHECK(!plan.sequences.empty() || running_.empty());
  return plan;
}

// Gives rows to the running sequences that lack one token (decodes) or more (prompts being computed).
void Scheduler::plan_running(StepPlan& plan, bool decodes) {
  // By index, since make_room may preempt sequences behind the current one.
  for (size_t i = 0; i < running_.size() && plan.rows < limits_.max_step_tokens; ++i) {
    Sequence& sequence = *running_[i];
    if ((sequence.missing() == 1) != decodes) continue;
    const int32_t rows = std::min(sequence.missing(), limits_.max_step_tokens - plan.rows);
    if (make_room(plan, sequence, sequence.computed + rows)) plan_rows(plan, sequence, rows);
  }
}

// Admits in order while a whole prompt fits the free pages: admitting less would only lead to preemption.
void Scheduler::admit_waiting(StepPlan& plan) {
  while (!waiting_.empty() && plan.rows < limits_.max_step_tokens &&
         static_cast<int32_t>(running_.size()) < limits_.max_running) {
    Sequence& sequence = *waiting_.front();
    if (sequence.pages.missing(static_cast<int64_t>(sequence.tokens.size())) > pool_.free_pages()) return;
    waiting_.pop_front();
    running_.push_back(&sequence);
    const int32_t rows = std::min(sequence.missing(), limits_.max_step_tokens - plan.rows);
    FERRY_CHECK(sequence.pages.grow(static_cast<int64_t>(sequence.tokens.size())));
    plan_rows(plan, sequence, rows);
  }
}

void Scheduler::plan_rows(StepPlan& plan, Sequence& sequence, int32_t rows) {
  plan.sequences.push_back({
      .id = sequence.id,
      .tokens = std::span(sequence.tokens)
                    .subspan(static_cast<size_t>(sequence.computed), static_cast<size_t>(rows)),
      .pages = sequence.pages.pages(),
      .first_position = sequence.computed,
      .samples = rows == sequence.missing(),
  });
  plan.rows += rows;
}

// Pages for `tokens` positions, taken from the sequences admitted last if need be; false when the sequence
// itself was the last and has been preempted.
bool Scheduler::make_room(StepPlan& plan, Sequence& sequence, int32_t tokens) {
  while (!sequence.pages.grow(tokens)) {
    if (!preempt_last(plan, sequence)) return false;
  }
  return true;
}

// Sends the sequence admitted last back to the head of the queue, without its pages and its rows of this
// plan. False when that was `keep`.
bool Scheduler::preempt_last(StepPlan& plan, const Sequence& keep) {
  Sequence& last = *running_.back();
  running_.pop_back();
  std::erase_if(plan.sequences, [&](const PlannedSequence& planned) {
    if (planned.id != last.id) return false;
    plan.rows -= static_cast<int32_t>(planned.tokens.size());
    return true;
  });
  last.pages.clear();
  last.computed = 0;
  waiting_.push_front(&last);
  ++preemptions_;
  return &last != &keep;
}

void Scheduler::commit(const StepPlan& plan, std::span<const TokenId> sampled) {
  size_t next_sampled = 0;
  for (const PlannedSequence& planned : plan.sequences) {
    Sequence& sequence = *sequences_.at(planned.id);
    sequence.computed += static_cast<int32_t>(planned.tokens.size());
    if (planned.samples) sequence.tokens.push_back(sampled[next_sampled++]);
  }
  FERRY_CHECK(next_sampled == sampled.size());
}

void Scheduler::remove(SequenceId id) {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return;
  std::erase(running_, found->second.get());
  std::erase(waiting_, found->second.get());
  sequences_.erase(found);
}

}  // namespace ferry
