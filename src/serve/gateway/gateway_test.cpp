// The path of a request, with real sockets, a real journal and a real database.

#include "serve/gateway/gateway.h"

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

TEST_F(GatewayTest, OneDialectOnBothSidesPassesBytesThrough) {
  configure("  chat: {targets: openai/ok}");
  const std::string body =
      R"({ "model":"chat","messages":[{"role":"user","content":"hi"}],  "max_tokens": 5, "from_next_month": {"a":1.50} })";
  const auto answer = send(body, keyless());
  ASSERT_TRUE(answer->wait());
  EXPECT_FALSE(answer->error) << answer->error->error.message;
  std::string sent = body;
  sent.replace(sent.find("\"chat\""), 6, "\"ok\"");
  EXPECT_THAT(upstream_.bodies(), ElementsAre(sent));
  EXPECT_THAT(answer->body, HasSubstr(R"("model":"chat","vendor_field":7)"));
  EXPECT_THAT(answer->body, HasSubstr(R"("content":"Hello there")"));
  EXPECT_EQ(answer->header("x-ferry-target"), "openai/ok");
}

TEST_F(GatewayTest, StreamsPassThroughAndUsageThatNobodyAskedForIsWithheld) {
  configure("  chat: {targets: openai/ok}");
  const auto answer = ask("chat", "hi", true);
  EXPECT_FALSE(answer->error);
  EXPECT_THAT(upstream_.bodies().front(), HasSubstr("include_usage"));
  EXPECT_THAT(answer->body, HasSubstr(R"("model":"chat","vendor_field":7)"));
  EXPECT_THAT(answer->body, Not(HasSubstr("prompt_tokens")));
  EXPECT_THAT(answer->body, testing::EndsWith("data: [DONE]\n\n"));
  const auto all = attempts();
  ASSERT_THAT(all, SizeIs(1));
  ASSERT_TRUE(all[0].outcome);
  EXPECT_EQ(all[0].outcome->fate, Fate::ok);
  EXPECT_EQ(all[0].outcome->usage.prompt_tokens, 10);
  EXPECT_EQ(all[0].outcome->usage.completion_tokens, 2);
  EXPECT_EQ(all[0].outcome->usage_source, UsageSource::measured);
  EXPECT_EQ(all[0].outcome->cost, 12 * 1'000'000) << "a thousand for a million tokens";
}

TEST_F(GatewayTest, AFailureBeforeTheFirstByteGoesToTheNextTarget) {
  configure("  chat: {targets: openai/fail, fallbacks: [openai/busy, eu/ok]}");
  const auto answer = ask("chat");
  EXPECT_FALSE(answer->error);
  EXPECT_THAT(answer->body, HasSubstr("Hello there"));
  EXPECT_EQ(answer->header("x-ferry-target"), "eu/ok");
  const auto all = attempts();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].intent.target, "openai/fail");
  EXPECT_EQ(all[0].outcome->fate, Fate::failed);
  EXPECT_EQ(all[0].outcome->http_status, 500);
  EXPECT_EQ(all[0].outcome->cost, 0);
  EXPECT_EQ(all[1].intent.target, "openai/busy");
  EXPECT_EQ(all[1].outcome->error_kind, "upstream_rate_limited");
  EXPECT_EQ(all[2].outcome->fate, Fate::ok);
  EXPECT_EQ(all[2].intent.exchange, all[0].intent.exchange);
  EXPECT_EQ(all[2].outcome->cost, 12 * 2'000'000);
}

TEST_F(GatewayTest, AKeyThatIsRefusedRestsWhileThereAreOthers) {
  ::setenv("FERRY_TEST_KEY_A", "worn-out", 1);
  ::setenv("FERRY_TEST_KEY_B", "good", 1);
  const std::string yaml = fmt::format(R"(providers:
  two: {{dialect: openai, url: {0}/v1, allow_private: true, keys: [env:FERRY_TEST_KEY_A, env:FERRY_TEST_KEY_B]}}
  one: {{dialect: openai, url: {0}/v1, allow_private: true, keys: env:FERRY_TEST_KEY_A}}
routes:
  chat: {{targets: two/ok}}
  bad: {{targets: one/ok}}
)",
                                       upstream_.url());
  ASSERT_TRUE(gateway_->use(read_gateway_config(yaml).config));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(ask("chat")->error);
  EXPECT_THAT(upstream_.keys(),
              ElementsAre("Bearer worn-out", "Bearer good", "Bearer good", "Bearer good", "Bearer good"));
  const auto answer = ask("bad");
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->error.code, ErrorCode::unavailable) << "the application's own key is good";
  EXPECT_EQ(attempts().back().outcome->error_kind, "upstream_authentication");
}

TEST_F(GatewayTest, TheCallersFaultIsTriedNowhereElse) {
  configure("  chat: {targets: openai/wrong, fallbacks: [openai/ok]}");
  const auto answer = ask("chat");
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(answer->error->error.message, HasSubstr("no such thing"));
  EXPECT_THAT(upstream_.bodies(), SizeIs(1));
}

TEST_F(GatewayTest, TheBreakerLearnsFromTheTargetsFaultsOnly) {
  configure("  bad: {targets: openai/fail, retries: 0}\n  wrong: {targets: openai/wrong, retries: 0}");
  for (int i = 0; i < 5; ++i) ask("bad");
  for (int i = 0; i < 20; ++i) ask("wrong");
  EXPECT_EQ(gateway_->health()["openai/fail"], TargetHealth::State::open);
  EXPECT_EQ(gateway_->health()["openai/wrong"], TargetHealth::State::closed);
  const size_t asked = upstream_.bodies().size();
  const auto answer = ask("bad");
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->error.code, ErrorCode::unavailable);
  EXPECT_GT(answer->error->retry_after_s, 0);
  EXPECT_EQ(upstream_.bodies().size(), asked) << "nobody was asked";
}

TEST_F(GatewayTest, AStreamThatDiesEndsInAnHonestError) {
  for (const std::string model : {"cut", "error"}) {
    configure(fmt::format("  chat: {{targets: openai/{}, fallbacks: [openai/ok]}}", model));
    const auto answer = ask("chat", "hi", true);
    ASSERT_TRUE(answer->error) << model;
    EXPECT_THAT(answer->body, HasSubstr("\"error\":"));
    EXPECT_THAT(answer->body, Not(HasSubstr("[DONE]")));
    const Attempt last = attempts().back();
    EXPECT_EQ(last.outcome->fate, Fate::cut);
    EXPECT_EQ(last.outcome->usage_source, UsageSource::estimated);
    EXPECT_EQ(last.intent.target, "openai/" + model) << "what has begun is not begun again";
  }
}

TEST_F(GatewayTest, AClientThatLeavesEndsItsAttemptAndPaysForWhatCame) {
  configure("  chat: {targets: openai/wait}");
  const auto answer = send(
      R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}], "stream": true, "max_tokens": 50})",
      keyless());
  ASSERT_TRUE(answer->wait_begun());
  handle_->cancel();
  while (upstream_.left == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto all = attempts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outcome->fate, Fate::cancelled);
  EXPECT_GT(all[0].outcome->cost, 0);
  EXPECT_LT(all[0].outcome->cost, all[0].intent.reserved);
  EXPECT_EQ(reserved(), 0);
  EXPECT_EQ(gateway_->health()["openai/wait"], TargetHealth::State::closed);
}

TEST_F(GatewayTest, BudgetsAreReservedAndSettled) {
  configure("  chat: {targets: openai/ok}");
  const auto who = with_key({.name = "app", .budgets = {.day = 10 * kCent}});
  const std::string body =
      R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2})";
  int answered = 0;
  std::shared_ptr<TestAnswer> answer;
  for (; answered < 100; ++answered) {
    answer = send(body, who);
    ASSERT_TRUE(answer->wait());
    if (answer->error) break;
  }
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->reason, "insufficient_quota");
  EXPECT_GT(answered, 0);
  EXPECT_EQ(reserved(), 0);
  int64_t spent = 0;
  for (const Attempt& attempt : attempts()) spent += attempt.outcome->cost;
  EXPECT_EQ(spent, answered * 12 * 1'000'000);
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const BudgetBalance& balance : accounts_->balances(now)) {
    if (balance.level == AccountLevel::key && balance.period == BudgetPeriod::day) {
      EXPECT_EQ(balance.spent, spent);
    }
  }
}

TEST_F(GatewayTest, LimitsAreKept) {
  configure("  chat: {targets: openai/ok}");
  const auto who = with_key({.name = "app", .limits = {.requests_per_minute = 2}});
  const std::string body = R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}]})";
  for (int i = 0; i < 3; ++i) {
    const auto answer = send(body, who);
    ASSERT_TRUE(answer->wait());
    EXPECT_EQ(answer->error.has_value(), i == 2);
    if (i < 2) {
      EXPECT_EQ(answer->header("x-ratelimit-limit-requests"), "2");
    } else {
      EXPECT_GT(answer->error->retry_after_s, 0);
    }
  }
  EXPECT_THAT(upstream_.bodies(), SizeIs(2));
}

TEST_F(GatewayTest, KeysSeeTheirRoutesOnly) {
  configure("  chat: {targets: openai/ok}\n  secret: {targets: openai/ok}");
  const auto who = with_key({.name = "app", .routes = {"chat"}});
  const auto answer = send(R"({"model": "secret", "messages": [{"role": "user", "content": "hi"}]})", who);
  ASSERT_TRUE(answer->wait());
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->reason, "model_not_found");
  EXPECT_THAT(answer->error->error.message, Not(HasSubstr(", secret")));
  EXPECT_THAT(upstream_.bodies(), IsEmpty());
}

constexpr std::string_view kLabels = R"(labels:
  phi: {stay_local: true}
  eu_only: {regions: [eu]}
  pii: {redact: true}
detectors:
  found: {iban: phi, email: pii}
)";

TEST_F(GatewayTest, WhatMustStayDoesNotLeaveByAnyWay) {
  configure("  chat: {targets: openai/ok, fallbacks: [eu/ok]}", kLabels);
  const auto answer = ask("chat", "pay to DE89 3704 0044 0532 0130 00");
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->reason, "blocked");
  EXPECT_THAT(upstream_.bodies(), IsEmpty());
  const auto all = attempts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outcome->fate, Fate::blocked);
  EXPECT_THAT(all[0].intent.labels, ElementsAre("phi"));
}

TEST_F(GatewayTest, ARegionalLabelGoesWhereItMay) {
  configure("  chat: {targets: openai/fail, fallbacks: [openai/ok, eu/ok]}", kLabels);
  const auto answer = send(R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}]})", keyless(),
                           kOpenAiChat, {{"x-ferry-labels", "eu_only"}});
  ASSERT_TRUE(answer->wait());
  EXPECT_FALSE(answer->error);
  EXPECT_EQ(answer->header("x-ferry-target"), "eu/ok");
  EXPECT_THAT(upstream_.bodies(), SizeIs(1));
}

TEST_F(GatewayTest, WhatLeavesRedactedComesBackWhole) {
  configure("  chat: {targets: openai/echo}", kLabels);
  for (const bool stream : {false, true}) {
    const auto answer = ask("chat", "write to ann.lee@example.org today", stream);
    EXPECT_FALSE(answer->error);
    EXPECT_THAT(upstream_.bodies().back(), Not(HasSubstr("ann.lee@example.org")));
    std::string text = answer->body;
    if (stream) {
      text.clear();
      for (size_t at = 0; (at = answer->body.find("\"content\":\"", at)) != std::string::npos;) {
        at += 11;
        text += answer->body.substr(at, answer->body.find('"', at) - at);
      }
    }
    EXPECT_THAT(text, HasSubstr("ann.lee@example.org"));
  }
}

TEST_F(GatewayTest, AnAnthropicClientIsAnsweredByAnOpenAiTarget) {
  configure("  claude: {targets: openai/ok}");
  for (const bool stream : {false, true}) {
    const auto answer = send(
        fmt::format(
            R"({{"model": "claude", "max_tokens": 9, "messages": [{{"role": "user", "content": "hi"}}], "stream": {}}})",
            stream),
        keyless(), kAnthropicMessages);
    ASSERT_TRUE(answer->wait());
    EXPECT_FALSE(answer->error) << answer->error->error.message;
    EXPECT_THAT(answer->body, HasSubstr(stream ? "event: message_stop" : R"("type":"message")"));
    EXPECT_THAT(answer->body, HasSubstr("Hello"));
    EXPECT_THAT(answer->body, HasSubstr(R"("model":"claude")"));
  }
}

TEST_F(GatewayTest, ATargetThatIsTooSlowJustNowComesLast) {
  configure("  r: {targets: openai/ok, fallbacks: [eu/ok], max_latency: 2s}\n");
  EXPECT_EQ(find_header(ask("r")->headers, "x-ferry-target"), "openai/ok");
  gateway_->latency_of("openai/ok")->note(std::chrono::minutes(2), health_now());
  EXPECT_EQ(find_header(ask("r")->headers, "x-ferry-target"), "eu/ok");
}

TEST(TargetLatency, FollowsTheLastAnswersAndIsForgotten) {
  TargetLatency latency;
  EXPECT_FALSE(latency.typical(0));
  latency.note(Duration(800), 1'000);
  EXPECT_EQ(latency.typical(1'000), Duration(800));
  latency.note(Duration(0), 2'000);
  EXPECT_EQ(latency.typical(2'000), Duration(700));
  EXPECT_EQ(latency.typical(61'999), Duration(700));
  EXPECT_FALSE(latency.typical(62'000));
}

TEST_F(GatewayTest, EmbeddingsTakeTheSamePath) {
  configure("  r: {targets: openai/ok, fallbacks: [eu/ok], cache: {ttl: 1h}}\n",
            "detectors: {found: {email: [mail]}}\nlabels: {mail: {redact: true}}\n");
  const auto plain = send(R"({"model":"r","input":["one","two"]})", keyless(), kOpenAiEmbeddings);
  ASSERT_TRUE(plain->wait());
  EXPECT_THAT(plain->body,
              AllOf(HasSubstr("[0.5,1]"), HasSubstr("vendor_field"), HasSubstr(R"("model":"r")")));
  const auto again = send(R"({"model":"r","input":["one","two"]})", keyless(), kOpenAiEmbeddings);
  ASSERT_TRUE(again->wait());
  EXPECT_EQ(find_header(again->headers, "x-ferry-cache"), "hit");
  EXPECT_EQ(parse_json(again->body, "answer").value().at("data").at(1).at("embedding").at(1).to_number<int>(),
            1);

  const auto redacted = send(R"({"model":"r","input":"bob@example.com"})", keyless(), kOpenAiEmbeddings);
  ASSERT_TRUE(redacted->wait());
  EXPECT_THAT(redacted->body, HasSubstr("0.5"));
  ASSERT_THAT(upstream_.bodies(), SizeIs(2));
  EXPECT_THAT(upstream_.bodies()[1], AllOf(HasSubstr("[EMAIL_1]"), Not(HasSubstr("bob@"))));
  EXPECT_EQ(attempts()[0].outcome->cost, 6'000'000);  // 6 tokens at 1000 for a million
  EXPECT_EQ(attempts()[0].outcome->usage.completion_tokens, 0);
}

TEST_F(GatewayTest, AnUnknownRouteNamesTheOthers) {
  configure("  chat: {targets: openai/ok}");
  const auto answer = ask("chta");
  ASSERT_TRUE(answer->error);
  EXPECT_EQ(answer->error->error.code, ErrorCode::not_found);
  EXPECT_THAT(answer->error->error.message, HasSubstr("chat"));
}

TEST_F(GatewayTest, AServerThatStopsSaysSo) {
  configure("  chat: {targets: openai/wait}");
  const auto answer = send(
      R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}], "stream": true})", keyless());
  ASSERT_TRUE(answer->wait_begun());
  handle_->end({{ErrorCode::unavailable, "the server is shutting down"}, {}, "shutting_down"});
  ASSERT_TRUE(answer->wait());
  ASSERT_TRUE(answer->error);
  EXPECT_THAT(answer->body, HasSubstr("shutting down"));
}

}  // namespace
}  // namespace ferry
