#include "serve/gateway/gateway_metrics.h"

#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/db/scratch_folder.h"

namespace ferry {
namespace {

// The page's samples by their names and labels, as they are written.
std::map<std::string, double> samples_of(MetricsText& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text.take());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const size_t space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line;
  }
  return samples;
}

std::map<std::string, double> samples_of(const GatewayMetrics& metrics) {
  MetricsText text;
  metrics.write(text);
  return samples_of(text);
}

struct Fixture {
  ProviderConfig provider = [] {
    ProviderConfig config;
    config.name = "openai";
    return config;
  }();
  TargetConfig target{.name = "openai/small", .provider = &provider, .model = "small"};
  std::vector<std::string> labels;
  ObservedExchange exchange{.route = "support",
                            .dialect = "openai_chat",
                            .operation = "chat",
                            .key_id = "key_1",
                            .team_id = "team_1"};

  ObservedAttempt attempt() const {
    return {.target = &target,
            .http_status = 200,
            .usage = {.prompt_tokens = 100,
                      .completion_tokens = 20,
                      .cached_tokens = 60,
                      .cache_creation_tokens = 5,
                      .reasoning_tokens = 7},
            .cost = 2'500'000,
            .first_token_us = 3'000,
            .total_us = 40'000};
  }
  ObservedEnd end() const {
    return {
        .labels = &labels, .verdict = "allow", .attempts = 1, .first_token_us = 3'100, .total_us = 40'200};
  }
};

TEST(GatewayMetrics, AnExchangeCountsByRouteTargetAndKey) {
  Fixture f;
  GatewayMetrics metrics;
  metrics.began(f.exchange);
  EXPECT_EQ(samples_of(metrics).at(R"(ferry_gateway_requests_in_flight{route="support"})"), 1);
  metrics.attempt_ended(f.exchange, f.attempt());
  metrics.ended(f.exchange, f.end());
  const auto samples = samples_of(metrics);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_in_flight{route="support"})"), 0);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_total{route="support",fate="ok",status="200"})"), 1);
  EXPECT_EQ(
      samples.at(
          R"(ferry_gateway_attempts_total{target="openai/small",role="answer",fate="ok",error="none"})"),
      1);
  const std::pair<const char*, double> usage[] = {
      {"prompt_tokens_total", 100},       {"completion_tokens_total", 20}, {"cached_tokens_total", 60},
      {"cache_creation_tokens_total", 5}, {"reasoning_tokens_total", 7},   {"cost_total", 0.0025}};
  for (const auto& [name, value] : usage) {
    EXPECT_EQ(samples.at(fmt::format(
                  R"(ferry_gateway_{}{{route="support",target="openai/small",role="answer"}})", name)),
              value);
    EXPECT_EQ(samples.at(fmt::format(R"(ferry_gateway_key_{}{{key="key_1",team="team_1"}})", name)), value);
  }
  EXPECT_EQ(samples.at(R"(ferry_gateway_key_requests_total{key="key_1",team="team_1"})"), 1);
  for (const char* name :
       {"ferry_gateway_request_duration_seconds", "ferry_gateway_target_duration_seconds"}) {
    const bool by_route = std::string_view(name).find("target") == std::string_view::npos;
    const std::string label = by_route ? R"(route="support")" : R"(target="openai/small")";
    EXPECT_EQ(samples.at(fmt::format(R"({}_bucket{{{},le="0.02"}})", name, label)), 0);
    EXPECT_EQ(samples.at(fmt::format(R"({}_bucket{{{},le="0.05"}})", name, label)), 1);
  }
  EXPECT_EQ(samples.at(R"(ferry_gateway_time_to_first_token_seconds_bucket{route="support",le="0.002"})"), 0);
  EXPECT_EQ(samples.at(R"(ferry_gateway_time_to_first_token_seconds_bucket{route="support",le="0.005"})"), 1);
  EXPECT_DOUBLE_EQ(
      samples.at(R"(ferry_gateway_target_time_to_first_token_seconds_sum{target="openai/small"})"), 0.003);
}

TEST(GatewayMetrics, RetriesAndErrorsSayWhereAndWhy) {
  Fixture f;
  GatewayMetrics metrics;
  metrics.began(f.exchange);
  ObservedAttempt failed = f.attempt();
  failed.fate = Fate::failed;
  failed.error_kind = "upstream_timeout";
  failed.first_token_us = -1;
  metrics.attempt_ended(f.exchange, failed);
  ObservedAttempt second = f.attempt();
  second.number = 2;
  metrics.attempt_ended(f.exchange, second);
  ObservedAttempt shadow = f.attempt();
  shadow.number = 3;
  shadow.role = AttemptRole::shadow;
  metrics.attempt_ended(f.exchange, shadow);
  const auto samples = samples_of(metrics);
  const auto attempts = [&](std::string_view labels) {
    return samples.at(fmt::format(R"(ferry_gateway_attempts_total{{target="openai/small",{}}})", labels));
  };
  EXPECT_EQ(attempts(R"(role="answer",fate="failed",error="upstream_timeout")"), 1);
  EXPECT_EQ(attempts(R"(role="answer",fate="ok",error="none")"), 1);
  EXPECT_EQ(attempts(R"(role="shadow",fate="ok",error="none")"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_retries_total{route="support",target="openai/small",fate="ok"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_target_duration_seconds_count{target="openai/small"})"), 2)
      << "what failed says nothing about how long answers take";
  EXPECT_EQ(samples.at(R"(ferry_gateway_cost_total{route="support",target="openai/small",role="shadow"})"),
            0.0025);
}

TEST(GatewayMetrics, RefusalsCountWithoutATarget) {
  Fixture f;
  GatewayMetrics metrics;
  ObservedExchange lost = f.exchange;
  lost.route = {};
  lost.key_id = {};
  lost.team_id = {};
  ObservedEnd unknown = f.end();
  unknown.fate = Fate::refused;
  unknown.status = 404;
  unknown.error_kind = "model_not_found";
  unknown.first_token_us = -1;
  metrics.began(lost);
  metrics.ended(lost, unknown);
  for (const char* error : {"rate_limit_exceeded", "insufficient_quota", "invalid_type"}) {
    ObservedEnd refused = unknown;
    refused.status = 429;
    refused.error_kind = error;
    metrics.began(f.exchange);
    metrics.ended(f.exchange, refused);
  }
  f.labels = {"phi", "secret"};
  ObservedEnd blocked = f.end();
  blocked.fate = Fate::blocked;
  blocked.status = 400;
  blocked.error_kind = "blocked";
  metrics.began(f.exchange);
  metrics.ended(f.exchange, blocked);
  metrics.began(f.exchange);
  metrics.ended(f.exchange, f.end());  // has labels, and was not blocked
  const auto samples = samples_of(metrics);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_total{route="none",fate="refused",status="404"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_errors_total{route="none",error="model_not_found"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_key_requests_total{key="none",team=""})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_total{route="support",fate="refused",status="429"})"), 3);
  EXPECT_EQ(
      samples.at(R"(ferry_gateway_limited_total{key="key_1",team="team_1",error="rate_limit_exceeded"})"), 1);
  EXPECT_EQ(
      samples.at(R"(ferry_gateway_limited_total{key="key_1",team="team_1",error="insufficient_quota"})"), 1);
  EXPECT_FALSE(
      samples.contains(R"(ferry_gateway_limited_total{key="key_1",team="team_1",error="invalid_type"})"));
  EXPECT_EQ(samples.at(R"(ferry_gateway_blocked_total{label="phi"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_blocked_total{label="secret"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_request_duration_seconds_count{route="support"})"), 1);
}

TEST(GatewayMetrics, TheCacheHitsAndMisses) {
  Fixture f;
  GatewayMetrics metrics;
  for (const CacheUse use : {CacheUse::miss, CacheUse::hit, CacheUse::hit, CacheUse::none}) {
    ObservedEnd end = f.end();
    end.cache = use;
    if (use == CacheUse::hit) end.fate = Fate::cached;
    metrics.began(f.exchange);
    metrics.ended(f.exchange, end);
  }
  const auto samples = samples_of(metrics);
  EXPECT_EQ(samples.at(R"(ferry_gateway_cache_hits_total{route="support"})"), 2);
  EXPECT_EQ(samples.at(R"(ferry_gateway_cache_misses_total{route="support"})"), 1);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_total{route="support",fate="cached",status="200"})"), 2);
  EXPECT_EQ(samples.at(R"(ferry_gateway_request_duration_seconds_count{route="support"})"), 4);
}

TEST(GatewayMetrics, MadeUpKeysAreBounded) {
  Fixture f;
  GatewayMetrics metrics;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = fmt::format("key_{}", i);
    ObservedExchange exchange = f.exchange;
    exchange.key_id = key;
    metrics.began(exchange);
    metrics.ended(exchange, f.end());
  }
  const auto samples = samples_of(metrics);
  EXPECT_EQ(samples.at(R"(ferry_gateway_key_requests_total{key="other",team="other"})"), 4000);
  EXPECT_LT(samples.size(), 8000U);
}

TEST(GatewayMetrics, ThreadsCountTogether) {
  const Fixture f;
  GatewayMetrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        metrics.began(f.exchange);
        metrics.attempt_ended(f.exchange, f.attempt());
        metrics.ended(f.exchange, f.end());
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_GE(samples_of(metrics)[R"(ferry_gateway_requests_in_flight{route="support"})"], 0);
  }
  for (std::thread& thread : threads) thread.join();
  const auto samples = samples_of(metrics);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_total{route="support",fate="ok",status="200"})"), 2000);
  EXPECT_EQ(samples.at(R"(ferry_gateway_requests_in_flight{route="support"})"), 0);
  EXPECT_EQ(samples.at(R"(ferry_gateway_key_prompt_tokens_total{key="key_1",team="team_1"})"), 200'000);
}

TEST(GatewayMetrics, TheGatewaysStateIsShown) {
  ScratchFolder folder;
  NetThreads threads(1);
  HttpPool pool(threads, {});
  const auto accounts = Accounts::open(folder / "ferry.db").value();
  const auto recorder = Recorder::open(folder.path(), {}).value();
  Gateway gateway(threads, pool, *accounts, recorder.get(), nullptr);
  const auto broken = gateway.health_of("openai/broken");
  for (int i = 0; i < 5; ++i) {
    broken->report(*broken->admit(health_now()), TargetOutcome::timeout, health_now());
  }
  (void)gateway.health_of("openai/small");
  ASSERT_TRUE(recorder->intent({.exchange = ExchangeId::make(1), .target = "openai/small"}));
  MetricsText text;
  write_gateway_state(gateway, text);
  const auto samples = samples_of(text);
  EXPECT_EQ(samples.at(R"(ferry_gateway_breaker_state{target="openai/broken"})"), 2);
  EXPECT_EQ(samples.at(R"(ferry_gateway_breaker_state{target="openai/small"})"), 0);
  EXPECT_EQ(samples.at("ferry_gateway_record_intents_total"), 1);
  EXPECT_EQ(samples.at("ferry_gateway_record_lost_outcomes_total"), 0);
}

}  // namespace
}  // namespace ferry
