// The comparison of wide_answers.h for every table of kernels, type of weights and type of keys and values
// that there is here. An error is a difference. Minutes; FERRY_BENCH_WIDE=avx2 takes those cases only whose
// name has that in it.

#include <cstdlib>

#include <benchmark/benchmark.h>

#include "infer/engine/wide_answers.h"
#include "infer/model/options.h"

namespace ferry {
namespace {

void compare(benchmark::State& state, DType dtype, const WideCase& wide) {
  for (auto _ : state) {
    const WideModel model(dtype);
    const WideReport report = WideAnswers(model, wide).compare();
    if (!report.failure.empty()) return state.SkipWithError(report.failure.c_str());
    state.counters["answers"] = static_cast<double>(report.answers);
    state.counters["cached"] = static_cast<double>(report.cached_tokens);
    state.counters["preemptions"] = static_cast<double>(report.preemptions);
    state.counters["accepted"] = static_cast<double>(report.accepted);
  }
}

void add(DType dtype, const WideCase& wide) {
  const std::string name = fmt::format("wide_answers/{}/{}/{}/kv_{}", wide.kernels, dtype_info(dtype).name,
                                       wide.arithmetic, wide.kv_type);
  const char* wanted = std::getenv("FERRY_BENCH_WIDE");
  if (wanted != nullptr && name.find(wanted) == std::string::npos) return;
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { compare(state, dtype, wide); })
      ->Iterations(1)
      ->Unit(benchmark::kSecond)
      ->UseRealTime();
}

// Slow tables get prompts that end within two pages, fast ones prompts beyond the first span of attention.
WideCase size_for(const char* kernels) {
  const std::string_view table = kernels;
  if (table == "reference") return {.kernels = kernels, .prompt = 36, .answer = 3};
  if (table == "sse2") return {.kernels = kernels, .prompt = 70, .answer = 8};
  return {.kernels = kernels, .prompt = 300, .answer = 24};
}

const bool kAdded = [] {
  for (const char* kernels : {"amx", "avx512bf16", "avx512", "avx2", "sse2", "reference"}) {
    if (!make_model_options(kernels, "bf16")) continue;  // not on this machine
    for (const DType dtype : {DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k, DType::bf16, DType::f16}) {
      WideCase wide = size_for(kernels);
      add(dtype, wide);
      wide.kv_type = "int8";
      add(dtype, wide);
      wide.kv_type = "bf16";
      wide.arithmetic = "int8";
      const bool is_blocks = dtype != DType::bf16 && dtype != DType::f16;
      if (is_blocks) add(dtype, wide);
    }
  }
  return true;
}();

}  // namespace
}  // namespace ferry
