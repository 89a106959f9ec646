#include "infer/model/random_model.h"

#include <cmath>

#include <gtest/gtest.h>

#include "infer/formats/test_files.h"
#include "infer/model/describe.h"
#include "infer/model/test_models.h"

namespace ferry {
namespace {

constexpr ModelShape kTiny = {"tiny", "llama", 2, 256, 4, 2, 64, 512, 1000, 4096, 10000, true};

TEST(Shapes, AreFoundByName) {
  EXPECT_EQ(find_shape("llama-3.2-1b")->vocab, 128256);
  const auto missing = find_shape("llama-3.2-1");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("did you mean llama-3.2-1b?"), std::string::npos);
}

// The published numbers of parameters.
TEST(Shapes, HaveTheRightSize) {
  const std::pair<std::string_view, double> sizes[] = {
      {"smollm2-135m", 134.5e6}, {"llama-3.2-1b", 1235.8e6}, {"llama-3.1-8b", 8030.3e6},
      {"mistral-7b", 7248.0e6},  {"qwen3-0.6b", 596.0e6},    {"qwen3-8b", 8190.7e6},
  };
  for (const auto& [name, parameters] : sizes) {
    const ModelShape s = find_shape(name).value();
    const double q = s.heads * s.head_dim, kv = s.kv_heads * s.head_dim;
    const double layer = s.hidden * (2 * q + 2 * kv + 3.0 * s.intermediate + 2);
    const double total =
        s.layers * layer + static_cast<double>(s.hidden) * s.vocab * (s.tied_embeddings ? 1 : 2);
    EXPECT_NEAR(total / parameters, 1, 1e-3) << name;
  }
}

TEST(RandomModel, OfEveryTypeLoadsAndAnswersWithNumbers) {
  ThreadPool pool(1);
  for (const DType dtype :
       {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
    SCOPED_TRACE(dtype_info(dtype).name);
    const TestFolder folder;
    const std::filesystem::path path = folder.path() / "random.gguf";
    const auto written = write_random_model(kTiny, dtype, path);
    ASSERT_TRUE(written) << written.error().message;
    const ModelDescription description = describe(path).value();
    EXPECT_EQ(description.spec.hidden, 256);
    EXPECT_EQ(description.spec.vocab, 1000);
    EXPECT_TRUE(description.spec.tied_embeddings);
    EXPECT_EQ(description.dtypes.at(0).dtype, dtype);

    const auto model = must(
        Model::load(path, {.table = kernels::choose_table().value(), .max_rows = 64, .progress = {}}, pool));
    KvCache cache = KvCache::create(model->kv_geometry(KvType::bf16), 1).value();
    std::vector<float> logits(1000);
    const int32_t tokens[] = {1, 500};
    const PageId pages[] = {0};
    const BatchSequence sequence{pages, 0, 2};
    const int32_t row = 1;
    model->forward({tokens, {&sequence, 1}, {&row, 1}}, cache, pool, logits.data());
    double squares = 0;
    for (const float logit : logits) squares += double{logit} * logit;
    EXPECT_TRUE(std::isfinite(squares));
    // The final norm makes 256 numbers of size 1; weights of deviation 0.02 make logits of 0.32 of them.
    EXPECT_NEAR(std::sqrt(squares / 1000), 0.32, 0.1);
  }
}

TEST(RandomModel, RefusesRowsThatAreNoWholeBlocks) {
  ModelShape odd = kTiny;
  odd.intermediate = 500;
  const auto written = write_random_model(odd, DType::q8_0, "/nonexistent/x.gguf");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("rows of 500 weights are no whole number of blocks of 32"),
            std::string::npos);
}

}  // namespace
}  // namespace ferry
