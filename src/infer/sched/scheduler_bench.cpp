// The simulation at full length (simulation_test.cpp runs a part of it), and what a step's plan costs.

#include <algorithm>

#include <benchmark/benchmark.h>

#include "infer/sched/simulation.h"

namespace ferry {
namespace {

void million_simulated_steps(benchmark::State& state) {
  for (auto _ : state) {
    const SimulationReport report = simulate(1000000, 1000000);
    if (!report.failure.empty()) state.SkipWithError(report.failure.c_str());
    state.counters["answers"] = static_cast<double>(report.answers);
    state.counters["cancelled"] = static_cast<double>(report.cancelled);
    state.counters["preemptions"] = static_cast<double>(report.preemptions);
    state.counters["copies"] = static_cast<double>(report.copies);
    state.counters["hits"] = static_cast<double>(report.hits);
    state.counters["drafts"] = static_cast<double>(report.drafts);
    state.counters["accepted"] = static_cast<double>(report.accepted);
    state.counters["longest_wait"] = static_cast<double>(report.longest_wait);
  }
}
BENCHMARK(million_simulated_steps)->Iterations(1)->Unit(benchmark::kSecond);

void add(Scheduler& scheduler, SequenceRequest request) {
  FERRY_CHECK(scheduler.add(std::move(request)));
}

// Planning and committing one step of 60 running answers, while others with prompts of 2000 tokens wait for
// rows.
void plan_one_step(benchmark::State& state) {
  constexpr SequenceId kAnswers = 60;
  constexpr int32_t kSteps = 2000;
  PagePool pool(64 * 80, 32);
  Scheduler scheduler({.max_step_tokens = 64}, pool);
  for (SequenceId id = 0; id < kAnswers; ++id) {
    add(scheduler, {.ids = {id}, .prompt = {static_cast<TokenId>(id)}, .max_new_tokens = kSteps + 1});
  }
  const std::vector<TokenId> sampled(kAnswers, 1);
  scheduler.commit(scheduler.next(), sampled);
  const auto waiting = static_cast<SequenceId>(state.range(0));
  for (SequenceId id = kAnswers; id < kAnswers + waiting; ++id) {
    add(scheduler, {.ids = {id}, .prompt = std::vector<TokenId>(2000, static_cast<TokenId>(id))});
  }
  for (auto _ : state) {
    const StepPlan plan = scheduler.next();
    const auto samples = std::ranges::count_if(plan.sequences, &PlannedSequence::samples);
    scheduler.commit(plan, std::vector<TokenId>(static_cast<size_t>(samples), 1));
  }
}
BENCHMARK(plan_one_step)->Arg(0)->Arg(1000)->Iterations(2000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ferry
