// What speculation wins or costs: answers per second without guesses, with those that pay, and with all.
//
// On the bundled model, or on the one that FERRY_BENCH_MODEL names (a folder or a .gguf file). So that it
// does not matter how much a model repeats itself, answers draw from a few allowed tokens only:
//   quote     one token: every guess is right
//   coin      two at random: there is always a guess, and it is right every other time
//   die       six at random: the same, every sixth time
//   fresh     all at a high temperature: there is hardly ever a guess
//   free      the model's own likeliest tokens
//
// Shared machines are noisy: --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>

#include <benchmark/benchmark.h>

#include "infer/engine/engine.h"

namespace ferry {
namespace {

constexpr int32_t kPrompt = 48;
constexpr int32_t kAnswer = 256;

std::filesystem::path model_path() {
  const char* named = std::getenv("FERRY_BENCH_MODEL");
  return named != nullptr ? named : std::filesystem::path(FERRY_SOURCE_DIR) / "models/pilot";
}

enum Mode { off, adaptive, all };
enum Text { quote, coin, die, fresh, free_text };

Engine& engine(Mode mode) {
  static std::map<Mode, std::unique_ptr<Engine>> engines;
  std::unique_ptr<Engine>& engine = engines[mode];
  if (engine == nullptr) {
    EngineSettings settings;
    settings.max_model_len = kPrompt + kAnswer;
    settings.prefix_cache = false;
    settings.speculate = mode == off ? "off" : "ngram";
    settings.speculate_adaptive = mode == adaptive;
    engine = Engine::load(model_path(), Tokenizer::open(model_path()).value(), settings).value();
  }
  return *engine;
}

EngineRequest request(Text text, uint64_t seed) {
  EngineRequest made;
  for (int32_t i = 0; i < kPrompt; ++i) {
    made.prompt.push_back(100 + (i * 37 + static_cast<int32_t>(seed)) % 400);
  }
  made.max_tokens = kAnswer;
  made.ignore_eos = true;
  made.sampling.seed = seed;
  made.sampling.temperature = text == free_text ? 0 : 1;
  for (TokenId i = 0; i < (text == quote ? 1 : text == coin ? 2 : text == die ? 6 : 0); ++i) {
    made.sampling.adjustments.allowed.push_back(200 + i);
    made.sampling.adjustments.logit_bias.emplace_back(200 + i, 100.0f);
  }
  if (text == coin || text == die || text == fresh) made.sampling.temperature = 100;
  return made;
}

void answers(benchmark::State& state, Mode mode, Text text) {
  Engine& engine = ferry::engine(mode);
  const auto count = static_cast<int32_t>(state.range(0));
  const uint64_t steps = engine.status().steps;
  uint64_t seed = 0;
  for (auto _ : state) {
    std::mutex mutex;
    std::condition_variable changed;
    int32_t running = count;
    for (int32_t i = 0; i < count; ++i) {
      const auto submitted = engine.submit(request(text, ++seed), [&](const EngineEvent& event) {
        const std::lock_guard lock(mutex);
        if (event.finish && --running == 0) changed.notify_all();
      });
      FERRY_CHECK(submitted);
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == 0; });
  }
  const double tokens = static_cast<double>(state.iterations()) * count * kAnswer;
  state.counters["tokens/s"] = benchmark::Counter(tokens, benchmark::Counter::kIsRate);
  state.counters["tokens/step"] = tokens / static_cast<double>(engine.status().steps - steps);
}

#define FERRY_BENCH_TEXT(text)                                                             \
  BENCHMARK_CAPTURE(answers, text##_off, off, text)->Arg(1)->Arg(8)->UseRealTime();        \
  BENCHMARK_CAPTURE(answers, text##_ngram, adaptive, text)->Arg(1)->Arg(8)->UseRealTime(); \
  BENCHMARK_CAPTURE(answers, text##_all, all, text)->Arg(1)->Arg(8)->UseRealTime()

FERRY_BENCH_TEXT(quote);
FERRY_BENCH_TEXT(coin);
FERRY_BENCH_TEXT(die);
FERRY_BENCH_TEXT(fresh);
FERRY_BENCH_TEXT(free_text);

}  // namespace
}  // namespace ferry
