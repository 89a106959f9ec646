#include "infer/sched/scheduler.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

std::vector<TokenId> prompt(int32_t tokens) {
  return std::vector<TokenId>(static_cast<size_t>(tokens), 1);
}

void commit_all(Scheduler& scheduler, const StepPlan& plan) {
  std::vector<TokenId> sampled;
  for (const PlannedSequence& planned : plan.sequences) {
    if (planned.samples) sampled.push_back(2);
  }
  scheduler.commit(plan, sampled);
}

TEST(Scheduler, CutsALongPromptIntoSteps) {
  PagePool pool(10, 32);
  Scheduler scheduler({.max_step_tokens = 100, .max_running = 4}, pool);
  ASSERT_TRUE(scheduler.add(1, prompt(250), 10));
  for (const auto& [rows, samples] : {std::pair{100, false}, {100, false}, {50, true}, {1, true}}) {
    const StepPlan plan = scheduler.next();
    ASSERT_EQ(plan.sequences.size(), 1u);
    EXPECT_EQ(plan.rows, rows);
    EXPECT_EQ(plan.sequences[0].samples, samples);
    commit_all(scheduler, plan);
  }
}

TEST(Scheduler, ALongPromptDoesNotStarveRunningAnswers) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64, .max_running = 4}, pool);
  ASSERT_TRUE(scheduler.add(1, prompt(1000), 10));
  commit_all(scheduler, scheduler.next());
  ASSERT_TRUE(scheduler.add(2, prompt(4), 100));
  while (scheduler.tokens(1).size() == 1000) commit_all(scheduler, scheduler.next());
  // The short one arrived while the long prompt used the whole budget; from then on it gets a row every step.
  ASSERT_TRUE(scheduler.add(3, prompt(1000), 10));
  commit_all(scheduler, scheduler.next());
  for (int step = 0; step < 5; ++step) {
    const StepPlan plan = scheduler.next();
    std::set<SequenceId> planned;
    for (const auto& sequence : plan.sequences) planned.insert(sequence.id);
    EXPECT_TRUE(planned.contains(1) && planned.contains(2) && planned.contains(3));
    EXPECT_LE(plan.rows, 64);
    commit_all(scheduler, plan);
  }
}

TEST(Scheduler, RefusesWhatCanNeverFitWithTheNumbers) {
  PagePool pool(2, 32);
  Scheduler scheduler({}, pool);
  EXPECT_TRUE(scheduler.add(1, prompt(60), 4));
  const auto refused = scheduler.add(2, prompt(60), 5);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(refused.error().message.find("65 tokens"), std::string::npos) << refused.error().message;
}

TEST(Scheduler, PreemptsTheLastAdmittedAndComputesItAgain) {
  PagePool pool(4, 32);
  Scheduler scheduler({}, pool);
  ASSERT_TRUE(scheduler.add(1, prompt(62), 60));
  ASSERT_TRUE(scheduler.add(2, prompt(62), 60));
  for (int i = 0; i < 3; ++i) commit_all(scheduler, scheduler.next());
  const StepPlan plan = scheduler.next();  // both need a third page, and there is none
  ASSERT_EQ(plan.sequences.size(), 1u);
  EXPECT_EQ(plan.sequences[0].id, 1u);
  EXPECT_EQ(scheduler.preemptions(), 1u);
  commit_all(scheduler, plan);
  scheduler.remove(1);
  const StepPlan again = scheduler.next();
  ASSERT_EQ(again.sequences.size(), 1u);
  EXPECT_EQ(again.sequences[0].first_position, 0);
  EXPECT_EQ(again.rows, 65);  // the prompt and the three tokens generated before
  EXPECT_TRUE(again.sequences[0].samples);
}

// Random arrivals, endings and cancellations over a tiny pool; after every step the invariants hold, and
// whatever is left when arrivals stop runs to its end.
TEST(Scheduler, RandomSimulationKeepsItsInvariants) {
  struct Live {
    size_t wanted;  // total tokens when it ends by itself
    int32_t computed = 0;
  };
  Rng rng(42);
  PagePool pool(12, 16);
  const SchedulerLimits limits{.max_step_tokens = 40, .max_running = 5};
  Scheduler scheduler(limits, pool);
  std::map<SequenceId, Live> live;
  SequenceId next_id = 1;
  constexpr int kArrivals = 30000;
  for (int step = 0; step < kArrivals || !live.empty(); ++step) {
    ASSERT_LT(step, kArrivals + 5000) << "a sequence starves";
    if (step < kArrivals && live.size() < 20 && rng.below(3) == 0) {
      const auto length = static_cast<int32_t>(1 + rng.below(120));
      const auto more = static_cast<int32_t>(1 + rng.below(60));
      ASSERT_TRUE(scheduler.add(next_id, prompt(length), more));
      live[next_id++] = {static_cast<size_t>(length + more)};
    }
    if (!live.empty() && rng.below(20) == 0) {
      const auto victim = std::next(live.begin(), static_cast<std::ptrdiff_t>(rng.below(live.size())));
      scheduler.remove(victim->first);
      live.erase(victim);
    }
    const StepPlan plan = scheduler.next();
    ASSERT_EQ(plan.sequences.empty(), live.empty());
    ASSERT_LE(plan.rows, limits.max_step_tokens);
    ASSERT_LE(scheduler.running(), static_cast<size_t>(limits.max_running));
    ASSERT_EQ(scheduler.running() + scheduler.waiting(), live.size());
    std::set<PageId> pages;
    size_t page_count = 0;
    int32_t rows = 0;
    for (const PlannedSequence& planned : plan.sequences) {
      Live& mine = live.at(planned.id);
      ASSERT_TRUE(planned.first_position == mine.computed || planned.first_position == 0);
      mine.computed = planned.first_position + static_cast<int32_t>(planned.tokens.size());
      ASSERT_GE(planned.pages.size(), static_cast<size_t>(pool.pages_for(mine.computed)));
      ASSERT_EQ(planned.samples, static_cast<size_t>(mine.computed) == scheduler.tokens(planned.id).size());
      pages.insert(planned.pages.begin(), planned.pages.end());
      page_count += planned.pages.size();
      rows += static_cast<int32_t>(planned.tokens.size());
    }
    ASSERT_EQ(rows, plan.rows);
    ASSERT_EQ(pages.size(), page_count) << "two sequences hold one page";
    commit_all(scheduler, plan);
    std::erase_if(live, [&](const auto& entry) {
      if (scheduler.tokens(entry.first).size() < entry.second.wanted) return false;
      scheduler.remove(entry.first);
      return true;
    });
  }
  EXPECT_EQ(pool.free_pages(), pool.capacity());
  EXPECT_GT(scheduler.preemptions(), 100u);
}

}  // namespace
}  // namespace ferry
