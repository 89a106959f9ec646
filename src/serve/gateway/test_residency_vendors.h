#pragma once
// For the property test of residency: all vendors on one server, and an engine that is none. What came to
// them is kept byte by byte; what they answer is drawn, faults included.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/net/http_server.h"
#include "base/net/sse.h"
#include "serve/gateway/test_residency_requests.h"
#include "serve/providers/provider.h"

namespace ferry::residency {

// Moments that can be ordered over all threads.
inline uint64_t moment() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

// The exchange whose mark stands in a text.
inline std::optional<uint64_t> marked(std::string_view text) {
  for (size_t at = 0; (at = text.find("mk", at)) != std::string_view::npos; at += 2) {
    uint64_t number = 0;
    size_t end = at + 2;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9')
      number = number * 10 + static_cast<uint64_t>(text[end++] - '0');
    if (end > at + 2 && end < text.size() && text[end] == 'q') return number;
  }
  return std::nullopt;
}

struct Receipt {
  std::string vendor;     // "local": the engine
  std::string body = {};  // empty of the engine's
  std::string model = {};
  std::optional<uint64_t> exchange = {};  // nothing: it has no mark
  uint64_t when = 0;
  uint64_t answered = 0;  // when an answer that lets the gateway go on was about to go out; 0: never
};

class Receipts {
 public:
  size_t add(Receipt receipt) {
    const std::lock_guard lock(mutex_);
    receipts_.push_back(std::move(receipt));
    return receipts_.size() - 1;
  }
  void answered(size_t index) {
    const std::lock_guard lock(mutex_);
    receipts_[index].answered = moment();
  }
  // How often this exchange has come so far, to draw another fault each time.
  int times(uint64_t exchange) {
    const std::lock_guard lock(mutex_);
    return times_[exchange]++;
  }
  std::vector<Receipt> take() {
    const std::lock_guard lock(mutex_);
    return std::move(receipts_);
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::vector<Receipt> receipts_;
  std::map<uint64_t, int> times_;
};

enum class Fault : uint8_t {
  none,
  server_error,
  rate_limited,
  callers,  // 400
  cut_head,
  garbage,
  cut_stream,
  error_event,
  stall
};

// Called before a fault is answered: another configuration may come just then.
using BeforeFault = std::function<void(uint64_t exchange)>;

// Vendor "v1" is found below the path /v1/. Its model, the mark and the number of the try decide what
// happens.
class Vendors {
 public:
  explicit Vendors(Receipts& receipts, BeforeFault before_fault)
      : receipts_(receipts), before_fault_(std::move(before_fault)) {
    HttpServerSettings settings;
    settings.port = 0;
    settings.threads = 2;
    server_ = HttpServer::start(settings, [this](std::shared_ptr<HttpExchange> exchange) {
                answer(std::move(exchange));
              }).value();
  }

  std::string url() const { return server_->url(); }
  std::map<Fault, int> faults() {
    const std::lock_guard lock(mutex_);
    return faults_;
  }
  void stop() { server_->stop(); }

 private:
  void answer(std::shared_ptr<HttpExchange> exchange) {
    const HttpRequest& request = exchange->request();
    const std::string vendor = request.path.substr(1, request.path.find('/', 1) - 1);
    const auto body = parse_json(request.body, "body");
    const std::string model = body ? std::string(body->at("model").get_string()) : "";
    const auto mark = marked(request.body);
    const size_t index = receipts_.add(
        {.vendor = vendor, .body = request.body, .model = model, .exchange = mark, .when = moment()});
    if (!mark) return exchange->respond(500, "application/json", "{}");
    const bool stream = body->as_object().contains("stream") && body->at("stream").get_bool();
    const Fault fault = draw(*mark, stream);
    if (fault != Fault::none) before_fault_(*mark);
    if (fault != Fault::cut_head && fault != Fault::stall) receipts_.answered(index);
    const Voice voice =
        request.path.ends_with("/messages") ? Voice::anthropic
        : request.path.ends_with("/completions") && !request.path.ends_with("/chat/completions")
            ? Voice::completions
            : Voice::chat;
    answer_with(fault, std::move(exchange), voice, stream, "Done: " + mark_of(*mark) + ".");
  }

  Fault draw(uint64_t mark, bool stream) {
    Rng rng(mark * 977 + static_cast<uint64_t>(receipts_.times(mark)));
    Fault fault = Fault::none;
    if (chance(rng, 0.45)) fault = static_cast<Fault>(1 + rng.below(7));
    if (chance(rng, 0.01)) fault = Fault::stall;
    if (!stream && (fault == Fault::cut_stream || fault == Fault::error_event)) fault = Fault::server_error;
    const std::lock_guard lock(mutex_);
    ++faults_[fault];
    return fault;
  }

  enum class Voice { chat, completions, anthropic };

  void answer_with(Fault fault, std::shared_ptr<HttpExchange> exchange, Voice voice, bool stream,
                   const std::string& text) {
    const auto refuse = [&](int status, std::string_view type) {
      exchange->respond(
          status, "application/json",
          fmt::format(R"({{"type":"error","error":{{"message":"as drawn","type":"{0}","code":"{0}"}}}})",
                      type));
    };
    switch (fault) {
      case Fault::server_error:
        return refuse(500, "api_error");
      case Fault::rate_limited:
        return refuse(429, "rate_limit_error");
      case Fault::callers:
        return refuse(400, "invalid_request_error");
      case Fault::garbage:
        return exchange->respond(200, "application/json", "<html>busy</html>");
      case Fault::cut_head:
        return;  // an exchange that is destroyed cuts the connection
      case Fault::stall: {
        const std::lock_guard lock(mutex_);
        return stalled_.push_back(std::move(exchange));
      }
      case Fault::none:
      case Fault::cut_stream:
      case Fault::error_event:
        break;
    }
    if (!stream) return exchange->respond(200, "application/json", whole(voice, text));
    exchange->begin_stream(200, "text/event-stream");
    exchange->write(head(voice) + piece(voice, text.substr(0, 3)));
    if (fault == Fault::cut_stream) return exchange->end();
    if (fault == Fault::error_event) {
      exchange->write(
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"as "
          "drawn\"}}\n\n");
      return exchange->end();
    }
    exchange->write(piece(voice, text.substr(3)) + tail(voice));
    exchange->end();
  }

  static std::string quoted(const std::string& text) { return to_json(json::value(text)); }

  static std::string whole(Voice voice, const std::string& text) {
    switch (voice) {
      case Voice::chat:
        return fmt::format(
            R"({{"id":"u","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":{}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}})",
            quoted(text));
      case Voice::completions:
        return fmt::format(
            R"({{"id":"u","object":"text_completion","created":1,"model":"m","choices":[{{"index":0,"text":{},"finish_reason":"stop","logprobs":null}}],"usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}})",
            quoted(text));
      case Voice::anthropic:
        break;
    }
    return fmt::format(
        R"({{"id":"u","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":{}}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":3,"output_tokens":2}}}})",
        quoted(text));
  }

  static std::string head(Voice voice) {
    if (voice != Voice::anthropic) return "";
    return sse_event(
               R"({"type":"message_start","message":{"id":"u","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}})",
               "message_start") +
           sse_event(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
                     "content_block_start");
  }
  static std::string piece(Voice voice, const std::string& text) {
    switch (voice) {
      case Voice::chat:
        return sse_event(
            fmt::format(
                R"({{"id":"u","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{"content":{}}},"finish_reason":null}}]}})",
                quoted(text)),
            "");
      case Voice::completions:
        return sse_event(
            fmt::format(
                R"({{"id":"u","object":"text_completion","created":1,"model":"m","choices":[{{"index":0,"text":{},"finish_reason":null}}]}})",
                quoted(text)),
            "");
      case Voice::anthropic:
        break;
    }
    return sse_event(
        fmt::format(R"({{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":{}}}}})",
                    quoted(text)),
        "content_block_delta");
  }
  static std::string tail(Voice voice) {
    switch (voice) {
      case Voice::chat:
        return sse_event(
                   R"({"id":"u","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                   "") +
               sse_event("[DONE]", "");
      case Voice::completions:
        return sse_event(
                   R"({"id":"u","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"","finish_reason":"stop"}]})",
                   "") +
               sse_event("[DONE]", "");
      case Voice::anthropic:
        break;
    }
    return sse_event(R"({"type":"content_block_stop","index":0})", "content_block_stop") +
           sse_event(
               R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}})",
               "message_delta") +
           sse_event(R"({"type":"message_stop"})", "message_stop");
  }

  Receipts& receipts_;
  const BeforeFault before_fault_;
  std::mutex mutex_;  // guards what follows
  std::map<Fault, int> faults_;
  std::vector<std::shared_ptr<HttpExchange>> stalled_;
  std::unique_ptr<HttpServer> server_;
};

// Answers, refuses, or answers so that a cascade's checks speak against it. One thread of its own.
class Engine final : public Provider {
 public:
  Engine(Receipts& receipts, BeforeFault before_fault)
      : receipts_(receipts), before_fault_(std::move(before_fault)), thread_([this] { work(); }) {}
  ~Engine() override { stop(); }

  // What waits is not answered any more.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stops_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    auto task = std::make_shared<Task>();
    std::string text;
    for (const ChatMessage& message : request.messages) text += text_of(message) + "\n";
    for (const Prompt& prompt : request.prompts) {
      if (const auto* words = std::get_if<std::string>(&prompt)) text += *words;
    }
    task->mark = marked(text);
    task->index = receipts_.add(
        {.vendor = "local", .body = {}, .model = request.model, .exchange = task->mark, .when = moment()});
    task->sink = std::move(sink);
    const std::lock_guard lock(mutex_);
    tasks_.push_back(task);
    changed_.notify_all();
    return task;
  }

 private:
  struct Task final : RunningExchange {
    void cancel() override {
      const std::lock_guard lock(mutex);
      over = true;
    }
    template <class Call>
    void tell(Call call) {
      const std::lock_guard lock(mutex);
      if (!over) call(sink);
    }
    std::recursive_mutex mutex;  // a sink may cancel
    bool over = false;
    AnswerSink sink;
    std::optional<uint64_t> mark;
    size_t index = 0;
  };

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stops_ || !tasks_.empty(); });
      if (stops_) return;
      const std::shared_ptr<Task> task = tasks_.front();
      tasks_.pop_front();
      lock.unlock();
      answer(*task);
    }
  }

  void answer(Task& task) {
    const uint64_t mark = task.mark.value_or(0);
    Rng rng(mark * 31 + 7);
    if (chance(rng, 0.3)) {
      before_fault_(mark);
      receipts_.answered(task.index);
      return task.tell([](const AnswerSink& sink) {
        sink.failed({{ErrorCode::unavailable, "as drawn"}, {}, "as_drawn"});
      });
    }
    const bool cut = chance(rng, 0.3);
    if (cut) before_fault_(mark);
    receipts_.answered(task.index);
    task.tell([](const AnswerSink& sink) { sink.started(); });
    task.tell([&](const AnswerSink& sink) { sink.delta({.text = "Done: " + mark_of(mark) + "."}); });
    task.tell([&](const AnswerSink& sink) {
      sink.delta({.finish = cut ? FinishReason::length : FinishReason::stop});
    });
    task.tell([](const AnswerSink& sink) { sink.finished({.prompt_tokens = 3, .completion_tokens = 2}); });
  }

  Receipts& receipts_;
  const BeforeFault before_fault_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Task>> tasks_;
  bool stops_ = false;
  std::thread thread_;
};

}  // namespace ferry::residency
