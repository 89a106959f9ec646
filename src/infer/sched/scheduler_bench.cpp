// The simulation at full length (simulation_test.cpp runs a part of it), and what a step's plan costs.

#include <benchmark/benchmark.h>

#include "infer/sched/simulation.h"

namespace ferry {
namespace {

void MillionSimulatedSteps(benchmark::State& state) {
  for (auto _ : state) {
    const SimulationReport report = simulate(1000000, 1000000);
    if (!report.failure.empty()) state.SkipWithError(report.failure.c_str());
    state.counters["answers"] = static_cast<double>(report.answers);
    state.counters["cancelled"] = static_cast<double>(report.cancelled);
    state.counters["preemptions"] = static_cast<double>(report.preemptions);
    state.counters["copies"] = static_cast<double>(report.copies);
    state.counters["hits"] = static_cast<double>(report.hits);
    state.counters["longest_wait"] = static_cast<double>(report.longest_wait);
  }
}
BENCHMARK(MillionSimulatedSteps)->Iterations(1)->Unit(benchmark::kSecond);

// Planning and committing one step of 64 running answers, while `waiting` others with prompts of 2000 tokens
// queue.
void PlanOneStep(benchmark::State& state) {
  PagePool pool(64 * 80, 32);
  Scheduler scheduler({}, pool);
  const auto waiting = static_cast<SequenceId>(state.range(0));
  for (SequenceId id = 0; id < 64; ++id) {
    scheduler.add({.ids = {id}, .prompt = {static_cast<TokenId>(id)}, .max_new_tokens = 2500}).value();
  }
  for (SequenceId id = 64; id < 64 + waiting; ++id) {
    const std::vector<TokenId> prompt(2000, static_cast<TokenId>(id));
    scheduler.add({.ids = {id}, .prompt = prompt, .max_new_tokens = 10}).value();
  }
  const std::vector<TokenId> sampled(64, 1);
  int64_t tokens = 0;
  for (auto _ : state) {
    const StepPlan plan = scheduler.next();
    scheduler.commit(plan, std::span(sampled).first(plan.sequences.size()));
    if (++tokens < 2400) continue;
    state.PauseTiming();
    for (SequenceId id = 0; id < 64; ++id) {
      scheduler.remove(id);
      scheduler
          .add({.ids = {id}, .prompt = {static_cast<TokenId>(id)}, .max_new_tokens = 2500, .priority = -1})
          .value();
    }
    tokens = 0;
    state.ResumeTiming();
  }
}
BENCHMARK(PlanOneStep)->Arg(0)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ferry
