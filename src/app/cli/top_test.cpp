#include <atomic>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/command_line.h"
#include "app/cli/test_console.h"
#include "app/cli/top_reading.h"
#include "app/cli/top_text.h"
#include "app/cli/verbs.h"
#include "base/core/utf8.h"
#include "base/net/http_server.h"

namespace ferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

TopReading reading_of(std::string_view page, int seconds = 0) {
  return read_top(parse_metrics(page).value(), Clock::time_point(std::chrono::seconds(seconds)));
}

// A page of a gateway that has served `n` hundreds of requests in 1 to 2 s each.
std::string page(int n, std::string_view route = "support") {
  return fmt::format(R"(# TYPE ferry_gateway_requests_total counter
vllm:num_requests_running{{model_name="pilot"}} 7
ferry_gateway_requests_total{{route="{1}",fate="ok",status="200"}} {0}90
ferry_gateway_requests_total{{route="{1}",fate="failed",status="503"}} {0}0
ferry_gateway_requests_total{{route="{1}",fate="cancelled",status="0"}} {0}
ferry_gateway_requests_in_flight{{route="{1}"}} 3
ferry_gateway_attempts_total{{target="openai/small",role="answer",fate="ok",error="none"}} {0}90
ferry_gateway_attempts_total{{target="openai/small",role="answer",fate="cut",error="upstream_cut"}} {0}0
ferry_gateway_breaker_state{{target="openai/small"}} 2
ferry_gateway_breaker_state{{target="local/pilot"}} 0
ferry_gateway_prompt_tokens_total{{route="{1}",target="openai/small",role="answer"}} {0}000
ferry_gateway_completion_tokens_total{{route="{1}",target="openai/small",role="shadow"}} {0}00
ferry_gateway_cost_total{{route="{1}",target="openai/small",role="answer"}} {0}
ferry_gateway_key_requests_total{{key="key_a",team=""}} {0}00
ferry_gateway_key_cost_total{{key="key_a",team=""}} {0}
ferry_gateway_key_cost_total{{key="key_b",team="t"}} 5000
ferry_gateway_request_duration_seconds_bucket{{route="{1}",le="1"}} 0
ferry_gateway_request_duration_seconds_bucket{{route="{1}",le="2"}} {0}00
ferry_gateway_request_duration_seconds_bucket{{route="{1}",le="+Inf"}} {0}00
)",
                     n, route);
}

TEST(Top, TwoLooksBecomeRates) {
  const TopFrame frame = frame_between(reading_of(page(1), 5), reading_of(page(3), 15));
  EXPECT_EQ(frame.seconds, 10);
  ASSERT_EQ(frame.routes.size(), 1U);
  const TopRow& route = frame.routes[0];
  EXPECT_EQ(route.name, "support");
  EXPECT_DOUBLE_EQ(route.requests_per_s, 22.2);
  EXPECT_DOUBLE_EQ(route.errors_per_s, 2) << "a client that left is no error";
  EXPECT_DOUBLE_EQ(route.tokens_per_s, 220) << "prompts and answers, shadows' too";
  EXPECT_DOUBLE_EQ(route.cost_per_h, 720);
  EXPECT_EQ(route.in_flight, 3);
  ASSERT_TRUE(route.total);
  EXPECT_DOUBLE_EQ(route.total->p50, 1.5);
  EXPECT_DOUBLE_EQ(route.total->p99, 1.99);
  EXPECT_FALSE(route.first_token);
  ASSERT_EQ(frame.targets.size(), 2U);
  EXPECT_EQ(frame.targets[0].name, "openai/small") << "the busiest first";
  EXPECT_EQ(frame.targets[0].breaker, 2);
  EXPECT_DOUBLE_EQ(frame.targets[0].errors_per_s, 2);
  EXPECT_EQ(frame.targets[1].name, "local/pilot");
  ASSERT_EQ(frame.keys.size(), 2U);
  EXPECT_EQ(frame.keys[0].name, "key_a") << "what is spent now goes before what was spent once";
  EXPECT_EQ(frame.keys[1].cost, 5000);
}

TEST(Top, AServerThatWasStartedAgainCountsFromNothing) {
  const TopFrame frame = frame_between(reading_of(page(9), 0), reading_of(page(1), 10));
  EXPECT_DOUBLE_EQ(frame.routes[0].requests_per_s, 20.1);
  EXPECT_DOUBLE_EQ(frame.routes[0].total->p50, 1.5);
}

TEST(Top, WhatAppearsBetweenTwoLooksCounts) {
  const TopFrame frame =
      frame_between(reading_of(page(1, "a"), 0), reading_of(page(1, "a") + page(2, "b"), 1));
  ASSERT_EQ(frame.routes.size(), 2U);
  EXPECT_EQ(frame.routes[0].name, "b");
  EXPECT_DOUBLE_EQ(frame.routes[0].requests_per_s, 312);
}

TEST(Top, QuantilesAreThoseOfPrometheus) {
  const TopBuckets buckets{{0.1, 50}, {0.2, 50}, {0.5, 90}, {INFINITY, 100}};
  EXPECT_DOUBLE_EQ(*quantile_of(buckets, 0.25), 0.05);
  EXPECT_DOUBLE_EQ(*quantile_of(buckets, 0.5), 0.1);
  EXPECT_DOUBLE_EQ(*quantile_of(buckets, 0.7), 0.35);
  EXPECT_DOUBLE_EQ(*quantile_of(buckets, 0.99), 0.5) << "beyond the last bound";
  EXPECT_FALSE(quantile_of({}, 0.5));
  EXPECT_FALSE(quantile_of({{1, 0}, {INFINITY, 0}}, 0.5));
}

TEST(Top, OddPagesAreNoTrouble) {
  EXPECT_FALSE(reading_of("").has_gateway);
  EXPECT_FALSE(reading_of("up 1\n").has_gateway);
  const TopReading odd = reading_of(
      "ferry_gateway_requests_total NaN\nferry_gateway_requests_total{route=\"x\"} +Inf\n"
      "ferry_gateway_request_duration_seconds_bucket{route=\"x\",le=\"what\"} 5\n");
  const TopFrame frame = frame_between(odd, odd);
  ASSERT_EQ(frame.routes.size(), 1U);
  EXPECT_EQ(frame.routes[0].requests_per_s, 0);
}

TEST(Top, TimesAreShort) {
  const std::pair<double, const char*> times[] = {{0.0001, "0.1ms"}, {0.00994, "9.9ms"}, {0.00996, "10ms"},
                                                  {0.9994, "999ms"}, {0.9996, "1.00s"},  {9.994, "9.99s"},
                                                  {9.996, "10.0s"},  {99.96, "100s"},    {500, "500s"}};
  for (const auto& [seconds, text] : times) EXPECT_EQ(seconds_text(seconds), text);
}

size_t columns_of(std::string_view line) {
  size_t columns = 0;
  for (size_t at = 0; at < line.size(); ++columns) at += decode_utf8(line, at).bytes;
  return columns;
}

TEST(Top, TheTableFitsEightyColumns) {
  const auto lines =
      top_lines(frame_between(reading_of(page(1), 5), reading_of(page(3), 15)), "http://gateway:8080", {});
  EXPECT_THAT(
      lines,
      ElementsAre("ferry top  22.2 req/s  3 running  720.00/h  over 10 s  http://gateway:8080", "",
                  "ROUTE               RUN  REQ/S  ERR/S  TOK/S  FIRST    p99  TOTAL    p99  COST/H",
                  "support               3   22.2   2.00    220      -      -  1.50s  1.99s  720.00", "",
                  "TARGET            STATE  REQ/S  ERR/S  TOK/S  FIRST    p99  TOTAL    p99  COST/H",
                  "openai/small       OPEN   22.0   2.00    220      -      -      -      -  720.00",
                  "local/pilot          ok      0      0      0      -      -      -      -    0.00", "",
                  "KEY                                               REQ/S  TOK/S  COST/H     SPENT",
                  "key_a                                              20.0      0  720.00      3.00",
                  "key_b                                                 0      0    0.00   5000.00"));
}

TEST(Top, NoLineIsTooLongNorObeyedByATerminal) {
  TopFrame frame = frame_between(reading_of(page(1), 5), reading_of(page(3), 15));
  frame.routes[0].name = "\x1b[2J" + std::string(100, 'x') + "\xC2\x9B\xFF";
  frame.routes[0].requests_per_s = 1e12;
  frame.targets[0].name = "vendor/日本語の名前がとても長いモデル";
  for (const int columns : {1, 10, 40, 63, 80, 200}) {
    for (const std::string& line : top_lines(frame, "http://x", {.columns = columns})) {
      EXPECT_LE(columns_of(line), static_cast<size_t>(columns));
      EXPECT_THAT(line, Not(HasSubstr("\x1b")));
      EXPECT_TRUE(is_valid_utf8(line));
    }
  }
  EXPECT_EQ(plain_text("a\nb\xC2\x85"
                       "c",
                       10),
            "a?b?c");
}

TEST(Top, WhatDoesNotFitTheScreenIsCounted) {
  TopFrame frame;
  for (int i = 0; i < 50; ++i) frame.routes.push_back({.name = fmt::format("route-{}", i)});
  frame.targets = frame.routes;
  const auto lines = top_lines(frame, "http://x", {.columns = 80, .lines = 24});
  EXPECT_LE(lines.size(), 24U);
  EXPECT_THAT(lines, testing::Contains("and 42 more"));
  EXPECT_EQ(top_lines(frame, "http://x", {.columns = 80, .lines = 3}).size(), 3U);
  EXPECT_EQ(top_lines(frame, "http://x", {}).size(), 105U);
}

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome run(const std::vector<std::string>& words) {
  TestConsole test;
  const int code = run_command_line(all_verbs(), words, test.console);
  return {code, test.out.str(), test.err.str()};
}

// A server whose page grows with each look.
class TopServer {
 public:
  TopServer() {
    HttpServerSettings settings;
    settings.port = 0;
    server_ = HttpServer::start(settings, [this](const std::shared_ptr<HttpExchange>& exchange) {
                if (exchange->request().path != "/behind/metrics")
                  return exchange->respond(404, "text/plain", "");
                if (exchange->request().header("authorization") != "Bearer good") {
                  return exchange->respond(401, "text/plain", "no");
                }
                exchange->respond(200, "text/plain", has_gateway ? page(++looks_) : other);
              }).value();
  }
  std::string url() const { return server_->url() + "/behind/"; }

  std::atomic<bool> has_gateway = true;
  std::string other = "up 1\n";

 private:
  std::atomic<int> looks_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST(TopCommand, OncePrintsOneTable) {
  const TopServer server;
  const Outcome top = run({"top", "--once", "--url", server.url(), "--key", "good", "--interval", "0.1"});
  EXPECT_EQ(top.code, 0) << top.err;
  EXPECT_THAT(top.out, StartsWith("ferry top  "));
  EXPECT_THAT(top.out, HasSubstr("\nsupport   "));
  EXPECT_THAT(top.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(top.out, testing::EndsWith("\n"));
}

TEST(TopCommand, SaysWhatIsWrong) {
  TopServer server;
  const auto error = [](const std::vector<std::string>& more) {
    std::vector<std::string> words{"top", "--once"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome top = run(words);
    EXPECT_EQ(top.code, 1);
    EXPECT_EQ(top.out, "");
    return top.err;
  };
  EXPECT_THAT(error({"--url", server.url()}), HasSubstr("/behind/metrics answers 401: name a key"));
  EXPECT_THAT(error({"--url", server.url() + "x"}), HasSubstr("/behind/x/metrics answers 404\n"));
  EXPECT_THAT(error({"--url", "http://127.0.0.1:1"}), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(error({"--url", "gateway"}), HasSubstr("gateway"));
  EXPECT_THAT(error({"--url", server.url(), "--key", "a\nb"}), HasSubstr("the key has characters"));
  EXPECT_THAT(error({"--interval", "0"}), HasSubstr("--interval must be"));
  server.has_gateway = false;
  EXPECT_THAT(error({"--url", server.url(), "--key", "good"}), HasSubstr("none of the gateway's numbers"));
  server.other = "<html>";
  EXPECT_THAT(error({"--url", server.url(), "--key", "good"}),
              HasSubstr("/behind/metrics: line 1: there must be a metric's name"));
}

}  // namespace
}  // namespace ferry::cli
