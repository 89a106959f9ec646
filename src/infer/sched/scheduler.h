#pragma once
// Which tokens of which sequences the next step computes. Knows pages and token counts, no tensor and no
// text.
//
// There are no prefill and decode phases: a sequence has tokens, and a count of how many of them are
// computed. Each step gives rows to running sequences (those that only lack their newest token first, so that
// a long prompt never holds up running answers), then admits waiting ones in order of arrival while the token
// budget and the pages last. When a running sequence finds no free page, the one admitted last gives up its
// pages and is computed again later.
//
// Order of calls: add* (next commit remove*)*. Used by one thread (the engine's).

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "infer/pages/pages.h"

namespace ferry {

using TokenId = int32_t;
using SequenceId = uint64_t;

struct SchedulerLimits {
  int32_t max_step_tokens = 512;  // rows of one step
  int32_t max_running = 64;       // sequences that hold pages
};

// Consecutive tokens of one sequence, to be computed in this step. The spans are valid until commit().
struct PlannedSequence {
  SequenceId id = 0;
  std::span<const TokenId> tokens;  // [rows]
  std::span<const PageId> pages;    // of the whole sequence up to the last of these tokens
  int32_t first_position = 0;
  bool samples = false;  // the last of these tokens is the sequence's newest: its logits give the next one
};

struct StepPlan {
  std::vector<PlannedSequence> sequences;
  int32_t rows = 0;
};

class Scheduler {
 public:
  // `pool` outlives the scheduler and is used by nobody else.
  Scheduler(SchedulerLimits limits, PagePool& pool);

  // A new sequence. Refused (resource_exhausted, with the numbers) when prompt + max_new_tokens could never
  // fit the pool. REQUIRES: a fresh id, a prompt that is not empty, max_new_tokens >= 1.
  Result<void> add(SequenceId id, std::vector<TokenId> prompt, int32_t max_new_tokens);

  // The next step; empty when there is nothing to do.
  StepPlan next();

  // The plan has been computed; sampled[i] is the new token of the i-th planned sequence that `samples`.
  void commit(const StepPlan& plan, std::span<const TokenId> sampled);

  // The sequence ended or was cancelled; its pages are free at once. Unknown ids are ignored.
  void remove(SequenceId id);

  // Prompt and generated tokens. REQUIRES: the id is known.
  std::span<const TokenId> tokens(SequenceId id) const { return sequences_.at(id)->tokens; }

  size_t running() const { return running_.size(); }
  size_t waiting() const { return waiting_.size(); }
  uint64_t preemptions() const { return preemptions_; }

 private:
  struct Sequence {
    Sequence(SequenceId the_id, std::vector<TokenId> prompt, PagePool& pool)
        : id(the_id), tokens(std::move(prompt)), pages(pool) {}
    SequenceId id;
    std::vector<TokenId> tokens;
    int32_t computed = 0;  // tokens whose keys and values are in the pages
    PageTable pages;

    int32_t missing() const { return static_cast<int32_t>(tokens.size()) - computed; }
  };

  void plan_running(StepPlan& plan, bool decodes);
  void admit_waiting(StepPlan& plan);
  void plan_rows(StepPlan& plan, Sequence& sequence, int32_t rows);
  bool make_room(StepPlan& plan, Sequence& sequence, int32_t tokens);
  bool preempt_last(StepPlan& plan, const Sequence& keep);

  SchedulerLimits limits_;
  PagePool& pool_;
  std::unordered_map<SequenceId, std::unique_ptr<Sequence>> sequences_;
  std::vector<Sequence*> running_;  // in order of admission
  std::deque<Sequence*> waiting_;   // in order of arrival; preempted ones in front
  uint64_t preemptions_ = 0;
};

}  // namespace ferry
