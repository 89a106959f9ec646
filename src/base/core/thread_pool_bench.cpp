// What one loop over the threads costs beside its work: a step of a small model makes some hundreds.

#include <benchmark/benchmark.h>

#include "base/core/cpu_quota.h"
#include "base/core/thread_pool.h"

namespace ferry {
namespace {

void empty_loop(benchmark::State& state) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) pool.parallel_for(pool.size() * 4, 1, [](int64_t, int64_t) {});
}
BENCHMARK(empty_loop)->Arg(1)->Arg(2)->Arg(16)->UseRealTime();

// With something of the caller's own between the loops.
void loop_after_pause(benchmark::State& state) {
  ThreadPool pool(usable_cores());
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i) benchmark::DoNotOptimize(i);
    pool.parallel_for(pool.size() * 4, 1, [](int64_t, int64_t) {});
  }
}
BENCHMARK(loop_after_pause)->Arg(1000)->Arg(100000)->UseRealTime();

}  // namespace
}  // namespace ferry
