// What becomes of answers beside being passed on: shadows, the cache, recorded texts.

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

class AnswersTest : public GatewayTest {
 protected:
  // Shadows end when they end.
  std::vector<Attempt> attempts_once_there_are(size_t count) {
    for (int i = 0; i < 500; ++i) {
      std::vector<Attempt> all = attempts();
      const bool done = all.size() >= count &&
                        std::all_of(all.begin(), all.end(),
                                    [](const Attempt& attempt) { return attempt.outcome.has_value(); });
      if (done) return all;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "there are not " << count << " attempts that ended";
    return {};
  }
  std::vector<Content> contents(const Attempt& attempt) {
    for (int i = 0; i < 500; ++i) {
      EXPECT_TRUE(recorder_->flush());
      auto all = recorder_->store().contents(attempt.intent.exchange, nullptr).value();
      if (!all.empty()) return all;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return {};
  }
};

TEST_F(AnswersTest, AShadowIsAskedAndRecordedAndNeverReturned) {
  configure("  r: {targets: openai/ok, shadow: [{target: eu/echo, share: 1}]}\n");
  const auto answer = ask("r", "only the shadow says this");
  EXPECT_THAT(answer->body, AllOf(HasSubstr("Hello there"), Not(HasSubstr("only the shadow"))));
  EXPECT_EQ(find_header(answer->headers, "x-ferry-target"), "openai/ok");
  const auto all = attempts_once_there_are(2);
  ASSERT_THAT(all, SizeIs(2));
  const Attempt& shadow = all[0].intent.role == AttemptRole::shadow ? all[0] : all[1];
  EXPECT_EQ(shadow.intent.target, "eu/echo");
  EXPECT_EQ(shadow.outcome->fate, Fate::ok);
  EXPECT_EQ(shadow.outcome->usage.prompt_tokens, 10);
  EXPECT_EQ(reserved(), 0);
}

TEST_F(AnswersTest, AShadowIsPaidForAndStaysAwayWhereTheBudgetHasNoRoom) {
  configure("  r: {targets: local/none, fallbacks: [openai/echo], shadow: [{target: eu/ok, share: 1}]}\n",
            "");
  const auto rich = with_key({.name = "rich"});
  ASSERT_TRUE(
      send(R"({"model":"r","messages":[{"role":"user","content":"x"}],"max_tokens":5})", rich)->wait());
  const auto paid = attempts_once_there_are(2);
  const auto is_shadow = [](const Attempt& attempt) { return attempt.intent.role == AttemptRole::shadow; };
  const auto shadow = std::find_if(paid.begin(), paid.end(), is_shadow);
  ASSERT_NE(shadow, paid.end());
  EXPECT_EQ(shadow->outcome->cost, 24'000'000);  // 10 + 2 tokens at 2000 for a million

  const auto poor = with_key({.name = "poor", .budgets = {.day = 1000}});
  ASSERT_TRUE(
      send(R"({"model":"r","messages":[{"role":"user","content":"x"}],"max_tokens":5})", poor)->wait());
  EXPECT_THAT(attempts_once_there_are(3), SizeIs(3));
}

TEST_F(AnswersTest, AShadowThatHangsDoesNotHoldTheAnswerNorTheGateway) {
  configure("  r: {targets: openai/ok, shadow: [{target: eu/wait, share: 1}]}\n");
  EXPECT_THAT(ask("r", "hi", true)->body, HasSubstr("[DONE]"));
  gateway_.reset();
  for (const Attempt& attempt : attempts()) {
    EXPECT_EQ(attempt.outcome->fate, attempt.intent.role == AttemptRole::shadow ? Fate::cancelled : Fate::ok);
  }
}

TEST_F(AnswersTest, TheSameQuestionIsAnsweredFromTheCache) {
  configure("  r: {targets: openai/ok, cache: {ttl: 1h}}\n");
  EXPECT_EQ(find_header(ask("r")->headers, "x-ferry-cache"), "miss");
  const auto whole = ask("r");
  EXPECT_EQ(find_header(whole->headers, "x-ferry-cache"), "hit");
  EXPECT_THAT(whole->body, HasSubstr("Hello there"));
  const auto stream = ask("r", "hi", true);
  EXPECT_EQ(find_header(stream->headers, "x-ferry-cache"), "hit");
  EXPECT_THAT(stream->body, AllOf(HasSubstr("Hello there"), HasSubstr("[DONE]")));
  EXPECT_EQ(find_header(ask("r", "something else")->headers, "x-ferry-cache"), "miss");
  EXPECT_THAT(upstream_.bodies(), SizeIs(2));

  const auto all = attempts();
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[1].outcome->fate, Fate::cached);
  EXPECT_TRUE(all[1].outcome->cache_hit);
  EXPECT_EQ(all[1].outcome->cost, 0);
  EXPECT_EQ(all[1].outcome->usage.prompt_tokens, 10);
  EXPECT_EQ(all[1].intent.target, "openai/ok");
  EXPECT_EQ(all[1].intent.attempt, 0U);
}

TEST_F(AnswersTest, CachedAnswersAreNotSharedAcrossKeysLabelsOrConfigurations) {
  const std::string route = "  r: {targets: openai/ok, cache: {ttl: 1h}}\n";
  const std::string labels = "labels: {tame: {regions: [us]}}\n";
  configure(route, labels);
  const std::string body = R"({"model":"r","messages":[{"role":"user","content":"hi"}]})";
  const auto cache_use = [&](const std::shared_ptr<const Principal>& who, HttpHeaders headers = {}) {
    const auto answer = send(body, who, kOpenAiChat, std::move(headers));
    EXPECT_TRUE(answer->wait());
    return std::string(find_header(answer->headers, "x-ferry-cache").value_or("none"));
  };
  const auto one = with_key({.name = "one"});
  const auto other = with_key({.name = "other"});
  EXPECT_EQ(cache_use(one), "miss");
  EXPECT_EQ(cache_use(one), "hit");
  EXPECT_EQ(cache_use(other), "miss");
  EXPECT_EQ(cache_use(one, {{"x-ferry-labels", "tame"}}), "miss");
  EXPECT_EQ(cache_use(one, {{"Cache-Control", "no-cache"}}), "miss");
  EXPECT_EQ(cache_use(one, {{"Cache-Control", "no-store"}}), "none");
  configure(route, labels);
  EXPECT_EQ(cache_use(one), "miss");
}

TEST_F(AnswersTest, TextsAreRecordedWholeWhereTheRouteSaysSo) {
  configure("  r: {targets: openai/echo, record: full}\n");
  ask("r", "call bob@example.com", true);
  const auto all = attempts();
  const auto texts = contents(all.at(0));
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_EQ(texts[0].form, ContentForm::full);
  EXPECT_THAT(texts[0].request, HasSubstr("call bob@example.com"));
  EXPECT_THAT(texts[0].answer, HasSubstr("call bob@example.com"));
}

TEST_F(AnswersTest, TextsAreRecordedRedactedWhereTheRouteSaysSo) {
  configure("  r: {targets: openai/echo, record: redacted}\n");
  ask("r", "call bob@example.com");
  const auto texts = contents(attempts().at(0));
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_EQ(texts[0].form, ContentForm::redacted);
  EXPECT_THAT(texts[0].request, AllOf(HasSubstr("[EMAIL_1]"), Not(HasSubstr("bob@"))));
  EXPECT_THAT(texts[0].answer, AllOf(HasSubstr("call [EMAIL_1]"), Not(HasSubstr("bob@"))));
}

TEST_F(AnswersTest, TextsThatCannotBeRedactedAreNotRecorded) {
  configure("  r: {targets: openai/ok, record: redacted}\n");
  const auto answer = send(
      R"({"model":"r","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/i.png"}}]}]})",
      keyless());
  ASSERT_TRUE(answer->wait());
  ASSERT_FALSE(answer->error) << answer->error->error.message;
  const auto all = attempts();
  for (int i = 0; i < 500 && gateway_->dropped_texts().value() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(gateway_->dropped_texts().value(), 1U);
  EXPECT_TRUE(recorder_->flush());
  EXPECT_THAT(recorder_->store().contents(all.at(0).intent.exchange, nullptr).value(), IsEmpty());
}

TEST_F(AnswersTest, RefusalsOfARouteAreRecorded) {
  configure("  r: {targets: openai/ok}\n", "labels: {never: {block: true}}\n");
  const std::string body = R"({"model":"r","messages":[{"role":"user","content":"hi"}],"max_tokens":100})";
  ASSERT_TRUE(send(body, with_key({.name = "poor", .budgets = {.day = 1}}))->wait());
  ASSERT_TRUE(send(body, keyless(), kOpenAiChat, {{"x-ferry-labels", "never"}})->wait());
  // More lines than one are one list.
  ASSERT_TRUE(
      send(body, keyless(), kOpenAiChat, {{"x-ferry-labels", ""}, {"X-Ferry-Labels", "\tnever"}})->wait());
  std::vector<std::pair<Fate, std::string>> fates;
  for (const Attempt& attempt : attempts()) fates.emplace_back(attempt.outcome->fate, attempt.intent.verdict);
  EXPECT_THAT(fates, ElementsAre(std::pair(Fate::refused, "allow"), std::pair(Fate::blocked, "forbid"),
                                 std::pair(Fate::blocked, "forbid")));
  EXPECT_THAT(upstream_.bodies(), IsEmpty());
}

TEST_F(AnswersTest, AStricterConfigurationHoldsForWhatHasNotLeftYet) {
  const std::string labels = "detectors: {{found: {{email: [mail]}}}}\nlabels: {{mail: {{{}}}}}\n";
  configure("  r: {targets: openai/slow_fail, fallbacks: [eu/ok]}\n",
            fmt::format(fmt::runtime(labels), "regions: [us, eu]"));
  auto answer = send(R"({"model":"r","messages":[{"role":"user","content":"bob@example.com"}]})", keyless());
  while (upstream_.bodies().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  configure("  r: {targets: openai/slow_fail, fallbacks: [eu/ok]}\n",
            fmt::format(fmt::runtime(labels), "regions: [us]"));
  upstream_.let_fail();
  ASSERT_TRUE(answer->wait());
  ASSERT_TRUE(answer->error);
  EXPECT_THAT(answer->error->error.message, HasSubstr("forbids eu/ok"));
  EXPECT_THAT(upstream_.bodies(), SizeIs(1));
}

TEST_F(AnswersTest, MoreThanThereIsRoomForIsRefused) {
  gateway_ = std::make_unique<Gateway>(threads_, pool_, *accounts_, recorder_.get(), nullptr,
                                       GatewaySettings{.max_exchanges = 1});
  configure("  r: {targets: openai/wait}\n");
  const std::string body = R"({"model":"r","messages":[{"role":"user","content":"hi"}],"stream":true})";
  const auto first = send(body, keyless());
  const auto running = handle_;
  const auto second = send(body, keyless());
  ASSERT_TRUE(second->wait());
  ASSERT_TRUE(second->error);
  EXPECT_EQ(second->error->error.code, ErrorCode::overloaded);
  EXPECT_GT(second->error->retry_after_s, 0);
  running->cancel();
  handle_.reset();
}

TEST_F(AnswersTest, LongRequestsTakeTheSamePath) {
  configure("  r: {targets: openai/echo}\n",
            "detectors: {found: {email: [mail]}}\nlabels: {mail: {redact: true}}\n");
  const std::string text = std::string(100'000, 'x') + " bob@example.com";
  const auto answer = ask("r", text);
  EXPECT_THAT(answer->body, HasSubstr("bob@example.com"));
  ASSERT_THAT(upstream_.bodies(), SizeIs(1));
  EXPECT_THAT(upstream_.bodies()[0], Not(HasSubstr("bob@")));
}

}  // namespace
}  // namespace ferry
