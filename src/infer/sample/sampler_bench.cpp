// What picking one token costs, on rows like those of a language model with 128k tokens.

#include <cmath>

#include <benchmark/benchmark.h>

#include "base/core/rng.h"
#include "infer/sample/sampler.h"

namespace ferry {
namespace {

constexpr size_t kVocab = 128256;

// A few likely tokens above a broad bell, as real rows are. steepness 0: all of it bell, a high temperature's
// worst case.
std::vector<float> make_row(double steepness) {
  Rng rng(3);
  std::vector<float> row(kVocab);
  for (float& logit : row) logit = static_cast<float>(rng.gaussian() * 2);
  for (int i = 0; i < 50; ++i) row[rng.below(kVocab)] += static_cast<float>(steepness / (1 + i));
  return row;
}

void sample(benchmark::State& state, const SamplingParams& params, double steepness = 14) {
  const std::vector<float> row = make_row(steepness);
  std::vector<float> logits = row;
  Sampler sampler(params, {});
  for (auto _ : state) {
    benchmark::DoNotOptimize(sampler.sample(logits));
    if (params.adjustments.repetition_penalty != 1) logits = row;  // else nothing changes it
  }
}

void greedy(benchmark::State& s) {
  sample(s, {.temperature = 0});
}
void temperature(benchmark::State& s) {
  sample(s, {.temperature = 0.8f});
}
void top_p(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .top_p = 0.95f});
}
void top_p_of_a_flat_row(benchmark::State& s) {
  sample(s, {.temperature = 1.0f, .top_p = 0.95f}, 0);
}
void top_k(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .top_k = 50});
}
void min_p(benchmark::State& s) {
  sample(s, {.temperature = 1.0f, .min_p = 0.05f});
}
void top_k_and_top_p(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .top_p = 0.95f, .top_k = 50});
}
void typical_p(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .typical_p = 0.9f});
}
void logprobs(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .logprobs = 20});
}
void penalties_and_a_copy_of_the_row(benchmark::State& s) {
  sample(s, {.temperature = 0.8f, .adjustments = {.repetition_penalty = 1.1f}});
}
BENCHMARK(greedy)->Unit(benchmark::kMicrosecond);
BENCHMARK(temperature)->Unit(benchmark::kMicrosecond);
BENCHMARK(top_p)->Unit(benchmark::kMicrosecond);
BENCHMARK(top_p_of_a_flat_row)->Unit(benchmark::kMicrosecond);
BENCHMARK(top_k)->Unit(benchmark::kMicrosecond);
BENCHMARK(min_p)->Unit(benchmark::kMicrosecond);
BENCHMARK(top_k_and_top_p)->Unit(benchmark::kMicrosecond);
BENCHMARK(typical_p)->Unit(benchmark::kMicrosecond);
BENCHMARK(logprobs)->Unit(benchmark::kMicrosecond);
BENCHMARK(penalties_and_a_copy_of_the_row)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ferry
