// What recording costs the thread that answers a request.

#include <benchmark/benchmark.h>

#include "serve/traffic/recorder.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

Recorder& recorder() {
  static const TestFolder folder;
  static const std::unique_ptr<Recorder> recorder = Recorder::open(folder.path(), {}).value();
  return *recorder;
}

void BM_Intent(benchmark::State& state) {
  Intent intent = test_intent(1);
  for (auto _ : state) {
    intent.exchange = ExchangeId::make(kTestTime);
    if (!recorder().intent(intent)) state.SkipWithError("an intent was refused");
  }
}
BENCHMARK(BM_Intent)->Threads(1)->Threads(2)->Threads(4)->Iterations(50'000)->UseRealTime();

void BM_Outcome(benchmark::State& state) {
  Outcome outcome = test_outcome(1);
  for (auto _ : state) {
    outcome.exchange = ExchangeId::make(kTestTime);
    recorder().outcome(outcome);
  }
}
BENCHMARK(BM_Outcome)->Threads(1)->Threads(2)->Threads(4)->Iterations(50'000)->UseRealTime();

void BM_ExchangeId(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ExchangeId::make(kTestTime));
}
BENCHMARK(BM_ExchangeId);

void BM_RequestDigest(benchmark::State& state) {
  const std::string body(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(sha256(body));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_RequestDigest)->Arg(1 << 10)->Arg(100 << 10);

// How fast the journal is carried into the database: the rate that can be kept up.
void BM_Carry(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const TestFolder folder;
    const auto one = Recorder::open(folder.path(), {}).value();
    for (uint64_t n = 0; n < 10'000; ++n) {
      Intent intent = test_intent(n);
      Outcome outcome = test_outcome(n);
      intent.exchange = outcome.exchange = ExchangeId::make(kTestTime);
      if (!one->intent(intent)) state.SkipWithError("an intent was refused");
      one->outcome(outcome);
    }
    state.ResumeTiming();
    if (!one->flush()) state.SkipWithError("the journal was not carried");
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_Carry)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ferry
