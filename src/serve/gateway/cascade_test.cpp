// Answers that are judged before they go out: cascades and guardrails.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/gateway/test_gateway.h"

namespace ferry {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// An engine that answers at once, as its model's name says.
//
//   sure, unsure   "I know", with log-probabilities of -0.1 or -3, where they are wanted
//   echo           the last message's text
//   judge          "unsafe" where the last message has "bad" in it, else "safe"
//   broken         fails
class FakeEngine final : public Provider {
 public:
  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    models.push_back(request.model);
    if (request.model == "broken") {
      sink.failed({.error = {ErrorCode::unavailable, "it broke"}, .param = {}, .reason = "broken"});
      return nullptr;
    }
    sink.started();
    const std::string last = request.messages.empty() ? std::string() : text_of(request.messages.back());
    std::string text = "I know";
    if (request.model == "echo") text = last;
    if (request.model == "judge") text = last.find("bad") != std::string::npos ? "unsafe" : "safe";
    const size_t half = text.size() / 2;
    GenerationDelta first{.text = text.substr(0, half)};
    GenerationDelta second{.text = text.substr(half), .finish = FinishReason::stop};
    if (request.report.top_logprobs) {
      second.logprobs.push_back(
          {.chosen = {.text = "I know", .logprob = request.model == "unsure" ? -3.0F : -0.1F}});
    }
    sink.delta(std::move(first));
    sink.delta(std::move(second));
    sink.finished({.prompt_tokens = 5, .completion_tokens = 3});
    return nullptr;
  }

  std::vector<std::string> models;  // that were asked
};

class JudgedTest : public GatewayTest {
 protected:
  JudgedTest() {
    gateway_ = std::make_unique<Gateway>(threads_, pool_, *accounts_, recorder_.get(), engine_);
  }
  std::vector<std::pair<std::string, Fate>> fates() {
    std::vector<std::pair<std::string, Fate>> all;
    for (const Attempt& attempt : attempts()) all.emplace_back(attempt.intent.target, attempt.outcome->fate);
    return all;
  }
  static std::string header(const std::shared_ptr<TestAnswer>& answer, std::string_view name) {
    return std::string(find_header(answer->headers, name).value_or(""));
  }

  std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
};

TEST_F(JudgedTest, TheOwnModelsAnswerCountsWhereItIsSure) {
  configure("  r: {targets: openai/ok, cascade: {first: local/sure, mean_logprob: -1}}\n");
  const auto answer = ask("r");
  EXPECT_THAT(answer->body, AllOf(HasSubstr("I know"), Not(HasSubstr("\"logprob\""))));
  EXPECT_EQ(header(answer, "x-ferry-target"), "local/sure");
  EXPECT_THAT(ask("r", "hi", true)->body,
              AllOf(HasSubstr("now"), HasSubstr("[DONE]"), Not(HasSubstr("-0.1"))));
  EXPECT_THAT(upstream_.bodies(), IsEmpty());
}

TEST_F(JudgedTest, WhereItIsUnsureTheNextIsAskedAndNothingOfItGoesOut) {
  configure("  r: {targets: openai/ok, cascade: {first: local/unsure, mean_logprob: -1}}\n");
  for (const bool stream : {false, true}) {
    const auto answer = ask("r", "hi", stream);
    EXPECT_THAT(answer->body, AllOf(HasSubstr("Hello"), Not(HasSubstr("know"))));
    EXPECT_EQ(header(answer, "x-ferry-target"), "openai/ok");
    EXPECT_THAT(header(answer, "x-ferry-escalated"), HasSubstr("mean_logprob -3.00 < -1"));
  }
  EXPECT_THAT(fates(),
              ElementsAre(std::pair("local/unsure", Fate::escalated), std::pair("openai/ok", Fate::ok),
                          std::pair("local/unsure", Fate::escalated), std::pair("openai/ok", Fate::ok)));
  EXPECT_EQ(attempts()[0].outcome->error_kind, "mean_logprob");
}

TEST_F(JudgedTest, ADoubtfulAnswerIsBetterThanNone) {
  configure("  r: {targets: openai/fail, retries: 0, cascade: {first: local/unsure, mean_logprob: -1}}\n");
  const auto answer = ask("r");
  EXPECT_THAT(answer->body, HasSubstr("I know"));
  EXPECT_EQ(header(answer, "x-ferry-target"), "local/unsure");
  EXPECT_EQ(header(answer, "x-ferry-escalation"), "failed");
}

TEST_F(JudgedTest, ADoubtfulAnswerThatAGuardrailWithholdsIsNot) {
  configure(
      "  r: {targets: openai/fail, retries: 0, cascade: {first: local/unsure, mean_logprob: -1},\n"
      "      guardrails: {words: [know]}}\n");
  const auto answer = ask("r");
  EXPECT_TRUE(answer->error);
  EXPECT_THAT(answer->body, Not(HasSubstr("know")));
}

TEST_F(JudgedTest, AnAnswerOfTheWrongFormIsNotBetterThanNone) {
  configure("  r: {targets: openai/fail, retries: 0, cascade: {first: local/sure, regex: '[0-9]+'}}\n");
  ASSERT_TRUE(ask("r")->error);
}

TEST_F(JudgedTest, AFirstModelThatFailsIsPassedOver) {
  configure("  r: {targets: openai/ok, cascade: {first: local/broken, mean_logprob: -1}}\n");
  EXPECT_THAT(ask("r")->body, HasSubstr("Hello there"));
  EXPECT_THAT(fates(),
              ElementsAre(std::pair("local/broken", Fate::failed), std::pair("openai/ok", Fate::ok)));
}

TEST_F(JudgedTest, ForbiddenWordsDoNotGoOut) {
  configure("  r: {targets: openai/echo, record: full, guardrails: {words: [forbidden]}}\n");
  const auto whole = ask("r", "this is forbidden here");
  EXPECT_THAT(whole->body,
              AllOf(Not(HasSubstr("forbidden")), HasSubstr("content_filter"), HasSubstr("withheld")));
  const auto stream = ask("r", "this is forbidden here", true);
  EXPECT_THAT(stream->body,
              AllOf(Not(HasSubstr("forbidden")), HasSubstr("content_filter"), HasSubstr("this")));
  EXPECT_THAT(fates(),
              ElementsAre(std::pair("openai/echo", Fate::blocked), std::pair("openai/echo", Fate::blocked)));
  EXPECT_EQ(attempts()[0].outcome->error_kind, "guardrail_words");
  for (const bool streams : {false, true}) {
    EXPECT_THAT(ask("r", "this is fine", streams)->body, Not(HasSubstr("content_filter")));
  }
}

TEST_F(JudgedTest, WordsThatAreOnlyFlaggedGoOutAndAreRecorded) {
  configure("  r: {targets: openai/echo, guardrails: {words: [forbidden], action: flag}}\n");
  for (const bool stream : {false, true}) {
    EXPECT_THAT(ask("r", "forbidden", stream)->body, HasSubstr("idden"));
  }
  for (const Attempt& attempt : attempts()) {
    EXPECT_EQ(attempt.outcome->fate, Fate::ok);
    EXPECT_EQ(attempt.outcome->error_kind, "guardrail_words");
  }
}

TEST_F(JudgedTest, AnswersKeepToTheRoutesSchema) {
  configure("  r: {targets: openai/echo, guardrails: {schema: {type: object}}}\n");
  EXPECT_THAT(ask("r", "no object", true)->body,
              AllOf(Not(HasSubstr("no object")), HasSubstr("content_filter")));
  EXPECT_THAT(ask("r", "{}", true)->body, AllOf(HasSubstr("[DONE]"), Not(HasSubstr("content_filter"))));
}

TEST_F(JudgedTest, AModelOfOnesOwnModerates) {
  configure("  r: {targets: openai/echo, guardrails: {classifier: {target: local/judge}}}\n");
  for (const bool stream : {false, true}) {
    EXPECT_THAT(ask("r", "something bad", stream)->body,
                AllOf(Not(HasSubstr("something")), HasSubstr("content_filter")));
    EXPECT_THAT(ask("r", "something good", stream)->body, HasSubstr("good"));
  }
  EXPECT_THAT(engine_->models, SizeIs(4));
}

TEST_F(JudgedTest, WhatNobodyCouldModerateDoesNotGoOut) {
  configure("  r: {targets: openai/echo, guardrails: {classifier: {target: local/broken}}}\n");
  EXPECT_THAT(ask("r", "something good")->body, AllOf(Not(HasSubstr("good")), HasSubstr("content_filter")));
}

TEST_F(JudgedTest, BlockedAnswersAreNotCached) {
  configure("  r: {targets: openai/echo, cache: {ttl: 1h}, guardrails: {words: [forbidden]}}\n");
  ask("r", "forbidden");
  EXPECT_EQ(header(ask("r", "forbidden"), "x-ferry-cache"), "miss");
}

}  // namespace
}  // namespace ferry
