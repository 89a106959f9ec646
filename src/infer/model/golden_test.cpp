// Every family and every weight type against transformers (tests/golden/model/make.py).

#include <numeric>

#include "infer/model/test_models.h"

namespace ferry {
namespace {

constexpr double kF32Tolerance = 1e-4;  // of the largest logit

class Golden : public testing::TestWithParam<GoldenCase> {
 protected:
  std::unique_ptr<Model> load(const kernels::KernelTable* table, kernels::Arithmetic arithmetic) {
    return must(Model::load(golden_folder() / GetParam().path,
                            {.table = table, .arithmetic = arithmetic, .progress = {}}, pool_));
  }

  const Expected expected_ = read_expected(GetParam().expected);
  ThreadPool pool_{2};
};

TEST_P(Golden, F32LogitsEqualTheOracleAtEveryPosition) {
  for (const auto* table : supported_tables()) {
    const auto model = load(table, kernels::Arithmetic::f32);
    Sequence sequence(*model, KvType::f32, 512);
    const auto logits = sequence.feed(expected_.tokens, expected_.tokens.size(), pool_);
    const double error = relative_error(logits, expected_.logits);
    EXPECT_LE(error, kF32Tolerance) << table->name;
    RecordProperty(std::string(table->name), fmt::format("{:.2e}", error));
  }
}

TEST_P(Golden, F32GreedyContinuationIsTheOracles) {
  const auto* table = supported_tables().front();
  const auto model = load(table, kernels::Arithmetic::f32);
  Sequence sequence(*model, KvType::f32, 512);
  const std::span tokens(expected_.tokens);
  std::vector<float> logits = sequence.feed(tokens.first(static_cast<size_t>(expected_.prompt)), 1, pool_);
  std::vector<int32_t> continuation;
  for (int32_t i = 0; i < expected_.greedy; ++i) {
    continuation.push_back(argmax(logits.data(), expected_.vocab));
    logits = sequence.feed({&continuation.back(), 1}, 1, pool_);
  }
  const auto greedy =
      tokens.subspan(static_cast<size_t>(expected_.prompt), static_cast<size_t>(expected_.greedy));
  EXPECT_EQ(continuation, std::vector<int32_t>(greedy.begin(), greedy.end()));
}

double log_sum_exp(const float* logits, int32_t vocab) {
  const double top = *std::max_element(logits, logits + vocab);
  double sum = 0;
  for (int32_t i = 0; i < vocab; ++i) sum += std::exp(logits[i] - top);
  return top + std::log(sum);
}

TEST_P(Golden, F32TopLogProbabilitiesAreTheOracles) {
  const auto model = load(supported_tables().front(), kernels::Arithmetic::f32);
  Sequence sequence(*model, KvType::f32, 512);
  const auto logits = sequence.feed(expected_.tokens, expected_.tokens.size(), pool_);
  auto row = static_cast<size_t>(expected_.prompt) - 1;
  for (const json::value& step : expected_.document.at("top5").get_array()) {
    const float* own = logits.data() + row++ * static_cast<size_t>(expected_.vocab);
    for (const json::value& pair : step.get_array()) {
      const double log_probability = own[pair.at(0).get_int64()] - log_sum_exp(own, expected_.vocab);
      EXPECT_NEAR(log_probability, pair.at(1).to_number<double>(), 0.01);
    }
  }
}

double cosine(const float* a, const float* b, int32_t n) {
  const double dot = std::inner_product(a, a + n, b, 0.0);
  return dot / std::sqrt(std::inner_product(a, a + n, a, 0.0) * std::inner_product(b, b + n, b, 0.0));
}

struct Nearness {
  double least_cosine = 1;
  double worst_gap = 0;  // by how much the oracle prefers its own choice to ours, in nats
};

Nearness nearness(const std::vector<float>& logits, const Expected& expected) {
  Nearness near;
  for (size_t i = 0; i < expected.tokens.size(); ++i) {
    const float* own = logits.data() + i * static_cast<size_t>(expected.vocab);
    const float* oracle = expected.row(i);
    near.least_cosine = std::min(near.least_cosine, cosine(own, oracle, expected.vocab));
    const float gap = oracle[argmax(oracle, expected.vocab)] - oracle[argmax(own, expected.vocab)];
    near.worst_gap = std::max(near.worst_gap, static_cast<double>(gap));
  }
  return near;
}

// Rounding to 16 bits may swap near ties: our choice must be one that the oracle finds almost as good. Keys
// and values in 8 bits are ten times as coarse.
TEST_P(Golden, RoundedLogitsAreNearTheOracleAtEveryPosition) {
  for (const auto* table : supported_tables()) {
    const auto model = load(table, kernels::Arithmetic::bf16);
    for (const KvType kv : {KvType::bf16, KvType::int8}) {
      SCOPED_TRACE(fmt::format("{}, KV in {}", table->name, kv_type_name(kv)));
      Sequence sequence(*model, kv, 512);
      const Nearness near =
          nearness(sequence.feed(expected_.tokens, expected_.tokens.size(), pool_), expected_);
      EXPECT_GE(near.least_cosine, kv == KvType::int8 ? 0.99 : 0.999);
      EXPECT_LE(near.worst_gap, kv == KvType::int8 ? 1.5 : 0.5);
      RecordProperty(fmt::format("{}_{}", table->name, kv_type_name(kv)),
                     fmt::format("cosine {:.6f} gap {:.3f}", near.least_cosine, near.worst_gap));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Model, Golden, testing::ValuesIn(golden_cases()),
                         [](const auto& test) { return case_name(test.param); });

}  // namespace
}  // namespace ferry
