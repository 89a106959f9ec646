#pragma once
// For the tests and the benchmark of this room: the numeric contract through the whole engine, at the widths
// of a 1B model and with any kernels. An answer has the same bits alone and in company, its prompt whole and
// in chunks, computed and found in the cache, preempted and not, with 1, 2 and 16 threads, guessed and not,
// and forked from the others of its prompt.

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/core/rng.h"
#include "infer/engine/engine.h"
#include "infer/engine/test_tokenizer.h"
#include "infer/model/random_model.h"

namespace ferry {

// A file with random weights: one layer of Llama-3.2-1B and 2048 words. Gone with the object.
class WideModel {
 public:
  static constexpr int32_t kVocab = 2048;

  explicit WideModel(DType dtype)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("ferry_wide_{}_{}.gguf", dtype_info(dtype).name, ::getpid())) {
    ModelShape shape = find_shape("llama-3.2-1b").value();
    shape.layers = 1;
    shape.vocab = kVocab;
    const auto written = write_random_model(shape, dtype, path_);
    FERRY_CHECK(written);
  }
  ~WideModel() { std::filesystem::remove(path_); }
  WideModel(const WideModel&) = delete;
  WideModel& operator=(const WideModel&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct WideCase {
  std::string kernels = "auto";
  std::string arithmetic = "bf16";
  std::string kv_type = "bf16";
  int32_t prompt = 40;  // tokens of the longest one; at least 36: more than a page
  int32_t answer = 6;   // tokens of each
};

struct WideReport {
  std::string failure;   // empty: every answer was the same every time
  uint64_t answers = 0;  // compared
  // It is a proof only if all of this happens.
  uint64_t cached_tokens = 0;
  uint64_t preemptions = 0;
  uint64_t accepted = 0;  // guesses
};

class WideAnswers {
 public:
  WideAnswers(const WideModel& model, const WideCase& wide) : model_(model), wide_(wide) { draw_requests(); }

  WideReport compare() {
    if (!answer_alone()) return report_;
    EngineSettings together = settings(2);
    together.prefix_cache = true;
    expect("together", together, 1);
    expect("cached", together, 2);
    EngineSettings chunked = settings(16);
    chunked.max_step_tokens = 7;
    chunked.max_running = 7;
    expect("in chunks, by 16 threads", chunked, 1);
    EngineSettings few_pages = settings(2);
    few_pages.kv_cache = ByteSize{static_cast<uint64_t>(fewest_pages()) * page_bytes_};
    expect("preempted", few_pages, 1);
    EngineSettings guessed = settings(2);
    guessed.speculate = "ngram";
    guessed.speculate_adaptive = false;
    guessed.speculate_tokens = 5;
    expect("guessed", guessed, 1);
    if (report_.failure.empty()) check_that_it_happened();
    return report_;
  }

 private:
  using Answers = std::vector<std::string>;  // all that there is to tell about each

  EngineRequest draw(int32_t length, float temperature) {
    EngineRequest made;
    for (int32_t i = 0; i < length; ++i) made.prompt.push_back(static_cast<TokenId>(rng_.below(kTestVocab)));
    made.max_tokens = wide_.answer;
    made.ignore_eos = true;
    made.sampling.temperature = temperature;
    made.sampling.seed = rng_.next();
    made.sampling.logprobs = 4;
    return made;
  }

  void draw_requests() {
    requests_.push_back(draw(wide_.prompt, 0));
    requests_.push_back(draw(wide_.prompt / 2 + 1, 1));
    requests_.push_back(draw(33, 1));
    requests_.back().n = 3;
    requests_.push_back(draw(wide_.prompt / 3, 0));
    requests_.back().prompt_logprobs = 2;
    requests_.back().sampling.adjustments.repetition_penalty = 1.2f;
    // Greedy and sampled answers of few tokens, some of which can be guessed from their prompts.
    for (const float temperature : {0.0f, 100.0f}) {
      EngineRequest coin = draw(36, temperature);
      for (TokenId& token : coin.prompt) token = 5 + token % 2;
      coin.sampling.adjustments.allowed = {5, 6};
      requests_.push_back(std::move(coin));
    }
  }

  EngineSettings settings(int threads) const {
    return {.threads = threads,
            .kernels = wide_.kernels,
            .arithmetic = wide_.arithmetic,
            .kv_type = wide_.kv_type,
            .kv_cache = ByteSize{kMuchCache},
            .max_model_len = wide_.prompt + wide_.answer + kPageTokens,
            .max_step_tokens = 512,
            .max_step_time = Duration{0},
            .prefix_cache = false,
            .keep_packed = false};
  }

  std::unique_ptr<Engine> load(const EngineSettings& settings) {
    auto engine =
        Engine::load(model_.path(), Tokenizer::from_json(test_tokenizer_json(), "test").value(), settings);
    if (engine) return *std::move(engine);
    report_.failure = engine.error().message;
    return nullptr;
  }

  // One after the other, forks as requests of their own, by one thread.
  bool answer_alone() {
    const auto engine = load(settings(1));
    if (engine == nullptr) return false;
    page_bytes_ = kMuchCache / static_cast<uint64_t>(engine->status().kv_pages);
    for (const EngineRequest& request : requests_) {
      EngineRequest one = request;
      one.n = 1;
      for (int32_t i = 0; i < request.n; ++i, ++one.sampling.seed) {
        alone_.push_back(ask(*engine, {one}).front());
      }
    }
    return true;
  }

  void expect(std::string_view how, const EngineSettings& settings, int times) {
    if (!report_.failure.empty()) return;
    const auto engine = load(settings);
    if (engine == nullptr) return;
    for (int i = 0; i < times && report_.failure.empty(); ++i) {
      const Answers answers = ask(*engine, requests_);
      for (size_t a = 0; a < answers.size() && report_.failure.empty(); ++a) {
        ++report_.answers;
        if (answers[a] == alone_[a]) continue;
        report_.failure = fmt::format("answer {} {}:\n{}alone:\n{}", a, how, answers[a], alone_[a]);
      }
    }
    const EngineStatus status = engine->status();
    report_.cached_tokens += status.prefix_cache_hits;
    report_.preemptions += status.preemptions;
    report_.accepted += status.accepted_tokens;
  }

  void check_that_it_happened() {
    if (report_.cached_tokens == 0) report_.failure = "nothing was cached";
    if (report_.preemptions == 0) report_.failure = "nothing was preempted";
    if (report_.accepted == 0) report_.failure = "no guess was right";
  }

  // All at the same time. The order is that of the requests, and of the choices of each.
  static Answers ask(Engine& engine, const std::vector<EngineRequest>& requests) {
    Answers answers;
    std::mutex mutex;
    std::condition_variable changed;
    size_t ended = 0;
    size_t count = 0;
    for (const EngineRequest& request : requests) count += static_cast<size_t>(request.n);
    answers.resize(count);
    size_t first = 0;
    for (const EngineRequest& request : requests) {
      const auto id = engine.submit(request, [&, first](const EngineEvent& event) {
        const std::lock_guard lock(mutex);
        tell(event, answers[first + static_cast<size_t>(event.choice)]);
        if (event.finish && ++ended == count) changed.notify_all();
      });
      FERRY_CHECK(id);
      first += static_cast<size_t>(request.n);
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended == count; });
    return answers;
  }

  // Shortest decimals that read back as the same floats: equal only if the bits are.
  static void tell(const EngineEvent& event, std::string& answer) {
    for (const SampledToken& scored : event.prompt_tokens) tell("prompt", scored, answer);
    for (const SampledToken& sampled : event.tokens) tell("token", sampled, answer);
    if (event.finish) answer += fmt::format("finish {}\n", static_cast<int>(*event.finish));
  }
  static void tell(std::string_view what, const SampledToken& token, std::string& answer) {
    answer += fmt::format("{} {} {} {}:", what, token.token, token.logprob, token.rank);
    for (const LikelyToken& likely : token.top) answer += fmt::format(" {} {}", likely.token, likely.logprob);
    answer += '\n';
  }

  // Those of the longest answer, or half of all: some have to give theirs up.
  int64_t fewest_pages() const {
    int64_t longest = 0;
    int64_t all = 0;
    for (const EngineRequest& request : requests_) {
      const int64_t pages = (std::ssize(request.prompt) + wide_.answer + kPageTokens - 1) / kPageTokens;
      longest = std::max(longest, pages);
      all += pages * request.n;
    }
    // max_model_len, and the room for it, has a page more than the longest answer.
    return std::max(longest + 2, all / 2);
  }

  static constexpr uint64_t kMuchCache = 64 << 20;
  static constexpr int32_t kPageTokens = 32;

  const WideModel& model_;
  const WideCase wide_;
  Rng rng_{7};
  std::vector<EngineRequest> requests_;
  Answers alone_;
  uint64_t page_bytes_ = 0;
  WideReport report_;
};

}  // namespace ferry
