#pragma once
// How fast a model runs here, beside what the machine could do.
//
// The limit of a step is the longer of two times: its products at the speed of the table's matrix unit, and
// its bytes at the speed of reading memory. With P the weights of all layers' matrices, H the head's (hidden
// size times vocabulary), L layers, h heads of d dimensions, g kv heads, for rows r at positions p(r):
//   operations = 2 · rows · P + 2 · (rows with logits) · H + 4 · L · h · d · sum over rows of (p(r) + 1)
//   bytes      = packed weights, once each (a batch reads them together; the embedding only where it is the
//                head) + keys and values, 2 · L · g · bytes of a head · sum over sequences of positions
// Norms, rotations and sampling count nothing: they are there to be hidden. A sliding window shortens p(r) +
// 1 and the positions read.

#include <cstdint>
#include <vector>

#include "base/core/result.h"
#include "base/core/thread_pool.h"
#include "infer/bench/limits.h"
#include "infer/model/model.h"

namespace ferry {

enum class BenchPhase : uint8_t { prefill, decode };

struct BenchCase {
  BenchPhase phase = BenchPhase::prefill;
  int32_t batch = 1;    // sequences
  int32_t prompt = 0;   // prefill: tokens of each, from position 0 on, logits of the last
  int32_t context = 0;  // decode: tokens before the one that is computed
};

// Of all sequences, from one prompt to its first logits or from one token to the next.
struct BenchCost {
  double operations = 0;
  double bytes = 0;
};
BenchCost bench_cost(const ArchSpec& spec, int64_t weight_bytes, KvType kv_type, const BenchCase& what);

struct BenchResult {
  BenchCase what;
  double seconds = 0;  // the median of the runs
  int runs = 0;
  double tokens_per_s = 0;
  double fraction_of_limit = 0;
  bool memory_bound = false;  // which of the two limits it is
};

struct BenchOptions {
  KvType kv_type = KvType::bf16;
  double min_seconds = 2;  // of each case, and at least three runs
};

// Runs the cases one after the other. The prompts are random tokens.
// resource_exhausted when the KV cache of a case does not fit.
Result<std::vector<BenchResult>> run_bench(Model& model, ThreadPool& pool, const MachineLimits& limits,
                                           const std::vector<BenchCase>& cases, const BenchOptions& options);

}  // namespace ferry
