#include "serve/gateway/trace_observer.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/observe/otlp_json.h"

namespace ferry {
namespace {

using testing::HasSubstr;

constexpr std::string_view kCaller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class TraceObserverTest : public testing::Test {
 protected:
  TraceObserverTest() {
    remote_.name = "openai";
    remote_.dialect = ProviderDialect::openai;
    remote_.url = parse_upstream_url("https://api.openai.com/v1").value();
    own_.name = "local";
    exchange_ = {.id = ExchangeId::make(1'760'000'000'000'000),
                 .route = "support",
                 .dialect = "openai_chat",
                 .operation = "chat",
                 .key_id = "key_1",
                 .team_id = "team_1",
                 .stream = true,
                 .began_us = 1'760'000'000'000'000};
  }

  ObservedAttempt attempt(uint32_t number = 1) const {
    return {.number = number,
            .target = &target_,
            .http_status = 200,
            .usage = {.prompt_tokens = 100,
                      .completion_tokens = 20,
                      .cached_tokens = 60,
                      .cache_creation_tokens = 5,
                      .reasoning_tokens = 7},
            .cost = 2'500'000,
            .began_us = exchange_.began_us + 100,
            .first_token_us = 250'000,
            .total_us = 1'000'000};
  }
  ObservedEnd end() const {
    return {.labels = &labels_,
            .verdict = "redact",
            .attempts = 1,
            .first_token_us = 250'200,
            .total_us = 1'000'200};
  }
  static std::map<std::string, std::string> attributes(const Span& span) {
    std::map<std::string, std::string> all;
    for (const SpanAttribute& attribute : span.attributes) {
      const std::string text = std::visit(
          [](const auto& value) {
            if constexpr (std::is_same_v<decltype(value), const std::vector<std::string>&>) {
              return fmt::format("{}", fmt::join(value, ","));
            } else {
              return fmt::format("{}", value);
            }
          },
          attribute.value);
      EXPECT_TRUE(all.emplace(attribute.name, text).second) << attribute.name;
    }
    return all;
  }

  ProviderConfig remote_;
  ProviderConfig own_;
  TargetConfig target_{.name = "openai/small", .provider = &remote_, .model = "small"};
  TargetConfig local_{.name = "local/pilot", .provider = &own_, .model = "pilot"};
  std::vector<std::string> labels_{"personal", "support"};
  ObservedExchange exchange_;
  std::vector<Span> spans_;
  TraceObserver observer_{[this](Span span) { spans_.push_back(std::move(span)); }, 1};
};

TEST_F(TraceObserverTest, AnExchangeIsATraceOfItsOwn) {
  observer_.began(exchange_);
  observer_.attempt_ended(exchange_, attempt());
  observer_.ended(exchange_, end());
  ASSERT_EQ(spans_.size(), 2U);
  const Span& sending = spans_[0];
  const Span& request = spans_[1];
  std::string id = exchange_.id.to_string();
  std::erase(id, '-');
  EXPECT_EQ(to_string(request.trace), id) << "the record has it under the same id";
  EXPECT_EQ(request.parent, 0U);
  EXPECT_FALSE(request.parent_is_remote);
  EXPECT_EQ(request.kind, SpanKind::server);
  EXPECT_EQ(request.name, "chat support");
  EXPECT_EQ(request.begin_us, exchange_.began_us);
  EXPECT_EQ(request.end_us, exchange_.began_us + 1'000'200);
  EXPECT_FALSE(request.failed);
  EXPECT_EQ(sending.trace, request.trace);
  EXPECT_EQ(sending.parent, request.id);
  EXPECT_NE(sending.id, request.id);
  EXPECT_EQ(sending.kind, SpanKind::client);
  EXPECT_EQ(sending.name, "chat small");
  EXPECT_EQ(sending.begin_us, exchange_.began_us + 100);
  EXPECT_EQ(sending.end_us, exchange_.began_us + 1'000'100);
  EXPECT_EQ(attributes(request), (std::map<std::string, std::string>{
                                     {"gen_ai.operation.name", "chat"},
                                     {"gen_ai.request.model", "support"},
                                     {"gen_ai.request.stream", "true"},
                                     {"gen_ai.response.time_to_first_chunk", "0.2502"},
                                     {"http.response.status_code", "200"},
                                     {"ferry.exchange", exchange_.id.to_string()},
                                     {"ferry.route", "support"},
                                     {"ferry.dialect", "openai_chat"},
                                     {"ferry.key", "key_1"},
                                     {"ferry.team", "team_1"},
                                     {"ferry.fate", "ok"},
                                     {"ferry.verdict", "redact"},
                                     {"ferry.labels", "personal,support"},
                                     {"ferry.attempts", "1"},
                                 }));
  EXPECT_EQ(attributes(sending), (std::map<std::string, std::string>{
                                     {"gen_ai.operation.name", "chat"},
                                     {"gen_ai.provider.name", "openai"},
                                     {"gen_ai.system", "openai"},
                                     {"gen_ai.request.model", "small"},
                                     {"gen_ai.request.stream", "true"},
                                     {"gen_ai.usage.input_tokens", "100"},
                                     {"gen_ai.usage.output_tokens", "20"},
                                     {"gen_ai.usage.cache_read.input_tokens", "60"},
                                     {"gen_ai.usage.cache_creation.input_tokens", "5"},
                                     {"gen_ai.usage.reasoning.output_tokens", "7"},
                                     {"gen_ai.response.time_to_first_chunk", "0.25"},
                                     {"http.response.status_code", "200"},
                                     {"server.address", "api.openai.com"},
                                     {"server.port", "443"},
                                     {"ferry.target", "openai/small"},
                                     {"ferry.route", "support"},
                                     {"ferry.fate", "ok"},
                                     {"ferry.role", "answer"},
                                     {"ferry.attempt", "1"},
                                     {"ferry.cost", "0.0025"},
                                 }));
}

TEST_F(TraceObserverTest, TheCallersTraceGoesOn) {
  exchange_.traceparent = kCaller;
  const std::string header = observer_.traceparent(exchange_, 1);
  observer_.attempt_ended(exchange_, attempt());
  observer_.ended(exchange_, end());
  EXPECT_EQ(to_string(spans_[1].trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(spans_[1].parent, 0xb7ad6b7169203331);
  EXPECT_TRUE(spans_[1].parent_is_remote);
  EXPECT_EQ(header, traceparent_text({.trace = spans_[0].trace, .span = spans_[0].id, .sampled = true}))
      << "the target's spans are the attempt's children";
  EXPECT_FALSE(spans_[0].parent_is_remote);
}

TEST_F(TraceObserverTest, WhatTheCallerDoesNotRecordIsNotRecorded) {
  exchange_.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  observer_.attempt_ended(exchange_, attempt());
  observer_.ended(exchange_, end());
  EXPECT_TRUE(spans_.empty());
  EXPECT_TRUE(observer_.traceparent(exchange_, 1).ends_with("-00"));
  EXPECT_TRUE(observer_.traceparent(exchange_, 1).starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
}

TEST_F(TraceObserverTest, AMalformedHeaderBeginsATrace) {
  exchange_.traceparent = "00-what-01";
  observer_.ended(exchange_, end());
  EXPECT_EQ(spans_.at(0).parent, 0U);
  EXPECT_EQ(spans_.at(0).trace, (TraceId{exchange_.id.high, exchange_.id.low}));
}

TEST_F(TraceObserverTest, TheRatioChoosesWholeTraces) {
  TraceObserver some([this](Span span) { spans_.push_back(std::move(span)); }, 0.25);
  std::set<uint64_t> ids;
  constexpr int kExchanges = 4000;
  for (int i = 0; i < kExchanges; ++i) {
    exchange_.id = ExchangeId::make(1'760'000'000'000'000 + i);
    const bool sampled = some.traceparent(exchange_, 1).ends_with("-01");
    const size_t before = spans_.size();
    some.attempt_ended(exchange_, attempt(1));
    some.attempt_ended(exchange_, attempt(2));
    some.ended(exchange_, end());
    EXPECT_EQ(spans_.size(), before + (sampled ? 3 : 0));
  }
  EXPECT_NEAR(static_cast<double>(spans_.size()) / 3, kExchanges / 4, 150);
  for (const Span& span : spans_) ids.insert(span.id);
  EXPECT_EQ(ids.size(), spans_.size()) << "no two spans have the same id";

  TraceObserver none([](const Span&) { FAIL(); }, 0);
  none.ended(exchange_, end());
}

TEST_F(TraceObserverTest, FailuresAreTheServersNotTheClients) {
  const std::pair<Fate, bool> fates[] = {
      {Fate::ok, false},      {Fate::failed, true},   {Fate::cut, true},    {Fate::cancelled, false},
      {Fate::refused, false}, {Fate::blocked, false}, {Fate::cached, false}};
  for (const auto& [fate, failed] : fates) {
    ObservedAttempt sending = attempt();
    sending.fate = fate;
    sending.error_kind = "upstream_timeout";
    sending.http_status = 0;
    sending.first_token_us = -1;
    ObservedEnd over = end();
    over.fate = fate;
    over.cache = CacheUse::miss;
    observer_.attempt_ended(exchange_, sending);
    observer_.ended(exchange_, over);
    for (const Span& span : {spans_.end()[-2], spans_.end()[-1]}) {
      EXPECT_EQ(span.failed, failed) << to_string(fate);
      EXPECT_EQ(attributes(span).at("ferry.fate"), to_string(fate));
    }
    const auto described = attributes(spans_.end()[-2]);
    EXPECT_EQ(described.at("error.type"), "upstream_timeout");
    EXPECT_FALSE(described.contains("http.response.status_code"));
    EXPECT_FALSE(described.contains("gen_ai.response.time_to_first_chunk"));
    EXPECT_EQ(attributes(spans_.end()[-1]).at("ferry.cache"), "miss");
  }
}

TEST_F(TraceObserverTest, AServerErrorIsAFailureWhateverItsFate) {
  ObservedEnd over = end();
  over.fate = Fate::refused;
  over.status = 429;
  observer_.ended(exchange_, over);
  over.status = 503;
  observer_.ended(exchange_, over);
  EXPECT_FALSE(spans_.at(0).failed);
  EXPECT_TRUE(spans_.at(1).failed);
}

TEST_F(TraceObserverTest, OurEngineHasNoAddress) {
  ObservedAttempt sending = attempt();
  sending.target = &local_;
  sending.role = AttemptRole::shadow;
  observer_.attempt_ended(exchange_, sending);
  const auto described = attributes(spans_.at(0));
  EXPECT_EQ(described.at("gen_ai.provider.name"), "ferry");
  EXPECT_EQ(described.at("ferry.role"), "shadow");
  EXPECT_FALSE(described.contains("server.address"));
}

TEST_F(TraceObserverTest, AClientsLabelsAreCut) {
  labels_.assign(1000, std::string(1000, 'x'));
  observer_.ended(exchange_, end());
  const auto& last = spans_.at(0).attributes;
  size_t bytes = 0;
  for (const SpanAttribute& attribute : last) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&attribute.value)) {
      EXPECT_EQ(list->size(), 32U);
      for (const std::string& label : *list) bytes += label.size();
    }
  }
  EXPECT_EQ(bytes, 32U * 64);
  // Bytes that are no UTF-8 any more are written as JSON all the same.
  labels_ = {std::string(63, 'x') + "é"};
  observer_.ended(exchange_, end());
  EXPECT_THAT(otlp_traces_json("ferry", {&spans_.back(), 1}), HasSubstr("ferry.labels"));
}

}  // namespace
}  // namespace ferry
