// Guesses at answers' next tokens in the scheduler's plans.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "infer/sched/scheduler.h"

namespace ferry {
namespace {

using testing::ElementsAre;

SequenceRequest request(SequenceId id, std::vector<TokenId> prompt, int32_t max_new_tokens = 20) {
  return {.ids = {id}, .prompt = std::move(prompt), .max_new_tokens = max_new_tokens};
}

void add(Scheduler& scheduler, SequenceRequest asked) {
  const auto added = scheduler.add(std::move(asked));
  ASSERT_TRUE(added) << added.error().message;
}

// A step without drafts; each sampling sequence gets `token`.
void step(Scheduler& scheduler, TokenId token) {
  const StepPlan plan = scheduler.next();
  std::vector<TokenId> sampled;
  for (const PlannedSequence& planned : plan.sequences) {
    if (planned.samples) sampled.insert(sampled.end(), planned.ids.size(), token);
  }
  scheduler.commit(plan, sampled);
}

TEST(Drafts, AcceptedOnesBecomeTokensAndTheOthersLeaveNoTrace) {
  PagePool pool(10, 4);
  Scheduler scheduler({}, pool);
  add(scheduler, request(1, {1, 2, 3}));
  step(scheduler, 4);
  StepPlan plan = scheduler.next();
  PlannedSequence& planned = plan.sequences[0];
  const std::vector<TokenId> guesses = {5, 6, 70, 80, 90, 100};
  scheduler.draft(plan, planned, guesses);
  EXPECT_EQ(plan.rows(), 7);
  EXPECT_EQ(plan.draft_rows, 6);
  EXPECT_EQ(planned.logits, 7);
  EXPECT_EQ(planned.pages.size(), 3u);
  EXPECT_TRUE(std::ranges::equal(planned.drafts, guesses));
  planned.accepted = 2;
  scheduler.commit(plan, std::vector<TokenId>{5, 6, 7});
  EXPECT_THAT(scheduler.tokens(1), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(scheduler.computed(1), 6);
  EXPECT_EQ(scheduler.pages(1).size(), 2u);
  EXPECT_EQ(pool.available(), 8);
  plan = scheduler.next();
  EXPECT_THAT(plan.sequences[0].tokens, ElementsAre(7));
  EXPECT_EQ(plan.sequences[0].first_position, 6);
  EXPECT_TRUE(plan.sequences[0].drafts.empty());
}

TEST(Drafts, ThePrefixIndexHoldsAcceptedTokensAndNoOthers) {
  PagePool pool(20, 4);
  Scheduler scheduler({}, pool);
  add(scheduler, request(1, {1, 2, 3}));
  step(scheduler, 4);
  StepPlan plan = scheduler.next();
  scheduler.draft(plan, plan.sequences[0], std::vector<TokenId>{5, 6, 7, 8, 90, 91, 92, 93});
  plan.sequences[0].accepted = 4;
  scheduler.commit(plan, std::vector<TokenId>{5, 6, 7, 8, 9});
  EXPECT_EQ(pool.index().size(), 2u);
  scheduler.remove(1);
  add(scheduler, request(2, {1, 2, 3, 4, 5, 6, 7, 8, 90, 91, 92, 93, 94}));
  step(scheduler, 1);
  EXPECT_EQ(scheduler.cached_tokens(2), 8);
}

TEST(Drafts, GetOnlyWhatAnswersAndPromptsLeave) {
  PagePool pool(100, 4);
  Scheduler scheduler({.max_step_tokens = 8, .max_logits = 64}, pool);
  add(scheduler, request(1, {1, 2, 3}));
  add(scheduler, request(2, {9, 8, 7}));
  step(scheduler, 4);
  const std::vector<TokenId> guesses(10, 5);
  StepPlan plan = scheduler.next();
  EXPECT_EQ(scheduler.spare_rows(plan), 6);
  scheduler.draft(plan, plan.sequences[0], std::span(guesses).first(4));
  EXPECT_EQ(scheduler.spare_rows(plan), 2);
  scheduler.draft(plan, plan.sequences[1], guesses);
  EXPECT_EQ(plan.sequences[1].drafts.size(), 2u);
  EXPECT_EQ(plan.rows(), 8);
  scheduler.commit(plan, std::vector<TokenId>{6, 6});
  add(scheduler, request(3, std::vector<TokenId>(40, 1)));
  plan = scheduler.next();
  EXPECT_EQ(plan.prompt_rows, 6);
  EXPECT_EQ(scheduler.spare_rows(plan), 0);
}

TEST(Drafts, KeepToTheLogitsOfAStep) {
  PagePool pool(100, 4);
  Scheduler scheduler({.max_running = 2, .max_logits = 4}, pool);
  add(scheduler, request(1, {1, 2, 3}));
  step(scheduler, 4);
  StepPlan plan = scheduler.next();
  scheduler.draft(plan, plan.sequences[0], std::vector<TokenId>(10, 5));
  EXPECT_EQ(plan.sequences[0].drafts.size(), 3u);
}

TEST(Drafts, AreForAnswersThatGetTheirNextToken) {
  PagePool pool(100, 4);
  Scheduler scheduler({.max_step_tokens = 8}, pool);
  add(scheduler, request(1, std::vector<TokenId>(10, 1), 4));
  SequenceRequest several = request(2, {7});
  several.ids.push_back(3);
  StepPlan plan = scheduler.next();
  EXPECT_EQ(scheduler.most_drafts(plan.sequences[0]), 0) << "a part of a prompt";
  scheduler.commit(plan, {});
  step(scheduler, 2);
  add(scheduler, std::move(several));
  plan = scheduler.next();
  EXPECT_EQ(scheduler.most_drafts(plan.sequences[0]), 2) << "of four tokens it has one and gets another";
  EXPECT_EQ(scheduler.most_drafts(plan.sequences[1]), 0) << "answers that have yet to part";
}

TEST(Drafts, TakeNobodysPages) {
  PagePool pool(3, 4);
  Scheduler scheduler({.prefix_cache = false}, pool);
  add(scheduler, request(1, {1, 2}, 8));
  add(scheduler, request(2, {3, 4, 5, 6, 7}, 4));
  step(scheduler, 4);
  StepPlan plan = scheduler.next();
  ASSERT_EQ(plan.sequences.size(), 2u);
  scheduler.draft(plan, plan.sequences[0], std::vector<TokenId>(6, 5));
  EXPECT_EQ(plan.sequences[0].drafts.size(), 1u) << "to the end of its page";
  EXPECT_EQ(scheduler.counters().preemptions, 0u);
  EXPECT_EQ(scheduler.pages(2).size(), 2u);
  scheduler.commit(plan, std::vector<TokenId>{6, 6});
}

}  // namespace
}  // namespace ferry
