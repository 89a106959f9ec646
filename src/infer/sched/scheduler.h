#pragma once
// Which tokens of which sequences the next step computes. Knows pages and token counts, no tensor and no
// text.
//
// There are no prefill and decode phases: a sequence has tokens, and a count of how many of them are
// computed. A step is planned in three strokes:
//   1. claim_pages: running sequences get the page their newest token needs, the one of highest standing
//   first.
//      Where no page is left, the one of lowest standing is preempted: it gives up its pages and is computed
//      again later (from whatever the prefix cache still has of it).
//   2. admit: waiting sequences start while pages, places and rows last, in the order of waiting_queue.h. One
//   of a
//      higher priority takes the place of running ones of a lower. Every kTurnEvery-th goes to the one that
//      has waited longest, so that nobody waits forever.
//   3. share_rows: each running answer gets its row; prompts share what max_step_tokens and max_step_ms
//   leave,
//      again so that the oldest always advances.
// What is left over, draft() may give to guesses at answers' next tokens: they have no claim to rows, take
// only pages that nobody holds, and those that turn out wrong leave no trace.
//
// Whole pages of computed tokens are published in the prefix index, and sequences start from the pages that
// they find there; the numeric contract (docs/adr/0002) makes that exact. A prompt with several answers is
// computed once: its ids share the sequence until the first token, then its pages.
//
// Order of calls: add* (next draft* took? commit remove*)*. Used by one thread (the engine's).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "infer/pages/page_table.h"
#include "infer/sched/fair_share.h"
#include "infer/sched/sequence.h"
#include "infer/sched/step_budget.h"
#include "infer/sched/waiting_queue.h"

namespace ferry {

struct SchedulerLimits {
  int32_t max_step_tokens = 512;  // rows of one step
  int32_t max_running = 64;       // sequences that hold pages; never more than max_step_tokens
  int32_t max_logits = 64;        // rows of one step whose logits are wanted; at least max_running
  double max_step_ms = 0;         // see step_budget.h
  int32_t turn_every = 32;        // so many admissions bring the turn of the one that waits longest
  bool prefix_cache = true;
};

struct SequenceRequest {
  std::vector<SequenceId> ids;  // one for each answer that is wanted; fresh
  std::vector<TokenId> prompt;  // not empty
  int32_t max_new_tokens = 1;   // of each answer, at least 1
  int32_t priority = 0;         // lower goes first
  std::string tenant = {};      // tenants get equal shares
  Salt salt = nullptr;          // prefixes are shared only under equal salts; null: the empty one
  bool prompt_logits = false;   // every prompt token's logits are wanted (so nothing comes from the cache)
};

// Consecutive tokens of one sequence, to be computed in this step. The spans are valid until commit().
struct PlannedSequence {
  std::span<const SequenceId> ids;       // whose tokens these are: several for a prompt with several answers
  std::span<const TokenId> tokens;       // a row each
  std::span<const TokenId> drafts = {};  // guesses at those that follow: more rows, after the tokens'
  std::span<const PageId> pages;         // of the whole sequence up to the last of these rows
  int32_t first_position = 0;
  int32_t logits = 0;    // so many of the last rows' logits are wanted
  bool samples = false;  // the logits of the last token's row give each id's next token; those of a draft's
                         // row the one after it, if the draft is right
  int32_t accepted = 0;  // leading drafts that became tokens: to be set before commit()

  int32_t rows() const { return static_cast<int32_t>(tokens.size() + drafts.size()); }
};

struct StepPlan {
  std::vector<PageCopy> copies;  // to be made first, one after the other
  std::vector<PlannedSequence> sequences;
  int32_t answer_rows = 0;  // of sequences that only lack their newest token
  int32_t prompt_rows = 0;
  int32_t draft_rows = 0;
  int32_t rows() const { return answer_rows + prompt_rows + draft_rows; }
};

struct SchedulerCounters {
  uint64_t admissions = 0;
  uint64_t preemptions = 0;
  uint64_t prefix_queries = 0;  // tokens of sequences that started
  uint64_t prefix_hits = 0;     // of these, found in the prefix cache
};

class Scheduler {
 public:
  // `pool` outlives the scheduler and is used by nobody else.
  Scheduler(SchedulerLimits limits, PagePool& pool);

  // New sequences. Refused (resource_exhausted, with the numbers) when prompt + max_new_tokens could never
  // fit the pool.
  Result<void> add(SequenceRequest request);

  // The next step; empty when there is nothing to do.
  StepPlan next();

  // Rows that the step has left for drafts.
  int32_t spare_rows(const StepPlan& plan) const;
  // How many drafts a planned sequence may have: 0 if it is not an answer that gets its next token.
  int32_t most_drafts(const PlannedSequence& planned) const;
  // Adds rows for guesses at a sequence's next tokens to the plan that next() gave last: for the first ones
  // of `guesses`, as many as rows and pages allow. At most once for each sequence.
  void draft(StepPlan& plan, PlannedSequence& planned, std::span<const TokenId> guesses);

  // How long the step took.
  void took(const StepPlan& plan, double ms) {
    budget_.took(plan.answer_rows + plan.draft_rows, plan.prompt_rows, ms);
  }

  // The plan has been computed. sampled: for each planned sequence that `samples`, the new token of each of
  // its ids; where drafts were accepted, those first.
  void commit(const StepPlan& plan, std::span<const TokenId> sampled);

  // The answer ended or was cancelled; its pages are free at once. Unknown ids are ignored.
  void remove(SequenceId id);

  // Prompt and generated tokens. REQUIRES: the id is known; so for the following.
  std::span<const TokenId> tokens(SequenceId id) const { return sequences_.at(id)->tokens; }
  // None while it waits.
  std::span<const PageId> pages(SequenceId id) const { return sequences_.at(id)->pages.pages(); }
  // Tokens whose keys and values are in the pages.
  int32_t computed(SequenceId id) const { return sequences_.at(id)->computed; }
  // Of its prompt, found in the prefix cache.
  int32_t cached_tokens(SequenceId id) const { return sequences_.at(id)->cached; }
  // How often it gave up its pages.
  int32_t preemptions(SequenceId id) const { return sequences_.at(id)->preemptions; }

  size_t running() const { return running_.size(); }
  size_t waiting() const { return queue_.size(); }
  const SchedulerCounters& counters() const { return counters_; }

 private:
  void claim_pages(StepPlan& plan);
  void admit(StepPlan& plan);
  void share_rows(StepPlan& plan);

  Sequence* choose();
  std::optional<int32_t> cost(const Sequence& sequence) const;
  bool reuses(const Sequence& sequence) const;
  std::vector<PageId> find_prefix(const Sequence& sequence) const;
  bool make_room(Sequence& sequence);
  bool has_room(const Sequence& sequence) const;
  bool may_replace(int32_t priority) const;
  void start(Sequence& sequence, StepPlan& plan);
  void run(Sequence& sequence);
  void preempt_last();

  int32_t prompt_rows() const;
  static int32_t most_rows(const Sequence& sequence, int32_t logits_left);
  static void give_rows(StepPlan& plan, const Sequence& sequence, int32_t rows);

  void accept_drafts(Sequence& sequence, std::span<const TokenId> accepted);
  void advance(Sequence& sequence, int32_t rows);
  void publish(Sequence& sequence);
  void append(Sequence& sequence, std::span<const TokenId> sampled);

  SchedulerLimits limits_;
  PagePool& pool_;
  StepBudget budget_;
  FairShare tenants_;
  std::unordered_map<SequenceId, std::shared_ptr<Sequence>> sequences_;  // one may have several ids
  std::vector<Sequence*> running_;                                       // the one of highest standing first
  WaitingQueue queue_;
  uint64_t arrivals_ = 0;
  int32_t since_turn_ = 0;  // admissions
  SchedulerCounters counters_;
};

}  // namespace ferry
