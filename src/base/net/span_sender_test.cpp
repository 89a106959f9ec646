#include "base/net/span_sender.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/json.h"
#include "base/net/http_server.h"
#include "base/observe/log.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Answers what it is told, one answer after the other, and then 200.
class Collector {
 public:
  struct Answer {
    int status = 200;
    std::string body = "{}";
    HttpHeaders headers = {};
    bool is_held = false;  // none comes
  };

  using Answers = std::deque<Answer>;

  explicit Collector(Answers answers = {}) : answers_(std::move(answers)) {
    HttpServerSettings settings;
    settings.port = 0;
    server_ = HttpServer::start(settings, [this](std::shared_ptr<HttpExchange> exchange) {
                answer(std::move(exchange));
              }).value();
  }

  std::string url() const { return server_->url() + "/v1/traces"; }
  std::vector<HttpRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  bool wait_for_requests(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return requests_.size() >= count; });
  }

 private:
  void answer(std::shared_ptr<HttpExchange> exchange) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(exchange->request());
    changed_.notify_all();
    Answer answer;
    if (!answers_.empty()) {
      answer = answers_.front();
      answers_.pop_front();
    }
    if (answer.is_held) return held_.push_back(std::move(exchange));
    exchange->respond(answer.status, "application/json", answer.body, answer.headers);
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Answer> answers_;
  std::vector<HttpRequest> requests_;
  std::vector<std::shared_ptr<HttpExchange>> held_;
  std::unique_ptr<HttpServer> server_;
};

size_t spans_in(const HttpRequest& request) {
  const json::value body = parse_json(request.body, "body").value();
  return body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array().size();
}

class SpanSenderTest : public testing::Test {
 protected:
  SpanSenderTest() { set_log(LogLevel::off, LogFormat::automatic); }

  static SpanSenderSettings quick() {
    return {.interval = Duration(10),
            .first_pause = Duration(1),
            .most_pause = Duration(5),
            .last_words = Duration(500)};
  }
  void open(const std::string& url, const SpanSenderSettings& settings) {
    sender_ =
        SpanSender::open(pool_, {.url = url, .headers = {{"X-Token", "t"}}, .service = "edge"}, settings)
            .value();
  }
  void add(int count) {
    for (int i = 0; i < count; ++i) sender_->add({.trace = {1, 2}, .id = 3, .name = "chat"});
  }
  // Once that many spans have come to an end.
  SpanSender::Stats stats_of(uint64_t ended) {
    const auto end = Clock::now() + std::chrono::seconds(20);
    for (;;) {
      const SpanSender::Stats stats = sender_->stats();
      if (stats.sent + stats.dropped + stats.rejected >= ended || Clock::now() > end) return stats;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  NetThreads threads_{1};
  HttpPool pool_{threads_, {}};
  std::unique_ptr<SpanSender> sender_;
};

TEST_F(SpanSenderTest, SpansArriveInBatches) {
  Collector collector;
  open(collector.url(), quick());
  add(3);
  EXPECT_EQ(stats_of(3).sent, 3U);
  const auto requests = collector.requests();
  EXPECT_EQ(requests.front().method, "POST");
  EXPECT_EQ(requests.front().path, "/v1/traces");
  EXPECT_EQ(requests.front().header("content-type"), "application/json");
  EXPECT_EQ(requests.front().header("x-token"), "t");
  EXPECT_THAT(requests.front().body, HasSubstr(R"({"stringValue":"edge"})"));
  size_t spans = 0;
  for (const HttpRequest& request : requests) spans += spans_in(request);
  EXPECT_EQ(spans, 3U);
}

TEST_F(SpanSenderTest, AFullBatchDoesNotWait) {
  Collector collector;
  SpanSenderSettings settings = quick();
  settings.interval = std::chrono::hours(1);
  settings.batch = 10;
  open(collector.url(), settings);
  add(25);
  ASSERT_TRUE(collector.wait_for_requests(2));
  EXPECT_EQ(stats_of(20).sent, 20U);
  sender_.reset();  // says the rest
  const auto requests = collector.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(spans_in(requests[0]), 10U);
  EXPECT_EQ(spans_in(requests[2]), 5U);
}

TEST_F(SpanSenderTest, WhatMayGoBetterIsTriedAgain) {
  Collector collector(Collector::Answers{{.status = 503}, {.status = 429}, {.status = 502}, {.status = 504}});
  open(collector.url(), quick());
  add(1);
  EXPECT_EQ(stats_of(1).sent, 1U);
  EXPECT_EQ(collector.requests().size(), 5U);
}

TEST_F(SpanSenderTest, ThePauseIsTheCollectorsWithinReason) {
  Collector collector(Collector::Answers{{.status = 429, .headers = {{"Retry-After", "60"}}}});
  SpanSenderSettings settings = quick();
  settings.most_pause = Duration(200);
  open(collector.url(), settings);
  const auto begin = Clock::now();
  add(1);
  EXPECT_EQ(stats_of(1).sent, 1U);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(200));
}

TEST_F(SpanSenderTest, WhatIsRefusedIsNotSentAgain) {
  for (const int status : {400, 401, 404, 500, 301}) {
    Collector collector(Collector::Answers{{.status = status}});
    open(collector.url(), quick());
    add(2);
    EXPECT_EQ(stats_of(2).dropped, 2U) << status;
    EXPECT_EQ(collector.requests().size(), 1U) << status;
  }
}

TEST_F(SpanSenderTest, ItGivesUp) {
  SpanSenderSettings settings = quick();
  settings.tries = 3;
  Collector collector(Collector::Answers(100, {.status = 503}));
  open(collector.url(), settings);
  add(1);
  EXPECT_EQ(stats_of(1).dropped, 1U);
  EXPECT_EQ(collector.requests().size(), 3U);
}

TEST_F(SpanSenderTest, RejectedSpansAreCounted) {
  Collector collector(
      Collector::Answers{{.body = R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})"},
                         {.body = R"({"partialSuccess":{"rejectedSpans":1}})"},
                         {.body = R"({"partialSuccess":{"rejectedSpans":"99999999999999999999"}})"},
                         {.body = "[]"},
                         {.body = R"({"partialSuccess":[]})"},
                         {.body = "no JSON"}});
  const SpanSender::Stats wanted[] = {{1, 0, 2}, {3, 0, 3}, {6, 0, 3}, {9, 0, 3}, {12, 0, 3}, {15, 0, 3}};
  SpanSenderSettings settings = quick();
  settings.interval = std::chrono::hours(1);
  settings.batch = 3;
  open(collector.url(), settings);
  uint64_t ended = 0;
  for (const SpanSender::Stats& stats : wanted) {
    add(3);
    const SpanSender::Stats now = stats_of(ended += 3);
    EXPECT_EQ(now.sent, stats.sent) << ended;
    EXPECT_EQ(now.rejected, stats.rejected) << ended;
    EXPECT_EQ(now.dropped, 0U);
  }
}

TEST_F(SpanSenderTest, ThereIsABoundOnWhatWaits) {
  Collector collector(Collector::Answers{{.is_held = true}});
  SpanSenderSettings settings = quick();
  settings.most_kept = 10;
  settings.batch = 4;
  open(collector.url(), settings);
  add(4);
  ASSERT_TRUE(collector.wait_for_requests(1));  // which is not answered
  add(100);
  EXPECT_EQ(sender_->stats().dropped, 90U);
  MetricsText text;
  sender_->write(text);
  EXPECT_THAT(text.take(), HasSubstr("ferry_traces_spans_total{outcome=\"dropped\"} 90\n"));
}

TEST_F(SpanSenderTest, TheEndDoesNotWaitForACollectorThatIsGone) {
  Collector collector(Collector::Answers{{.is_held = true}, {.is_held = true}});
  SpanSenderSettings settings = quick();
  settings.last_words = Duration(100);
  open(collector.url(), settings);
  add(1);
  ASSERT_TRUE(collector.wait_for_requests(1));
  add(600);
  const auto begin = Clock::now();
  sender_.reset();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  open("http://127.0.0.1:1/v1/traces", settings);  // nobody listens there
  add(600);
  sender_.reset();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(SpanSenderTest, TheAddressIsChecked) {
  EXPECT_FALSE(SpanSender::open(pool_, {.url = "grpc://x", .headers = {}, .service = "s"}));
}

}  // namespace
}  // namespace ferry
