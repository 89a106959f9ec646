#include "infer/sched/scheduler.h"

#include <map>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::ElementsAre;

// `length` tokens that are no other prompt's.
std::vector<TokenId> prompt(TokenId first, int32_t length) {
  std::vector<TokenId> tokens(static_cast<size_t>(length));
  std::iota(tokens.begin(), tokens.end(), first * 10000);
  return tokens;
}

SequenceRequest request(SequenceId id, int32_t length, int32_t max_new_tokens = 10) {
  return {.ids = {id}, .prompt = prompt(static_cast<TokenId>(id), length), .max_new_tokens = max_new_tokens};
}

// Rows of each id; the first of those that share them.
std::map<SequenceId, int32_t> rows(const StepPlan& plan) {
  std::map<SequenceId, int32_t> result;
  for (const PlannedSequence& planned : plan.sequences) {
    result[planned.ids.front()] = static_cast<int32_t>(planned.tokens.size());
  }
  return result;
}

using Rows = std::map<SequenceId, int32_t>;

// One step; every sampled token is -1, -2, ... in order. Rows as above.
Rows step(Scheduler& scheduler) {
  const StepPlan plan = scheduler.next();
  std::vector<TokenId> sampled;
  for (const PlannedSequence& planned : plan.sequences) {
    for (size_t i = 0; planned.samples && i < planned.ids.size(); ++i) {
      sampled.push_back(-1 - static_cast<TokenId>(sampled.size()));
    }
  }
  Rows result = rows(plan);
  scheduler.commit(plan, sampled);
  return result;
}

TEST(Scheduler, CutsALongPromptIntoSteps) {
  PagePool pool(10, 32);
  Scheduler scheduler({.max_step_tokens = 100}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 250)));
  for (const auto& [count, samples] : {std::pair{100, false}, {100, false}, {50, true}, {1, true}}) {
    const StepPlan plan = scheduler.next();
    ASSERT_EQ(plan.sequences.size(), 1u);
    EXPECT_EQ(plan.rows(), count);
    EXPECT_EQ(plan.sequences[0].samples, samples);
    EXPECT_EQ(plan.sequences[0].logits, samples ? 1 : 0);
    const std::vector<TokenId> sampled(samples ? 1 : 0, 7);
    scheduler.commit(plan, sampled);
  }
}

TEST(Scheduler, ALongPromptDoesNotStarveRunningAnswers) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 4)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(request(2, 1000)));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(step(scheduler), (Rows{{1, 1}, {2, 63}}));
}

TEST(Scheduler, AShortPromptPassesALongOneThatStillAdvances) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 2000)));
  EXPECT_EQ(step(scheduler), (Rows{{1, 64}}));
  ASSERT_TRUE(scheduler.add(request(2, 40)));
  EXPECT_EQ(step(scheduler), (Rows{{1, 24}, {2, 40}}));
  for (SequenceId id = 3; id < 20; ++id) {
    ASSERT_TRUE(scheduler.add(request(id, 60)));
    EXPECT_GE(step(scheduler)[1], 14) << "a quarter is for the oldest";
  }
}

TEST(Scheduler, RefusesWhatCanNeverFitWithTheNumbers) {
  PagePool pool(2, 32);
  Scheduler scheduler({}, pool);
  EXPECT_TRUE(scheduler.add(request(1, 60, 4)));
  const auto refused = scheduler.add(request(2, 60, 5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(refused.error().message.find("65 tokens"), std::string::npos) << refused.error().message;
}

TEST(Scheduler, PreemptsTheLatestAndComputesItAgain) {
  PagePool pool(4, 32);
  Scheduler scheduler({.prefix_cache = false}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 62, 60)));
  ASSERT_TRUE(scheduler.add(request(2, 62, 60)));
  for (int i = 0; i < 3; ++i) step(scheduler);
  EXPECT_EQ(step(scheduler), (Rows{{1, 1}})) << "both need a third page, and there is none";
  EXPECT_EQ(scheduler.counters().preemptions, 1u);
  scheduler.remove(1);
  EXPECT_EQ(step(scheduler), (Rows{{2, 65}})) << "the prompt and the three tokens generated before";
}

TEST(Scheduler, TheLatestToArriveIsPreemptedThoughItStartedFirst) {
  PagePool pool(4, 32);
  Scheduler scheduler({.max_running = 2, .prefix_cache = false}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 10)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(request(2, 50, 60)));
  ASSERT_TRUE(scheduler.add(request(3, 40, 60)));
  EXPECT_EQ(step(scheduler), (Rows{{1, 1}, {3, 40}})) << "the cheaper one";
  scheduler.remove(1);
  while (scheduler.counters().preemptions == 0) step(scheduler);
  EXPECT_TRUE(scheduler.pages(3).empty());
  EXPECT_FALSE(scheduler.pages(2).empty());
}

TEST(Scheduler, ATenantDoesNotPayTwiceForWhatIsComputedAgain) {
  PagePool pool(4, 32);
  Scheduler scheduler({.max_running = 2, .prefix_cache = false}, pool);
  const auto add = [&](SequenceId id, int32_t length, const char* tenant) {
    SequenceRequest asked = request(id, length, 30);
    asked.tenant = tenant;
    ASSERT_TRUE(scheduler.add(asked));
  };
  add(1, 62, "a");
  add(2, 62, "b");
  while (scheduler.counters().preemptions == 0) step(scheduler);
  for (int i = 0; i < 5; ++i) step(scheduler);  // so that "a" has had more
  scheduler.remove(1);
  step(scheduler);
  add(3, 10, "a");
  add(4, 10, "b");
  EXPECT_TRUE(step(scheduler).contains(4));
}

TEST(Scheduler, APromptThatWouldGetNoRowsLeavesThePagesAlone) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 600)));
  ASSERT_TRUE(scheduler.add(request(2, 600)));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(step(scheduler), (Rows{{1, 64}}));
  EXPECT_EQ(scheduler.running(), 1u);
  EXPECT_EQ(step(scheduler), (Rows{{1, 24}, {2, 40}}));
}

TEST(Scheduler, APreemptedSequenceStartsFromWhatTheCacheStillHas) {
  PagePool pool(4, 32);
  Scheduler scheduler({}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 62, 60)));
  ASSERT_TRUE(scheduler.add(request(2, 62, 60)));
  while (scheduler.counters().preemptions == 0) step(scheduler);
  scheduler.remove(1);
  EXPECT_EQ(step(scheduler), (Rows{{2, 33}})) << "of its two whole pages the second has been evicted";
}

TEST(Scheduler, PreemptsTheLowestPriorityFirst) {
  PagePool pool(6, 32);
  Scheduler scheduler({}, pool);
  SequenceRequest batch = request(1, 62, 60);
  batch.priority = 5;
  ASSERT_TRUE(scheduler.add(batch));
  ASSERT_TRUE(scheduler.add(request(2, 62, 60)));
  ASSERT_TRUE(scheduler.add(request(3, 62, 60)));
  while (scheduler.counters().preemptions == 0) step(scheduler);
  EXPECT_TRUE(scheduler.pages(1).empty()) << "though it came first";
  EXPECT_EQ(scheduler.running(), 2u);
}

TEST(Scheduler, AHigherPriorityTakesThePlaceOfALower) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_running = 2}, pool);
  SequenceRequest batch = request(1, 10);
  batch.priority = 5;
  ASSERT_TRUE(scheduler.add(batch));
  ASSERT_TRUE(scheduler.add(request(2, 10)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(request(3, 10)));
  ASSERT_TRUE(scheduler.add(request(4, 10)));
  EXPECT_EQ(step(scheduler), (Rows{{2, 1}, {3, 10}})) << "and an equal one does not";
  scheduler.remove(2);
  EXPECT_EQ(step(scheduler), (Rows{{3, 1}, {4, 10}})) << "the lower waits on";
  scheduler.remove(3);
  EXPECT_EQ(step(scheduler), (Rows{{1, 11}, {4, 1}}));
}

TEST(Scheduler, ACachedPrefixIsNotComputedAgain) {
  PagePool pool(100, 32);
  Scheduler scheduler({}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 100)));
  step(scheduler);
  SequenceRequest same = request(2, 0);
  same.prompt = prompt(1, 110);
  ASSERT_TRUE(scheduler.add(same));
  const StepPlan plan = scheduler.next();
  EXPECT_EQ(rows(plan), (Rows{{1, 1}, {2, 14}}));
  EXPECT_EQ(plan.sequences[1].first_position, 96);
  EXPECT_EQ(scheduler.pages(2)[2], scheduler.pages(1)[2]);
  EXPECT_NE(scheduler.pages(2)[3], scheduler.pages(1)[3]);
  EXPECT_TRUE(plan.copies.empty());
  EXPECT_EQ(scheduler.cached_tokens(1), 0);
  EXPECT_EQ(scheduler.cached_tokens(2), 96);
  EXPECT_EQ(scheduler.counters().prefix_queries, 210u);
  EXPECT_EQ(scheduler.counters().prefix_hits, 96u);
}

TEST(Scheduler, APromptThatIsCachedWholeComputesItsLastTokenOnACopy) {
  PagePool pool(100, 32);
  Scheduler scheduler({}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 64)));
  step(scheduler);
  scheduler.remove(1);
  SequenceRequest same = request(2, 0);
  same.prompt = prompt(1, 64);
  ASSERT_TRUE(scheduler.add(same));
  const StepPlan plan = scheduler.next();
  EXPECT_EQ(rows(plan), (Rows{{2, 1}}));
  EXPECT_TRUE(plan.sequences[0].samples);
  ASSERT_EQ(plan.copies.size(), 1u);
  EXPECT_EQ(plan.copies[0].to, plan.sequences[0].pages[1]);
  EXPECT_EQ(scheduler.cached_tokens(2), 63);
  const PageId copied = plan.copies[0].from;
  scheduler.commit(plan, std::vector<TokenId>{5});
  EXPECT_EQ(scheduler.pages(2)[1], copied) << "then the copy is given back for the page that it equals";
}

TEST(Scheduler, EqualPagesAreHeldOnce) {
  PagePool pool(100, 32);
  Scheduler scheduler({}, pool);
  // The same prompt twice, together: the first has its logits taken, so it cannot wait for the other.
  SequenceRequest with_logits = request(1, 64);
  with_logits.prompt_logits = true;
  ASSERT_TRUE(scheduler.add(with_logits));
  with_logits.ids = {2};
  ASSERT_TRUE(scheduler.add(with_logits));
  for (int i = 0; i < 3; ++i) step(scheduler);
  EXPECT_TRUE(std::ranges::equal(scheduler.pages(1).first(2), scheduler.pages(2).first(2)));
  EXPECT_EQ(pool.available(), 100 - 4);
}

TEST(Scheduler, WaitsForAPrefixThatAnotherIsComputing) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 100)));
  SequenceRequest same = request(2, 0);
  same.prompt = prompt(1, 120);
  ASSERT_TRUE(scheduler.add(same));
  ASSERT_TRUE(scheduler.add(request(3, 20)));
  EXPECT_EQ(step(scheduler), (Rows{{1, 44}, {3, 20}})) << "and holds nobody up";
  EXPECT_EQ(step(scheduler), (Rows{{1, 56}, {3, 1}}));
  EXPECT_EQ(step(scheduler), (Rows{{1, 1}, {2, 24}, {3, 1}}));
  EXPECT_EQ(scheduler.cached_tokens(2), 96);
}

TEST(Scheduler, WaitsForNobodyOfLowerPriority) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 1000)));
  step(scheduler);
  SequenceRequest same = request(2, 0);
  same.prompt = prompt(1, 500);
  same.priority = -1;
  ASSERT_TRUE(scheduler.add(same));
  EXPECT_EQ(step(scheduler), (Rows{{1, 16}, {2, 48}}));
}

TEST(Scheduler, SaltsKeepPrefixesApart) {
  PagePool pool(100, 32);
  Scheduler scheduler({}, pool);
  for (const char* salt : {"a", "b", "a"}) {
    SequenceRequest same{
        .ids = {1}, .prompt = prompt(1, 70), .salt = std::make_shared<const std::string>(salt)};
    ASSERT_TRUE(scheduler.add(same));
    step(scheduler);
    const bool again = scheduler.counters().prefix_queries == 210;
    EXPECT_EQ(scheduler.cached_tokens(1), again ? 64 : 0);
    scheduler.remove(1);
  }
}

TEST(Scheduler, TheCacheCanBeSwitchedOff) {
  PagePool pool(100, 32);
  Scheduler scheduler({.prefix_cache = false}, pool);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(scheduler.add(request(1, 70)));
    EXPECT_EQ(step(scheduler), (Rows{{1, 70}}));
    scheduler.remove(1);
  }
  EXPECT_EQ(pool.cached(), 0);
}

TEST(Scheduler, AnswersOfOnePromptShareItsComputationAndItsPages) {
  PagePool pool(100, 32);
  Scheduler scheduler({}, pool);
  SequenceRequest three = request(1, 40);
  three.ids = {1, 2, 3};
  ASSERT_TRUE(scheduler.add(three));
  const StepPlan first = scheduler.next();
  ASSERT_EQ(first.sequences.size(), 1u);
  EXPECT_THAT(first.sequences[0].ids, ElementsAre(1, 2, 3));
  EXPECT_EQ(first.rows(), 40);
  EXPECT_EQ(first.sequences[0].logits, 1);
  scheduler.commit(first, std::vector<TokenId>{-1, -2, -3});
  EXPECT_EQ(pool.available(), 98);

  const StepPlan second = scheduler.next();
  EXPECT_EQ(rows(second), (Rows{{1, 1}, {2, 1}, {3, 1}}));
  EXPECT_EQ(second.copies.size(), 2u) << "the last holder of the part-filled page writes in place";
  EXPECT_EQ(pool.available(), 96);
  for (const SequenceId id : {1, 2, 3}) {
    EXPECT_EQ(scheduler.tokens(id).back(), -static_cast<TokenId>(id));
    EXPECT_EQ(scheduler.pages(id)[0], scheduler.pages(1)[0]);
  }
}

TEST(Scheduler, AnswersBeyondThePlacesQueueUp) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_running = 2}, pool);
  SequenceRequest four = request(1, 40);
  four.ids = {1, 2, 3, 4};
  ASSERT_TRUE(scheduler.add(four));
  step(scheduler);
  EXPECT_EQ(scheduler.running(), 2u);
  EXPECT_EQ(scheduler.waiting(), 2u);
  EXPECT_EQ(scheduler.tokens(4).back(), -4) << "each has its first token";
  scheduler.remove(1);
  EXPECT_EQ(step(scheduler), (Rows{{2, 1}, {3, 9}})) << "from the whole page that is cached";
}

TEST(Scheduler, AnAnswerCanBeCancelledBeforeItsPromptIsComputed) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_step_tokens = 32}, pool);
  SequenceRequest three = request(1, 40);
  three.ids = {1, 2, 3};
  ASSERT_TRUE(scheduler.add(three));
  step(scheduler);
  scheduler.remove(1);
  EXPECT_EQ(step(scheduler), (Rows{{2, 8}}));
  EXPECT_EQ(step(scheduler), (Rows{{2, 1}, {3, 1}}));
  scheduler.remove(2);
  scheduler.remove(3);
  EXPECT_EQ(pool.available(), pool.capacity());
  EXPECT_TRUE(scheduler.next().sequences.empty());
}

TEST(Scheduler, PromptLogitsComeOnceEachAndWithinTheirLimit) {
  PagePool pool(6, 32);
  Scheduler scheduler({.max_step_tokens = 64, .max_running = 2, .max_logits = 20}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 64, 60)));
  step(scheduler);
  SequenceRequest same{.ids = {2}, .prompt = prompt(1, 50), .prompt_logits = true};
  ASSERT_TRUE(scheduler.add(same));
  for (const auto& [first, count] : {std::pair{0, 19}, {19, 19}, {38, 12}}) {
    const StepPlan plan = scheduler.next();
    ASSERT_EQ(plan.sequences.size(), 2u);
    EXPECT_EQ(plan.sequences[1].first_position, first) << "nothing comes from the cache";
    EXPECT_EQ(plan.sequences[1].logits, count);
    EXPECT_EQ(plan.sequences[1].samples, count == 12);
    scheduler.commit(plan, std::vector<TokenId>(count == 12 ? 2 : 1, -1));
  }
  EXPECT_EQ(scheduler.next().sequences[1].logits, 1);
}

TEST(Scheduler, TheCheapestGoesFirst) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_running = 1}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 200)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(request(2, 100)));
  SequenceRequest cached = request(3, 0);
  cached.prompt = prompt(1, 210);
  ASSERT_TRUE(scheduler.add(cached));
  ASSERT_TRUE(scheduler.add(request(4, 30)));
  scheduler.remove(1);
  for (const SequenceId id : {3, 4, 2}) {
    EXPECT_TRUE(step(scheduler).contains(id)) << id;
    scheduler.remove(id);
  }
}

// What passes somebody over by rule does so for a while only.
class Overtaking : public testing::TestWithParam<std::pair<int32_t, int32_t>> {};

TEST_P(Overtaking, NobodyWaitsForever) {
  const auto [priority, length] = GetParam();
  PagePool pool(100, 32);
  Scheduler scheduler({.max_running = 2}, pool);
  SequenceRequest patient = request(1, 200);
  patient.priority = 1;
  ASSERT_TRUE(scheduler.add(request(2, length)));
  ASSERT_TRUE(scheduler.add(request(3, length)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(patient));
  // Two favoured ones wait at any time, and two end in each step.
  SequenceId next = 4;
  int steps = 0;
  while (scheduler.pages(1).empty()) {
    ASSERT_LT(++steps, 100);
    for (int i = 0; i < 2; ++i) {
      SequenceRequest favoured = request(next++, length);
      favoured.priority = priority;
      ASSERT_TRUE(scheduler.add(favoured));
    }
    for (const auto& [id, count] : step(scheduler)) {
      if (id != 1) scheduler.remove(id);
    }
  }
  EXPECT_GT(steps, 10) << "it has been passed over";
  // Nor can the favoured ones take its place now.
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(scheduler.add(request(next++, length)));
    EXPECT_TRUE(step(scheduler).contains(1));
  }
}

INSTANTIATE_TEST_SUITE_P(Scheduler, Overtaking,
                         testing::Values(std::pair{0, 300},   // by priority
                                         std::pair{1, 10}));  // because it is long

TEST(Scheduler, TenantsGetEqualSharesHoweverMuchTheyAsk) {
  PagePool pool(1000, 32);
  Scheduler scheduler({.max_step_tokens = 64, .max_running = 4}, pool);
  std::map<SequenceId, std::string> tenants;
  SequenceId next = 1;
  const auto add = [&](const std::string& tenant, int32_t length) {
    SequenceRequest asked = request(next, length, 20);
    asked.tenant = tenant;
    tenants[next++] = tenant;
    ASSERT_TRUE(scheduler.add(asked));
  };
  for (int i = 0; i < 300; ++i) add("crowd", 100);
  for (int i = 0; i < 3; ++i) add("few", 400);
  std::map<std::string, int> service;
  for (int i = 0; i < 400; ++i) {
    for (const auto& [id, count] : step(scheduler)) {
      service[tenants[id]] += count == 1 ? 2 : count;  // as FairShare weighs them
      const bool crowd = tenants[id] == "crowd";
      if (scheduler.tokens(id).size() < (crowd ? 120u : 420u)) continue;
      scheduler.remove(id);
      add(tenants[id], crowd ? 100 : 400);
    }
  }
  EXPECT_NEAR(service["few"], service["crowd"], 0.15 * service["crowd"]);
}

TEST(Scheduler, ATenantThatWasAwayGoesNotAheadOfAll) {
  PagePool pool(100, 32);
  Scheduler scheduler({.max_running = 1}, pool);
  SequenceId next = 1;
  const auto add = [&](const char* tenant) {
    SequenceRequest asked = request(next++, 300);
    asked.tenant = tenant;
    ASSERT_TRUE(scheduler.add(asked));
  };
  add("away");
  step(scheduler);
  scheduler.remove(1);
  for (int i = 0; i < 11; ++i) add("stays");
  for (SequenceId id = 2; id < 12; ++id) {
    step(scheduler);
    scheduler.remove(id);
  }
  for (int i = 0; i < 4; ++i) add("away");  // 13 to 16
  for (int i = 0; i < 4; ++i) add("stays");
  int away = 0;
  for (int i = 0; i < 4; ++i) {
    const SequenceId id = step(scheduler).begin()->first;
    away += id >= 13 && id <= 16 ? 1 : 0;
    scheduler.remove(id);
  }
  EXPECT_EQ(away, 2);
}

TEST(Scheduler, TheMeasuredTimeBoundsPromptsBesideAnswers) {
  PagePool pool(1000, 32);
  Scheduler scheduler({.max_step_ms = 100}, pool);
  ASSERT_TRUE(scheduler.add(request(1, 10, 1000)));
  step(scheduler);
  ASSERT_TRUE(scheduler.add(request(2, 20000)));
  double ms = 0;
  for (int i = 0; i < 60; ++i) {
    const StepPlan plan = scheduler.next();
    ms = 10 + 0.5 * plan.prompt_rows;
    scheduler.took(plan, ms);
    scheduler.commit(plan, std::vector<TokenId>{1});
  }
  EXPECT_NEAR(ms, 100, 5);
}

}  // namespace
}  // namespace ferry
