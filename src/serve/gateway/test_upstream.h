#pragma once
// For tests: an upstream that speaks OpenAI's dialect and does what the model's name says, and a client that
// waits for its answer.
//
// The key "worn-out" is refused.
//
//   ok          a whole answer or a stream, "Hello " and "there", 10 + 2 tokens
//   echo        the last message's content
//   fail        500
//   slow_fail   the same, once let_fail() was called
//   busy        429, with Retry-After: 7
//   wrong       400, the caller's fault
//   cut         a stream that ends after its first piece
//   error       a stream with an error event after its first piece
//   wait        a stream that says one piece and then nothing, until the client goes away

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/net/http_server.h"
#include "serve/gateway/gateway.h"

namespace ferry {

class TestUpstream {
 public:
  TestUpstream() {
    HttpServerSettings settings;
    settings.port = 0;
    server_ = HttpServer::start(settings, [this](std::shared_ptr<HttpExchange> exchange) {
                answer(std::move(exchange));
              }).value();
  }

  std::string url() const { return server_->url(); }
  std::vector<std::string> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  std::vector<std::string> keys() {
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  void let_fail() {
    const std::lock_guard lock(mutex_);
    for (const auto& exchange : failing_) error(*exchange, 500, "server_error", "it broke");
    failing_.clear();
  }
  std::atomic<int> left = 0;  // streams whose client went away

 private:
  static std::string chunk(std::string_view delta, std::string_view finish) {
    return fmt::format(
        "data: {{\"id\":\"up-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"real\","
        "\"vendor_field\":7,\"choices\":[{{\"index\":0,\"delta\":{{{}}},\"finish_reason\":{}}}]}}\n\n",
        delta, finish);
  }

  void answer(std::shared_ptr<HttpExchange> exchange) {
    const std::string body = exchange->request().body;
    {
      const std::lock_guard lock(mutex_);
      bodies_.push_back(body);
      keys_.emplace_back(exchange->request().header("authorization").value_or(""));
    }
    if (exchange->request().header("authorization") == "Bearer worn-out") {
      return error(*exchange, 401, "invalid_request_error", "Incorrect API key provided");
    }
    const json::value request = parse_json(body, "request").value();
    const std::string_view model = request.at("model").get_string();
    const bool stream = request.as_object().contains("stream") && request.at("stream").get_bool();
    if (model == "slow_fail") {
      const std::lock_guard lock(mutex_);
      return failing_.push_back(std::move(exchange));
    }
    if (model == "fail") return error(*exchange, 500, "server_error", "it broke");
    if (model == "wrong") return error(*exchange, 400, "invalid_request_error", "no such thing");
    if (model == "busy") {
      return exchange->respond(429, "application/json",
                               R"({"error":{"message":"slow down","type":"rate_limit"}})",
                               {{"Retry-After", "7"}});
    }
    if (const json::value* input = request.as_object().if_contains("input")) {
      return answer_with_vectors(*exchange, input->is_array() ? input->get_array().size() : 1);
    }
    const json::value& last = request.at("messages").get_array().back().at("content");
    const std::string text = model == "echo" ? std::string(last.get_string()) : "Hello there";
    if (stream) return answer_in_events(std::move(exchange), model, text);
    exchange->respond(
        200, "application/json",
        fmt::format(
            R"({{"id":"up-1", "object":"chat.completion","created":1,"model":"real","vendor_field":7,)"
            R"("choices":[{{"index":0,"message":{{"role":"assistant","content":{}}},"finish_reason":"stop"}}],)"
            R"("usage":{{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}}})",
            to_json(json::value(text))));
  }

  // [0.5, its number] for each input.
  static void answer_with_vectors(HttpExchange& exchange, size_t inputs) {
    std::string data;
    for (size_t i = 0; i < inputs; ++i) {
      data += fmt::format(R"({}{{"object":"embedding","index":{},"embedding":[0.5,{}]}})", i > 0 ? "," : "",
                          i, i);
    }
    exchange.respond(200, "application/json",
                     fmt::format(R"({{"object":"list","data":[{}],"model":"real","vendor_field":7,)"
                                 R"("usage":{{"prompt_tokens":6,"total_tokens":6}}}})",
                                 data));
  }

  void answer_in_events(std::shared_ptr<HttpExchange> exchange, std::string_view model,
                        const std::string& text) {
    exchange->begin_stream(200, "text/event-stream");
    const size_t half = text.size() / 2;
    const auto piece = [&](std::string_view part) {
      exchange->write(chunk(fmt::format("\"content\":{}", to_json(json::value(part))), "null"));
    };
    piece(std::string_view(text).substr(0, half));
    if (model == "cut") return exchange->end();
    if (model == "error") {
      exchange->write("data: {\"error\":{\"message\":\"it broke\",\"type\":\"server_error\"}}\n\n");
      return exchange->end();
    }
    if (model == "wait") {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(exchange);
      return exchange->on_disconnect([this] { ++left; });
    }
    piece(std::string_view(text).substr(half));
    exchange->write(chunk("", "\"stop\""));
    exchange->write(
        "data: {\"id\":\"up-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"real\","
        "\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2}}\n\n");
    exchange->write("data: [DONE]\n\n");
    exchange->end();
  }

  static void error(HttpExchange& exchange, int status, std::string_view type, std::string_view message) {
    exchange.respond(status, "application/json",
                     fmt::format(R"({{"error":{{"message":"{}","type":"{}"}}}})", message, type));
  }

  std::mutex mutex_;  // guards what follows
  std::vector<std::string> bodies_;
  std::vector<std::string> keys_;
  std::vector<std::shared_ptr<HttpExchange>> waiting_;
  std::vector<std::shared_ptr<HttpExchange>> failing_;
  std::unique_ptr<HttpServer> server_;
};

// What a client was told. Shared with the GatewayClient that the gateway owns.
struct TestAnswer {
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::string body;  // whole, or the stream so far
  std::optional<ApiError> error;
  HttpHeaders headers;
  bool begun = false;
  bool over = false;

  // Waits; false: it took too long.
  bool wait() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [this] { return over; });
  }
  bool wait_begun() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [this] { return !body.empty() || over; });
  }
  std::string header(std::string_view name) {
    const std::lock_guard lock(mutex);
    return std::string(find_header(headers, name).value_or(""));
  }
};

class TestClient final : public GatewayClient {
 public:
  explicit TestClient(std::shared_ptr<TestAnswer> answer) : answer_(std::move(answer)) {}

  void refuse(const ApiError& error, HttpHeaders headers) override {
    tell([&](TestAnswer& a) { a.error = error, a.headers = std::move(headers), a.over = true; });
  }
  void whole(std::string_view body, HttpHeaders headers) override {
    tell([&](TestAnswer& a) { a.body = body, a.headers = std::move(headers), a.over = true; });
  }
  void begin(HttpHeaders headers) override {
    tell([&](TestAnswer& a) { a.begun = true, a.headers = std::move(headers); });
  }
  void events(std::string_view bytes) override {
    tell([&](TestAnswer& a) { a.body += bytes; });
  }
  void end() override {
    tell([&](TestAnswer& a) { a.over = true; });
  }
  void fail(const ApiError& error, std::string_view event) override {
    tell([&](TestAnswer& a) { a.error = error, a.body += event, a.over = true; });
  }
  int status_of(const ApiError& /*error*/) const override { return 503; }

 private:
  template <class Change>
  void tell(Change change) {
    const std::lock_guard lock(answer_->mutex);
    EXPECT_FALSE(answer_->over) << "nothing follows the end";
    change(*answer_);
    answer_->changed.notify_all();
  }

  const std::shared_ptr<TestAnswer> answer_;
};

}  // namespace ferry
