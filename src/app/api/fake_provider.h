#pragma once
// For tests: a provider whose answers are written in the question.
//
//   say a|b|c            three pieces, then finished
//   cut a|b              the same, but the finish reason is length
//   refuse unavailable   fails before it has started, with this error code
//   break a|b            fails after these pieces
//   stop a               finishes without having finished its choice, as a cancelled exchange does
//   wait a               after its piece, waits to be cancelled, or for the provider to stop
//
// Its tokens are bytes.
// Each piece counts as one token; with logprobs it gets one of -0.5.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "serve/providers/provider.h"

namespace ferry::api {

class FakeProvider final : public Provider {
 public:
  ~FakeProvider() override {
    stop();
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    auto running = std::make_shared<Running>(cancelled);
    const std::lock_guard lock(mutex_);
    models.push_back(request.model);
    ++asked;
    running_.push_back(running);
    threads_.emplace_back([request = std::move(request), sink = std::move(sink), running] {
      const size_t choices = choice_count(request);
      for (size_t i = 0; i < choices; ++i) {
        if (!play(request, static_cast<int>(i), sink, *running)) return;
      }
      const Usage usage{
          .prompt_tokens = 7, .completion_tokens = static_cast<int64_t>(3 * choices), .cached_tokens = 2};
      running->tell([&] { sink.finished(usage); }, true);
    });
    return running;
  }

  void tokenize(GenerationRequest request, std::function<void(ApiResult<TokenizedPrompt>)> done) override {
    TokenizedPrompt prompt;
    for (const char c : question(request, 0)) {
      prompt.tokens.push_back(static_cast<unsigned char>(c));
      prompt.texts.emplace_back(1, c);
    }
    done(std::move(prompt));
  }
  void detokenize(std::string model, std::vector<TokenId> tokens,
                  std::function<void(ApiResult<std::string>)> done) override {
    models.push_back(std::move(model));
    if (std::find(tokens.begin(), tokens.end(), 999) != tokens.end()) {
      return done(tl::unexpected(ApiError{{ErrorCode::invalid_argument, "there is no 999"}, "tokens", {}}));
    }
    done(std::string(tokens.begin(), tokens.end()));
  }

  // An input's vector is its length and a half; "refuse" is refused.
  std::shared_ptr<RunningExchange> embed(EmbeddingRequest request,
                                         std::function<void(ApiResult<EmbeddingResult>)> done) override {
    models.push_back(request.model);
    EmbeddingResult result;
    for (const Prompt& input : request.inputs) {
      if (input == Prompt("refuse")) {
        done(tl::unexpected(ApiError{{ErrorCode::invalid_argument, "as asked"}, "input", {}}));
        return nullptr;
      }
      const size_t length = std::visit([](const auto& value) { return value.size(); }, input);
      result.vectors.push_back({static_cast<float>(length), 0.5f});
      result.prompt_tokens += static_cast<int64_t>(length);
    }
    done(std::move(result));
    return nullptr;
  }
  // A text's score is its length.
  std::shared_ptr<RunningExchange> score(ScoreRequest request,
                                         std::function<void(ApiResult<ScoreResult>)> done) override {
    models.push_back(request.model);
    ScoreResult result;
    for (const std::string& text : request.second) {
      result.scores.push_back(static_cast<float>(text.size()));
      result.prompt_tokens += static_cast<int64_t>(text.size());
    }
    done(std::move(result));
    return nullptr;
  }

  // What waits finishes, without having finished its choice.
  void stop() {
    const std::lock_guard lock(mutex_);
    for (const auto& running : running_) running->stop();
  }

  std::atomic<int> asked = 0;
  std::atomic<int> cancelled = 0;
  std::vector<std::string> models;  // that were asked for; read it when nothing runs

 private:
  class Running final : public RunningExchange {
   public:
    explicit Running(std::atomic<int>& count) : count_(count) {}
    void cancel() override {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      ++count_;
      end();
    }
    void stop() {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    void wait() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ended_ || stopped_; });
    }
    // Calls the sink, unless the exchange is over; with `last` it is over afterwards.
    void tell(const std::function<void()>& call, bool last = false) {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      if (last) end();
      call();
    }

   private:
    void end() {
      ended_ = true;
      changed_.notify_all();
    }

    std::atomic<int>& count_;
    std::recursive_mutex mutex_;  // a sink may cancel
    std::condition_variable_any changed_;
    bool ended_ = false;
    bool stopped_ = false;
  };

  static std::string question(const GenerationRequest& request, int index) {
    if (!request.messages.empty()) return text_of(request.messages.back());
    return std::get<std::string>(request.prompts[static_cast<size_t>(index / request.n)]);
  }

  static ApiError error(std::string_view code) {
    const std::map<std::string_view, ErrorCode> codes = {
        {"invalid_argument", ErrorCode::invalid_argument},
        {"unsupported", ErrorCode::unsupported},
        {"resource_exhausted", ErrorCode::resource_exhausted},
        {"overloaded", ErrorCode::overloaded},
        {"unavailable", ErrorCode::unavailable},
        {"internal", ErrorCode::internal}};
    const auto found = codes.find(code);
    return {{found == codes.end() ? ErrorCode::internal : found->second, fmt::format("as asked: {}", code)},
            {},
            {},
            code == "overloaded" ? 2.5 : 0};
  }

  static GenerationDelta piece(const GenerationRequest& request, int index, std::string text) {
    GenerationDelta delta{.index = index, .text = text};
    if (request.report.top_logprobs) {
      const TokenAlternative chosen{.id = 5, .text = text, .logprob = -0.5f};
      const auto top = static_cast<size_t>(*request.report.top_logprobs);
      delta.logprobs.push_back({.chosen = chosen, .top = std::vector<TokenAlternative>(top, chosen)});
    }
    if (request.report.token_ids) delta.token_ids.push_back(5);
    return delta;
  }

  // False when the exchange is over before its time.
  static bool play(const GenerationRequest& request, int index, const AnswerSink& sink, Running& running) {
    const std::string text = question(request, index);
    const size_t space = std::min(text.find(' '), text.size());
    const std::string verb = text.substr(0, space);
    std::string rest = space < text.size() ? text.substr(space + 1) : "";
    const auto fail = [&](std::string_view code) {
      running.tell([&] { sink.failed(error(code)); }, true);
      return false;
    };
    if (verb == "refuse") return fail(rest);
    if (index == 0) running.tell([&] { sink.started(); });
    for (size_t end = 0; !rest.empty(); rest.erase(0, end + 1)) {
      end = std::min(rest.find('|'), rest.size() - 1);
      std::string part = rest.substr(0, end + 1);
      if (part.ends_with('|')) part.pop_back();
      running.tell([&] { sink.delta(piece(request, index, part)); });
    }
    if (verb == "break") return fail("unavailable");
    if (verb == "wait") running.wait();
    if (verb == "wait" || verb == "stop") {
      running.tell([&] { sink.finished({}); }, true);
      return false;
    }
    GenerationDelta last{.index = index, .finish = FinishReason::stop};
    if (verb == "cut") last.finish = FinishReason::length;
    running.tell([&] { sink.delta(last); });
    return true;
  }

  std::mutex mutex_;
  std::vector<std::thread> threads_;               // guarded by mutex_
  std::vector<std::shared_ptr<Running>> running_;  // guarded by mutex_
};

}  // namespace ferry::api
