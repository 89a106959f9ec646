#pragma once
// Speculative decoding: gives the scheduler guesses at answers' next tokens, and learns which of them are
// worth a row, and worth being made. Its choices change how fast answers come and never what is in them: a
// guess becomes a token only where the answer's own sampler draws it (Loop::sample).
//
// Used by one thread (the engine's).

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/core/function_ref.h"
#include "infer/draft/acceptance.h"
#include "infer/draft/draft_lengths.h"
#include "infer/draft/drafter.h"
#include "infer/draft/step_costs.h"
#include "infer/sched/scheduler.h"

namespace ferry {

class Speculation {
 public:
  struct Options {
    std::unique_ptr<Drafter> drafter = {};  // null: it guesses nothing
    // The tokens of the text that must come next in a sequence, at most so many; empty where there is a
    // choice. They are guesses too (the text may be cut into other tokens), but nearly sure ones.
    std::function<std::vector<TokenId>(SequenceId id, int32_t most)> forced = {};
    int32_t most_tokens = 8;  // of one answer in one step
    bool adaptive = true;     // false: all guesses are verified for which there are rows
  };
  struct Counters {
    uint64_t drafts = 0;  // of one answer in one step
    uint64_t guesses = 0;
    uint64_t accepted = 0;
  };

  explicit Speculation(Options options) : options_(std::move(options)) {}

  bool on() const { return options_.drafter != nullptr || options_.forced; }

  // Adds guesses to the plan that the scheduler gave last.
  void draft(StepPlan& plan, Scheduler& scheduler);
  // The step took so long, without draft(); its planned sequences say what was accepted.
  void took(const StepPlan& plan, double ms);
  // The sequence is gone.
  void forget(SequenceId id);

  const Counters& counters() const { return counters_; }

 private:
  struct Wishes {
    std::vector<DraftRequest> requests;
    std::vector<PlannedSequence*> planned;  // of each

    // Keeps those with lengths[i] > 0.
    void keep(std::span<const int32_t> lengths);
  };

  Wishes collect(StepPlan& plan, const Scheduler& scheduler);
  void draft_forced(Wishes& wishes, StepPlan& plan, Scheduler& scheduler);
  void propose_worthwhile(Wishes& wishes, const StepPlan& plan, const Scheduler& scheduler);
  void keep_worthwhile(Wishes& wishes, const StepPlan& plan, const Scheduler& scheduler);
  std::vector<int32_t> choose_drafted(const Wishes& wishes, std::span<const int32_t> guesses,
                                      const StepPlan& plan, const Scheduler& scheduler);
  std::vector<int32_t> choose(const Wishes& wishes, std::span<const int32_t> guesses, const StepPlan& plan,
                              const Scheduler& scheduler, FunctionRef<Acceptance&(SequenceId)> acceptance_of,
                              GuessMs guess_ms);
  Acceptance& acceptance(SequenceId id);

  Options options_;
  std::set<SequenceId> forced_;  // of the plan: their guesses are forced text
  std::map<SequenceId, Acceptance> sequences_;
  Acceptance usual_;              // of all sequences
  Acceptance forced_acceptance_;  // of forced text, in all sequences
  StepCosts costs_;
  Counters counters_;
};

}  // namespace ferry
