#include "infer/bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/core/rng.h"

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLeastRuns = 3;

// The sum of min(p + 1, window) for the positions p from `first` on.
double visible(int64_t first, int64_t count, int32_t window) {
  double sum = 0;
  for (int64_t p = first; p < first + count; ++p) {
    sum += static_cast<double>(window > 0 ? std::min<int64_t>(p + 1, window) : p + 1);
  }
  return sum;
}

double layer_weights(const ArchSpec& spec) {
  const double attention = 2.0 * spec.q_width() + 2.0 * spec.kv_width();
  return spec.hidden * (attention + 3.0 * spec.intermediate);
}

// The rows of one case, step by step.
class CaseRunner {
 public:
  static Result<CaseRunner> create(Model& model, ThreadPool& pool, const BenchCase& what, KvType kv_type) {
    CaseRunner runner(model, pool, what);
    const int32_t positions = what.phase == BenchPhase::prefill ? what.prompt : what.context + 1;
    const KvGeometry geometry = model.kv_geometry(kv_type);
    const int32_t pages_each = (positions + geometry.page_tokens - 1) / geometry.page_tokens;
    FERRY_TRY(runner.cache_, KvCache::create(geometry, pages_each * what.batch));
    runner.share_pages(pages_each);
    runner.draw_tokens(positions);
    const auto vocab = static_cast<size_t>(model.spec().vocab);
    FERRY_TRY(runner.logits_, Buffer::allocate(vocab * static_cast<size_t>(what.batch) * sizeof(float)));
    return runner;
  }

  // Fills what decoding finds in the cache.
  void prepare() {
    if (what_.phase == BenchPhase::prefill) return;
    compute(0, 0, what_.context);
    copy_pages();
  }

  void step() {
    if (what_.phase == BenchPhase::decode) return decode();
    for (int32_t sequence = 0; sequence < what_.batch; ++sequence) compute(sequence, 0, what_.prompt);
  }

 private:
  CaseRunner(Model& model, ThreadPool& pool, const BenchCase& what)
      : model_(&model), pool_(&pool), what_(what) {}

  void share_pages(int32_t each) {
    for (int32_t sequence = 0; sequence < what_.batch; ++sequence) {
      std::vector<PageId>& pages = pages_.emplace_back();
      for (int32_t i = 0; i < each; ++i) pages.push_back(sequence * each + i);
    }
  }

  void draw_tokens(int32_t count) {
    Rng rng(7);
    for (int32_t i = 0; i < count; ++i) {
      tokens_.push_back(static_cast<int32_t>(rng.below(static_cast<uint64_t>(model_->spec().vocab))));
    }
  }

  // Positions [first, last) of one sequence, in pieces that the model takes, with the logits of the last.
  void compute(int32_t sequence, int32_t first, int32_t last) {
    while (first < last) {
      const int32_t rows = std::min(last - first, model_->max_rows());
      const BatchSequence part{pages_[static_cast<size_t>(sequence)], first, rows};
      const int32_t last_row = rows - 1;
      const bool is_last = first + rows == last;
      model_->forward({std::span(tokens_).subspan(static_cast<size_t>(first), static_cast<size_t>(rows)),
                       {&part, 1},
                       {&last_row, is_last ? 1u : 0u}},
                      cache_, *pool_, logits_.as<float>());
      first += rows;
    }
  }

  // What the first sequence has in the cache, into the others' pages.
  void copy_pages() {
    const int64_t bytes = cache_.geometry().page_bytes();
    for (int32_t layer = 0; layer < cache_.geometry().layers; ++layer) {
      std::byte* pages = cache_.layer(layer);
      for (size_t sequence = 1; sequence < pages_.size(); ++sequence) {
        for (size_t i = 0; i < pages_[0].size(); ++i) {
          std::memcpy(pages + pages_[sequence][i] * bytes, pages + pages_[0][i] * bytes,
                      static_cast<size_t>(bytes));
        }
      }
    }
  }

  // One token of each sequence, always at the same position.
  void decode() {
    std::vector<int32_t> tokens, rows;
    std::vector<BatchSequence> sequences;
    for (int32_t i = 0; i < what_.batch; ++i) {
      tokens.push_back(tokens_[static_cast<size_t>(i) % tokens_.size()]);
      rows.push_back(i);
      sequences.push_back({pages_[static_cast<size_t>(i)], what_.context, 1});
    }
    model_->forward({tokens, sequences, rows}, cache_, *pool_, logits_.as<float>());
  }

  Model* model_;
  ThreadPool* pool_;
  BenchCase what_;
  KvCache cache_;
  std::vector<std::vector<PageId>> pages_;  // of each sequence
  std::vector<int32_t> tokens_;
  Buffer logits_;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Result<BenchResult> run_case(Model& model, ThreadPool& pool, const MachineLimits& limits,
                             const BenchCase& what, const BenchOptions& options) {
  FERRY_TRY(CaseRunner runner, CaseRunner::create(model, pool, what, options.kv_type));
  runner.prepare();
  runner.step();  // memory is touched for the first time
  std::vector<double> seconds;
  const Clock::time_point begin = Clock::now();
  while (std::ssize(seconds) < kLeastRuns ||
         std::chrono::duration<double>(Clock::now() - begin).count() < options.min_seconds) {
    const Clock::time_point step_begin = Clock::now();
    runner.step();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - step_begin).count());
  }

  const BenchCost cost = bench_cost(model.spec(), model.weight_bytes(), options.kv_type, what);
  const double compute_seconds = cost.operations / limits.matrix_flops_s;
  const double memory_seconds = cost.bytes / limits.read_bytes_s;
  const int32_t tokens = what.batch * (what.phase == BenchPhase::prefill ? what.prompt : 1);
  BenchResult result;
  result.what = what;
  result.runs = static_cast<int>(seconds.size());
  result.seconds = median(std::move(seconds));
  result.tokens_per_s = tokens / result.seconds;
  result.memory_bound = memory_seconds > compute_seconds;
  result.fraction_of_limit = std::max(compute_seconds, memory_seconds) / result.seconds;
  return result;
}

}  // namespace

BenchCost bench_cost(const ArchSpec& spec, int64_t weight_bytes, KvType kv_type, const BenchCase& what) {
  const bool prefill = what.phase == BenchPhase::prefill;
  const double batch = what.batch;
  const double rows = batch * (prefill ? what.prompt : 1);
  const double head = static_cast<double>(spec.hidden) * spec.vocab;
  const double layers = static_cast<double>(spec.layers.size()) * layer_weights(spec);
  BenchCost cost;
  cost.operations = 2 * rows * layers + 2 * batch * head;
  // An embedding that is not the head is read for a row a token only.
  const double matrices = layers + head;
  cost.bytes = static_cast<double>(weight_bytes) * (spec.tied_embeddings ? 1 : matrices / (matrices + head));
  const auto kv_position = static_cast<double>(spec.kv_heads * kv_head_bytes(kv_type, spec.head_dim));
  for (const LayerSpec& layer : spec.layers) {
    const double seen =
        prefill ? visible(0, what.prompt, layer.window) : visible(what.context, 1, layer.window);
    cost.operations += 4 * batch * spec.q_width() * seen;
    const double positions = prefill ? what.prompt : seen;
    cost.bytes += 2 * batch * kv_position * positions;
  }
  return cost;
}

Result<std::vector<BenchResult>> run_bench(Model& model, ThreadPool& pool, const MachineLimits& limits,
                                           const std::vector<BenchCase>& cases, const BenchOptions& options) {
  std::vector<BenchResult> results;
  for (const BenchCase& what : cases) {
    FERRY_TRY(BenchResult result, run_case(model, pool, limits, what, options));
    results.push_back(result);
  }
  return results;
}

}  // namespace ferry
