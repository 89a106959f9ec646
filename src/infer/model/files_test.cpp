// What describe() reads from files, and the errors of files that are wrong.

#include <fstream>

#include "infer/formats/gguf_writer.h"
#include "infer/model/describe.h"
#include "infer/model/test_checkpoint.h"

namespace ferry {
namespace {

using testing::HasSubstr;

TEST(Describe, CountsWhatIsStored) {
  const ModelDescription description = must(describe(golden_folder() / "llama32"));
  EXPECT_EQ(description.format, "safetensors");
  EXPECT_EQ(description.spec.family, "llama");
  // Tied embedding; q, k, v, o and three of the feed-forward layer; two norms a layer and the last.
  const int64_t layer = 64 * 64 * 2 + 32 * 64 * 2 + 3 * 64 * 96 + 2 * 64;
  EXPECT_EQ(description.parameters, 160 * 64 + 2 * layer + 64);
  EXPECT_EQ(description.bytes, 2 * description.parameters);
  ASSERT_EQ(description.dtypes.size(), 1u);
  EXPECT_EQ(description.dtypes[0].dtype, DType::bf16);
}

TEST(Describe, TheLargestShareOfDtypesComesFirst) {
  const ModelDescription description = must(describe(golden_folder() / "llama31_q4_0.gguf"));
  EXPECT_EQ(description.format, "gguf");
  ASSERT_EQ(description.dtypes.size(), 2u);
  EXPECT_EQ(description.dtypes[0].dtype, DType::q4_0);
  EXPECT_EQ(description.dtypes[1].dtype, DType::f32);
  EXPECT_EQ(description.dtypes[1].parameters, 5 * 64);
}

TEST(Describe, ShardsCountTogether) {
  EXPECT_EQ(must(describe(golden_folder() / "qwen3_sharded")).parameters,
            must(describe(golden_folder() / "qwen3")).parameters);
}

class ModelFolder : public testing::Test {
 protected:
  Result<std::unique_ptr<Model>> load() { return load(folder_.path()); }
  Result<std::unique_ptr<Model>> load(const std::filesystem::path& path) {
    return Model::load(path, {.table = kernels::all_tables().back(), .max_rows = 4, .progress = {}}, pool_);
  }
  Result<std::unique_ptr<Model>> load(const Checkpoint& checkpoint) {
    checkpoint.write(folder_.path());
    return load();
  }
  void write(const char* name, std::string_view text) {
    ASSERT_TRUE(write_file_atomic(folder_.path() / name, text));
  }

  ThreadPool pool_{1};
  TestFolder folder_;
  Checkpoint llama_ = Checkpoint::read(golden_folder() / "llama3");
};

TEST_F(ModelFolder, MissingFilesAreNamed) {
  expect_error(load(), ErrorCode::not_found, {"config.json"});
  write("config.json", to_json(llama_.config));
  expect_error(load(), ErrorCode::not_found, {"model.safetensors"});
  expect_error(load(folder_.path() / "model.gguf"), ErrorCode::not_found, {"model.gguf"});
}

TEST_F(ModelFolder, ABrokenConfigIsAnErrorWithItsPlace) {
  write("config.json", "{\"vocab_size\": ");
  EXPECT_THAT(load().error().message, HasSubstr("config.json:1:"));
  write("config.json", "[]");
  expect_error(load(), ErrorCode::corrupt, {"config.json", "object"});
}

TEST_F(ModelFolder, ASingleSafetensorsFileAsksForItsFolder) {
  expect_error(load(golden_folder() / "llama3/model.safetensors"), ErrorCode::invalid_argument,
               {"model.safetensors", "config.json"});
}

TEST_F(ModelFolder, AFileOfAnotherKindIsRefused) {
  write("model.gguf", "not a model at all, whatever its name says");
  EXPECT_FALSE(load(folder_.path() / "model.gguf"));
}

TEST_F(ModelFolder, AMissingTensorIsNamed) {
  llama_.tensors.erase("model.layers.1.mlp.up_proj.weight");
  expect_error(load(llama_), ErrorCode::not_found,
               {"model.safetensors", "model.layers.1.mlp.up_proj.weight"});
}

TEST_F(ModelFolder, EveryMissingTensorIsNoticed) {
  for (const auto& [name, tensor] : Checkpoint::read(golden_folder() / "qwen3").tensors) {
    Checkpoint checkpoint = Checkpoint::read(golden_folder() / "qwen3");
    checkpoint.tensors.erase(name);
    expect_error(load(checkpoint), ErrorCode::not_found, {name.c_str()});
  }
}

TEST_F(ModelFolder, AWrongShapeSaysWhatWasExpectedAndFound) {
  llama_.tensors.at("model.layers.0.self_attn.k_proj.weight").shape = {64, 32};
  expect_error(load(llama_), ErrorCode::corrupt,
               {"model.layers.0.self_attn.k_proj.weight", "[64, 32]", "[32, 64]"});
}

TEST_F(ModelFolder, AnExtraDimensionIsAWrongShape) {
  llama_.tensors.at("model.norm.weight").shape = {1, 64};
  expect_error(load(llama_), ErrorCode::corrupt, {"model.norm.weight", "[1, 64]", "[64]"});
}

TEST_F(ModelFolder, AWrongConfigFitsNoTensor) {
  llama_.config["hidden_size"] = 1 << 20;
  llama_.config["intermediate_size"] = 1 << 24;
  expect_error(load(llama_), ErrorCode::corrupt, {"model.embed_tokens.weight", "[160, 1048576]"});
}

TEST_F(ModelFolder, MoreLayersThanTheFileHasAreMissed) {
  llama_.config["num_hidden_layers"] = 4096;
  expect_error(load(llama_), ErrorCode::not_found, {"model.layers.2.input_layernorm.weight"});
}

TEST_F(ModelFolder, ATensorThatWouldBeIgnoredIsRefused) {
  llama_.tensors["model.layers.0.self_attn.q_proj.bias"] = {{64}, std::vector<float>(64)};
  expect_error(load(llama_), ErrorCode::unsupported, {"model.layers.0.self_attn.q_proj.bias", "llama"});
}

TEST_F(ModelFolder, MoreLayersThanTheConfigSaysAreRefused) {
  llama_.config["num_hidden_layers"] = 1;
  expect_error(load(llama_), ErrorCode::unsupported, {"model.layers.1."});
}

TEST_F(ModelFolder, StoredRopeFrequenciesAreHarmless) {
  llama_.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {{8}, std::vector<float>(8)};
  EXPECT_TRUE(load(llama_));
}

TEST_F(ModelFolder, AStoredTiedHeadMustBeTheEmbedding) {
  Checkpoint tied = Checkpoint::read(golden_folder() / "llama32");
  tied.tensors["lm_head.weight"] = tied.tensors.at("model.embed_tokens.weight");
  EXPECT_TRUE(load(tied));
  tied.tensors.at("lm_head.weight").values[77] += 1;
  expect_error(load(tied), ErrorCode::corrupt, {"lm_head.weight", "ties"});
}

TEST_F(ModelFolder, EveryTruncationIsAnError) {
  const std::string whole = must(read_file(golden_folder() / "llama3/model.safetensors"));
  write("config.json", to_json(llama_.config));
  for (const size_t size : {size_t{0}, size_t{7}, size_t{500}, whole.size() / 2, whole.size() - 1}) {
    write("model.safetensors", std::string_view(whole).substr(0, size));
    const auto model = load();
    ASSERT_FALSE(model) << size;
    EXPECT_THAT(model.error().message, HasSubstr("model.safetensors"));
  }
}

TEST_F(ModelFolder, EveryTruncationOfAGgufFileIsAnError) {
  const std::string whole = must(read_file(golden_folder() / "qwen2_q8_0.gguf"));
  for (const size_t size : {size_t{0}, size_t{3}, size_t{500}, whole.size() / 2, whole.size() - 1}) {
    write("model.gguf", std::string_view(whole).substr(0, size));
    EXPECT_FALSE(load(folder_.path() / "model.gguf")) << size;
  }
}

TEST_F(ModelFolder, GenerationConfigSaysWhatEndsAnAnswer) {
  llama_.write(folder_.path());
  write("generation_config.json", R"({"eos_token_id": [7, 8], "temperature": 0.6})");
  EXPECT_THAT(must(load())->spec().eos_ids, testing::ElementsAre(7, 8));
  write("generation_config.json", R"({"temperature": 0.6})");
  EXPECT_THAT(must(load())->spec().eos_ids, testing::ElementsAre(2));
  write("generation_config.json", R"({"eos_token_id": 160})");
  expect_error(load(), ErrorCode::invalid_argument, {"generation_config.json", "160"});
}

TEST_F(ModelFolder, ProgressRisesToOne) {
  llama_.write(folder_.path());
  std::vector<double> seen;
  const ModelOptions options = {.table = kernels::all_tables().back(),
                                .max_rows = 4,
                                .progress = [&](double done) { seen.push_back(done); }};
  const auto model = must(Model::load(folder_.path(), options, pool_));
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.size(), llama_.tensors.size());
  EXPECT_DOUBLE_EQ(seen.back(), 1);
  EXPECT_GT(model->weight_bytes(), 0);
}

}  // namespace
}  // namespace ferry
