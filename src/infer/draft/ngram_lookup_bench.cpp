// What a guess costs, by the length of the text: nothing that grows with it.

#include <benchmark/benchmark.h>

#include "base/core/rng.h"
#include "infer/draft/ngram_lookup.h"

namespace ferry {
namespace {

// A text that quotes itself every hundred tokens, one token longer with each call.
void propose_8(benchmark::State& state) {
  Rng rng(1);
  std::vector<TokenId> text;
  const auto append = [&] {
    const bool quote = text.size() > 5000 && text.size() % 200 < 100;
    text.push_back(quote ? text[text.size() - 5000] : static_cast<TokenId>(rng.below(30000)));
  };
  while (std::ssize(text) < state.range(0)) append();
  NgramLookup drafter;
  std::vector<TokenId> guesses;
  drafter.propose(text, 8, guesses);
  for (auto _ : state) {
    append();
    guesses.clear();
    drafter.propose(text, 8, guesses);
    benchmark::DoNotOptimize(guesses.data());
  }
}
BENCHMARK(propose_8)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 18)->Iterations(20000);

void index_a_prompt(benchmark::State& state) {
  Rng rng(1);
  std::vector<TokenId> text;
  for (int64_t i = 0; i < state.range(0); ++i) text.push_back(static_cast<TokenId>(rng.below(30000)));
  for (auto _ : state) {
    NgramLookup drafter;
    std::vector<TokenId> guesses;
    drafter.propose(text, 8, guesses);
  }
}
BENCHMARK(index_a_prompt)->Arg(1 << 10)->Arg(1 << 17)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ferry
