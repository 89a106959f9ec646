// The goldens can fail: each part of the model, when it is wrong, moves the logits far beyond the tolerance.
// The mistakes are made in the files, so the code under test is the code that ships.

#include "infer/formats/gguf_writer.h"
#include "infer/model/test_checkpoint.h"

namespace ferry {
namespace {

constexpr double kClearlyWrong = 1e-2;  // a hundred times the goldens' tolerance

double error_of(const std::filesystem::path& path, const Expected& expected) {
  ThreadPool pool(1);
  const auto model = must(Model::load(
      path, {.table = kernels::all_tables().back(), .arithmetic = kernels::Arithmetic::f32, .progress = {}},
      pool));
  Sequence sequence(*model, KvType::f32, 512);
  return relative_error(sequence.feed(expected.tokens, expected.tokens.size(), pool), expected.logits);
}

struct Mutation {
  const char* name;
  std::vector<std::string> cases;
  std::function<void(Checkpoint&)> apply;
};

const std::vector<std::string> kAll = {"llama2",  "llama3", "llama31",      "llama32", "llama_linear_bias",
                                       "mistral", "qwen2",  "qwen2_window", "qwen3"};

int64_t config_int(const Checkpoint& c, const char* key) {
  return c.config.at(key).get_int64();
}

json::object& rope_of(Checkpoint& c) {
  json::value* parameters = c.config.if_contains("rope_parameters");
  return parameters != nullptr ? parameters->get_object() : c.config.at("rope_scaling").get_object();
}

void set_theta(Checkpoint& c, double theta) {
  (c.config.contains("rope_parameters") ? rope_of(c) : c.config)["rope_theta"] = theta;
}

// Rows of each head from halves to neighbours, as a file for the other pairing has them.
void pair_neighbours(Checkpoint::Tensor& tensor, int64_t heads) {
  const size_t rows = static_cast<size_t>(tensor.shape[0] / heads);
  const size_t width = tensor.values.size() / static_cast<size_t>(tensor.shape[0]);
  const std::vector<float> before = tensor.values;
  for (size_t i = 0; i < static_cast<size_t>(tensor.shape[0]); ++i) {
    const size_t head = i / rows * rows;
    const size_t from = head + i % rows / 2 + (i % 2) * (rows / 2);
    std::copy_n(before.begin() + static_cast<ptrdiff_t>(from * width), width,
                tensor.values.begin() + static_cast<ptrdiff_t>(i * width));
  }
}

void swap_pairing(Checkpoint& c) {
  for (auto& [name, tensor] : c.tensors) {
    if (name.find("q_proj") != std::string::npos)
      pair_neighbours(tensor, config_int(c, "num_attention_heads"));
    if (name.find("k_proj") != std::string::npos)
      pair_neighbours(tensor, config_int(c, "num_key_value_heads"));
  }
}

// The query heads then read the wrong keys and values, as with h % kv_heads instead of h / group.
void swap_kv_heads(Checkpoint& c) {
  for (auto& [name, tensor] : c.tensors) {
    if (name.find("k_proj") == std::string::npos && name.find("v_proj") == std::string::npos) continue;
    std::ranges::rotate(tensor.values,
                        tensor.values.begin() + static_cast<ptrdiff_t>(tensor.values.size() / 2));
  }
}

void swap_gate_and_up(Checkpoint& c) {
  for (int layer = 0; layer < 2; ++layer) {
    const std::string mlp = fmt::format("model.layers.{}.mlp.", layer);
    std::swap(c.tensors.at(mlp + "gate_proj.weight"), c.tensors.at(mlp + "up_proj.weight"));
  }
}

void drop_last_layer(Checkpoint& c) {
  c.config["num_hidden_layers"] = 1;
  c.config.erase("layer_types");
  std::erase_if(c.tensors, [](const auto& item) { return item.first.starts_with("model.layers.1."); });
}

void untie(Checkpoint& c) {
  c.config["tie_word_embeddings"] = false;
  Checkpoint::Tensor head = c.tensors.at("model.embed_tokens.weight");
  std::ranges::reverse(head.values);
  c.tensors["lm_head.weight"] = std::move(head);
}

// For qwen2: the window of its second layer.
void set_layer_types(Checkpoint& c, const char* first, const char* second) {
  c.config["layer_types"] = json::array{first, second};
}

std::vector<Mutation> mutations() {
  const std::vector<std::string> qkv_bias = {"llama_linear_bias", "qwen2", "qwen2_window"};
  const std::vector<std::string> llama3_rope = {"llama31", "llama32"};
  return {
      {"input_norm_dropped", kAll, [](Checkpoint& c) { c.fill("input_layernorm.weight", 1); }},
      {"mlp_norm_dropped", kAll, [](Checkpoint& c) { c.fill("post_attention_layernorm.weight", 1); }},
      {"final_norm_dropped", kAll, [](Checkpoint& c) { c.fill("model.norm.weight", 1); }},
      {"eps_wrong", kAll, [](Checkpoint& c) { c.config["rms_norm_eps"] = 0.05; }},
      {"rope_pairing_swapped", kAll, swap_pairing},
      {"theta_wrong", kAll, [](Checkpoint& c) { set_theta(c, 20000.0); }},
      {"softmax_scale_wrong", kAll,
       [](Checkpoint& c) {
         const bool normed = c.tensors.contains("model.layers.0.self_attn.q_norm.weight");
         c.scale(normed ? "q_norm.weight" : "q_proj.weight", 1.1f);
       }},
      {"kv_heads_swapped", kAll, swap_kv_heads},
      {"gate_and_up_swapped", kAll, swap_gate_and_up},
      {"layer_dropped", kAll, drop_last_layer},
      {"head_untied", {"llama32"}, untie},
      {"q_bias_dropped", qkv_bias, [](Checkpoint& c) { c.fill("q_proj.bias", 0); }},
      {"k_bias_dropped", qkv_bias, [](Checkpoint& c) { c.fill("k_proj.bias", 0); }},
      {"v_bias_dropped", qkv_bias, [](Checkpoint& c) { c.fill("v_proj.bias", 0); }},
      {"o_bias_dropped", {"llama_linear_bias"}, [](Checkpoint& c) { c.fill("o_proj.bias", 0); }},
      {"q_norm_dropped", {"qwen3"}, [](Checkpoint& c) { c.fill("q_norm.weight", 1); }},
      {"k_norm_dropped", {"qwen3"}, [](Checkpoint& c) { c.fill("k_norm.weight", 1); }},
      {"linear_scaling_dropped",
       {"llama_linear_bias"},
       [](Checkpoint& c) { rope_of(c)["rope_type"] = "default"; }},
      {"llama3_scaling_dropped", llama3_rope, [](Checkpoint& c) { rope_of(c)["rope_type"] = "default"; }},
      {"llama3_taken_as_linear", llama3_rope, [](Checkpoint& c) { rope_of(c)["rope_type"] = "linear"; }},
      {"llama3_factor_wrong", llama3_rope, [](Checkpoint& c) { rope_of(c)["factor"] = 4.0; }},
      {"llama3_low_wrong", llama3_rope, [](Checkpoint& c) { rope_of(c)["low_freq_factor"] = 1.5; }},
      {"llama3_high_wrong", llama3_rope, [](Checkpoint& c) { rope_of(c)["high_freq_factor"] = 3.0; }},
      {"llama3_original_wrong", llama3_rope,
       [](Checkpoint& c) { rope_of(c)["original_max_position_embeddings"] = 256; }},
      {"window_ignored", {"mistral"}, [](Checkpoint& c) { c.config["sliding_window"] = nullptr; }},
      {"window_one_less", {"mistral"}, [](Checkpoint& c) { c.config["sliding_window"] = 47; }},
      {"window_one_more", {"mistral"}, [](Checkpoint& c) { c.config["sliding_window"] = 49; }},
      {"window_ignored", {"qwen2_window"}, [](Checkpoint& c) { c.config["use_sliding_window"] = false; }},
      {"window_one_less", {"qwen2_window"}, [](Checkpoint& c) { c.config["sliding_window"] = 39; }},
      {"window_in_all_layers", {"qwen2_window"}, [](Checkpoint& c) { c.config["max_window_layers"] = 0; }},
      {"window_in_the_wrong_layer",
       {"qwen2_window"},
       [](Checkpoint& c) { set_layer_types(c, "sliding_attention", "full_attention"); }},
  };
}

struct MutatedCase {
  std::string golden;
  Mutation mutation;
};

void PrintTo(const MutatedCase& mutated, std::ostream* out) {
  *out << mutated.golden << " " << mutated.mutation.name;
}

std::vector<MutatedCase> mutated_cases() {
  std::vector<MutatedCase> out;
  for (const Mutation& mutation : mutations()) {
    for (const std::string& golden : mutation.cases) out.push_back({golden, mutation});
  }
  return out;
}

class MutatedModel : public testing::TestWithParam<MutatedCase> {};

TEST_P(MutatedModel, FailsItsGoldenClearly) {
  const auto& [golden, mutation] = GetParam();
  Checkpoint checkpoint = Checkpoint::read(golden_folder() / golden);
  mutation.apply(checkpoint);
  TestFolder folder;
  checkpoint.write(folder.path());
  const double error = error_of(folder.path(), read_expected(golden));
  EXPECT_GE(error, kClearlyWrong);
  RecordProperty("error", fmt::format("{:.2e}", error));
}

INSTANTIATE_TEST_SUITE_P(Model, MutatedModel, testing::ValuesIn(mutated_cases()),
                         [](const auto& test) { return test.param.golden + "_" + test.param.mutation.name; });

// What the test above rests on: the rewritten file alone changes nothing.
TEST(MutatedModel, RewrittenUnchangedStillPasses) {
  for (const std::string& golden : kAll) {
    TestFolder folder;
    Checkpoint::read(golden_folder() / golden).write(folder.path());
    EXPECT_LE(error_of(folder.path(), read_expected(golden)), 1e-4) << golden;
  }
}

// Qwen writes its windows in two ways that mean the same.
TEST(MutatedModel, LayerTypesMeanWhatMaxWindowLayersMeans) {
  Checkpoint checkpoint = Checkpoint::read(golden_folder() / "qwen2_window");
  set_layer_types(checkpoint, "full_attention", "sliding_attention");
  checkpoint.config["max_window_layers"] = 0;
  TestFolder folder;
  checkpoint.write(folder.path());
  EXPECT_LE(error_of(folder.path(), read_expected("qwen2_window")), 1e-4);
}

// A copy of a golden GGUF file without the entries and tensors for which `drop` is true, with some added.
std::filesystem::path rewrite_gguf(
    const TestFolder& folder, const char* golden, const std::function<bool(std::string_view)>& drop,
    const std::function<void(GgufWriter&)>& add = [](GgufWriter&) {}) {
  const auto file = must(GgufFile::open(golden_folder() / golden));
  GgufWriter writer;
  for (const GgufEntry& entry : file->metadata()) {
    if (!drop(entry.key)) writer.add_entry(entry);
  }
  add(writer);
  for (const GgufTensor& tensor : file->tensors()) {
    if (!drop(tensor.name)) writer.add_tensor(tensor.name, must(file->view(tensor)));
  }
  const auto path = folder.path() / "model.gguf";
  EXPECT_TRUE(writer.write(path));
  return path;
}

bool drop_nothing(std::string_view) {
  return false;
}

TEST(MutatedGguf, RewrittenUnchangedStillPasses) {
  TestFolder folder;
  EXPECT_LE(error_of(rewrite_gguf(folder, "llama31_f16.gguf", drop_nothing), read_expected("llama31")), 1e-4);
}

TEST(MutatedGguf, WithoutRopeDivisorsFailsClearly) {
  TestFolder folder;
  const auto path =
      rewrite_gguf(folder, "llama31_f16.gguf", [](auto name) { return name == "rope_freqs.weight"; });
  EXPECT_GE(error_of(path, read_expected("llama31")), kClearlyWrong);
}

TEST(MutatedGguf, WithoutLinearScalingFailsClearly) {
  TestFolder folder;
  const auto path = rewrite_gguf(folder, "llama_linear_bias_f16.gguf",
                                 [](auto name) { return name.starts_with("llama.rope.scaling."); });
  EXPECT_GE(error_of(path, read_expected("llama_linear_bias")), kClearlyWrong);
}

TEST(MutatedGguf, WithoutBiasesFailsClearly) {
  TestFolder folder;
  const auto path =
      rewrite_gguf(folder, "llama_linear_bias_f16.gguf", [](auto name) { return name.ends_with(".bias"); });
  EXPECT_GE(error_of(path, read_expected("llama_linear_bias")), kClearlyWrong);
}

TEST(MutatedGguf, WithTheWrongThetaFailsClearly) {
  TestFolder folder;
  const auto path =
      rewrite_gguf(folder, "qwen3_f16.gguf", [](auto name) { return name == "qwen3.rope.freq_base"; });
  EXPECT_GE(error_of(path, read_expected("qwen3")), kClearlyWrong);
}

TEST(MutatedGguf, AnAddedWindowIsHonoured) {
  TestFolder folder;
  const auto path = rewrite_gguf(folder, "mistral_q8_0.gguf", drop_nothing, [](GgufWriter& writer) {
    writer.add_uint32("llama.attention.sliding_window", 48);
  });
  EXPECT_GE(error_of(path, read_expected("mistral_q8_0")), kClearlyWrong);
}

}  // namespace
}  // namespace ferry
