#include "infer/bench/bench.h"

#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "infer/model/describe.h"
#include "infer/model/random_model.h"

namespace ferry {
namespace {

constexpr ModelShape kTiny = {"tiny", "llama", 2, 256, 4, 2, 64, 512, 1000, 4096, 10000, true};

class TemporaryModel {
 public:
  TemporaryModel(const ModelShape& shape, DType dtype)
      : path_(std::filesystem::temp_directory_path() / fmt::format("ferry_bench_test_{}.gguf", ::getpid())) {
    const auto written = write_random_model(shape, dtype, path_);
    EXPECT_TRUE(written) << written.error().message;
  }
  ~TemporaryModel() { std::filesystem::remove(path_); }
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<Model> load(const std::filesystem::path& path, ThreadPool& pool) {
  auto model =
      Model::load(path, {.table = kernels::choose_table().value(), .max_rows = 64, .progress = {}}, pool);
  EXPECT_TRUE(model) << model.error().message;
  return *std::move(model);
}

ArchSpec tiny_spec() {
  ArchSpec spec;
  spec.vocab = 1000;
  spec.hidden = 256;
  spec.heads = 4;
  spec.kv_heads = 2;
  spec.head_dim = 64;
  spec.intermediate = 512;
  spec.layers.resize(2);
  spec.tied_embeddings = true;
  return spec;
}

TEST(BenchCost, IsCountedByHand) {
  // A layer: q and out 256 x 256 each, k and v 256 x 128 each, three of 256 x 512.
  constexpr double kLayer = 2 * 65536 + 2 * 32768 + 3 * 131072;
  const ArchSpec spec = tiny_spec();
  const BenchCost decode =
      bench_cost(spec, 1'000'000, KvType::bf16, {.phase = BenchPhase::decode, .batch = 3, .context = 9});
  EXPECT_EQ(decode.operations, 3 * (2 * 2 * kLayer + 2 * 256000) + 3 * 2 * 4 * 256 * 10);
  EXPECT_EQ(decode.bytes, 1'000'000 + 3 * 2 * 2 * 128 * 2 * 10);
  const BenchCost prefill =
      bench_cost(spec, 1'000'000, KvType::bf16, {.phase = BenchPhase::prefill, .batch = 1, .prompt = 4});
  EXPECT_EQ(prefill.operations, 4 * 2 * 2 * kLayer + 2 * 256000 + 2 * 4 * 256 * (1 + 2 + 3 + 4));
  EXPECT_EQ(prefill.bytes, 1'000'000 + 2 * 2 * 128 * 2 * 4);
}

TEST(BenchCost, KnowsWindowsAndEmbeddingsThatAreNotTheHead) {
  ArchSpec spec = tiny_spec();
  spec.layers[0].window = 5;
  const BenchCase what = {.phase = BenchPhase::decode, .batch = 1, .context = 99};
  const double full = bench_cost(tiny_spec(), 0, KvType::f32, what).bytes;
  EXPECT_EQ(full - bench_cost(spec, 0, KvType::f32, what).bytes, 2 * 128 * 4 * (100 - 5));
  spec = tiny_spec();
  spec.tied_embeddings = false;
  const double matrices = 2 * 589824.0 + 256000;
  EXPECT_DOUBLE_EQ(bench_cost(spec, 1'000'000, KvType::bf16, what).bytes - 2 * 2 * 128 * 2 * 100,
                   1e6 * matrices / (matrices + 256000));
}

TEST(Bench, MeasuresEachCaseBesideTheLimit) {
  ThreadPool pool(2);
  const TemporaryModel file(kTiny, DType::q8_0);
  const auto model = load(file.path(), pool);
  ForwardProfile profile;
  model->set_profile(&profile);
  const MachineLimits limits{.read_bytes_s = 1e15, .matrix_flops_s = 1e15, .unit = "unreachable"};
  const std::vector<BenchCase> cases = {{.phase = BenchPhase::prefill, .batch = 2, .prompt = 100},
                                        {.phase = BenchPhase::decode, .batch = 5, .context = 70}};
  const auto results = run_bench(*model, pool, limits, cases, {.min_seconds = 0.01});
  ASSERT_TRUE(results) << results.error().message;
  ASSERT_EQ(results->size(), 2u);
  for (const BenchResult& result : *results) {
    EXPECT_GE(result.runs, 3);
    EXPECT_GT(result.seconds, 0);
    EXPECT_LT(result.fraction_of_limit, 1);
    EXPECT_GT(result.fraction_of_limit, 0);
  }
  EXPECT_DOUBLE_EQ((*results)[0].tokens_per_s, 200 / (*results)[0].seconds);
  EXPECT_DOUBLE_EQ((*results)[1].tokens_per_s, 5 / (*results)[1].seconds);
  for (size_t i = 0; i < kOpNames.size(); ++i)
    EXPECT_GT(profile.seconds(static_cast<Op>(i)), 0) << kOpNames[i];
}

TEST(Limits, AreMeasured) {
  ThreadPool pool(1);
  const MachineLimits limits = measure_limits(kernels::choose_table().value()->unit, pool).value();
  EXPECT_GT(limits.read_bytes_s, 1e8);
  EXPECT_GT(limits.matrix_flops_s, 1e8);
  EXPECT_FALSE(limits.unit.empty());
}

TEST(Limits, EveryTableHasAUnit) {
  for (const kernels::KernelTable* table : kernels::all_tables()) {
    for (const kernels::MatrixUnit& unit : {table->unit, table->int8_unit}) {
      EXPECT_GT(unit.flops_per_round, 0) << table->name;
      if (table->supported()) unit.run(10);
    }
  }
}

}  // namespace
}  // namespace ferry
