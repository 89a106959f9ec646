// config.json and GGUF metadata become the right description, and what Ferry cannot do is refused by name.

#include "infer/model/families/family.h"

#include "infer/formats/gguf_writer.h"
#include "infer/formats/test_files.h"
#include "infer/model/test_models.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::object config_of(const std::string& golden) {
  const auto path = golden_folder() / golden / "config.json";
  return must(parse_json(must(read_file(path)), path.string())).get_object();
}

Result<ArchSpec> parse(const json::object& config) {
  return spec_from_config(config, "config.json");
}

std::vector<int32_t> windows(const ArchSpec& spec) {
  std::vector<int32_t> out;
  for (const LayerSpec& layer : spec.layers) out.push_back(layer.window);
  return out;
}

TEST(Config, LlamaSizesAndTokens) {
  const ArchSpec spec = must(parse(config_of("llama3")));
  EXPECT_EQ(spec.family, "llama");
  EXPECT_EQ(spec.vocab, 160);
  EXPECT_EQ(spec.hidden, 64);
  EXPECT_EQ(spec.heads, 4);
  EXPECT_EQ(spec.kv_heads, 2);
  EXPECT_EQ(spec.head_dim, 16);
  EXPECT_EQ(spec.intermediate, 96);
  EXPECT_EQ(spec.max_positions, 512);
  EXPECT_FLOAT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.rope.theta, 500000);
  EXPECT_EQ(spec.rope.rotary_dims, 16);
  EXPECT_EQ(spec.rope.pairing, kernels::RopePairing::halves);
  EXPECT_THAT(windows(spec), ElementsAre(0, 0));
  EXPECT_EQ(spec.bos_id, 1);
  EXPECT_THAT(spec.eos_ids, ElementsAre(2));
  EXPECT_FALSE(spec.qkv_bias || spec.output_bias || spec.qk_norm || spec.tied_embeddings);
}

TEST(Config, EachFamilysFeatures) {
  EXPECT_TRUE(must(parse(config_of("llama32"))).tied_embeddings);
  const ArchSpec biased = must(parse(config_of("llama_linear_bias")));
  EXPECT_TRUE(biased.qkv_bias && biased.output_bias);
  EXPECT_EQ(biased.rope.scaling, RopeScaling::linear);
  EXPECT_EQ(biased.rope.factor, 4);
  const ArchSpec mistral = must(parse(config_of("mistral")));
  EXPECT_EQ(mistral.head_dim, 24);
  EXPECT_THAT(windows(mistral), ElementsAre(48, 48));
  const ArchSpec qwen2 = must(parse(config_of("qwen2")));
  EXPECT_TRUE(qwen2.qkv_bias && !qwen2.output_bias);
  EXPECT_THAT(windows(qwen2), ElementsAre(0, 0));
  EXPECT_THAT(windows(must(parse(config_of("qwen2_window")))), ElementsAre(0, 40));
  const ArchSpec qwen3 = must(parse(config_of("qwen3")));
  EXPECT_TRUE(qwen3.qk_norm && !qwen3.qkv_bias);
  EXPECT_EQ(qwen3.head_dim, 32);
}

void expect_llama31_rope(const RopeSpec& rope) {
  EXPECT_EQ(rope.scaling, RopeScaling::llama3);
  EXPECT_EQ(rope.theta, 10000);
  EXPECT_EQ(rope.factor, 8);
  EXPECT_EQ(rope.low_frequency_factor, 1);
  EXPECT_EQ(rope.high_frequency_factor, 4);
  EXPECT_EQ(rope.original_positions, 128);
}

TEST(Config, RopeIsReadInBothSpellings) {
  json::object config = config_of("llama31");
  ASSERT_TRUE(config.contains("rope_scaling"));
  expect_llama31_rope(must(parse(config)).rope);

  json::object parameters = config.at("rope_scaling").get_object();
  parameters["rope_theta"] = 10000.0;
  config["rope_parameters"] = std::move(parameters);
  config.erase("rope_scaling");
  config["rope_theta"] = 77.0;  // what is inside rope_parameters has precedence
  expect_llama31_rope(must(parse(config)).rope);
}

TEST(Config, OldRopeScalingSaysTypeInsteadOfRopeType) {
  json::object config = config_of("llama31");
  config["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  const RopeSpec rope = must(parse(config)).rope;
  EXPECT_EQ(rope.scaling, RopeScaling::linear);
  EXPECT_EQ(rope.factor, 2);
}

TEST(Config, DefaultsOfTheReferenceClasses) {
  json::object llama = config_of("llama2");
  for (const char* key : {"num_key_value_heads", "head_dim", "rope_theta", "rope_scaling", "bos_token_id"}) {
    llama.erase(key);
  }
  const ArchSpec spec = must(parse(llama));
  EXPECT_EQ(spec.kv_heads, 4);
  EXPECT_EQ(spec.head_dim, 16);
  EXPECT_EQ(spec.rope.theta, 10000);
  EXPECT_FALSE(spec.bos_id);

  json::object mistral = config_of("mistral");
  mistral.erase("sliding_window");
  EXPECT_THAT(windows(must(parse(mistral))), ElementsAre(4096, 4096));
  mistral["sliding_window"] = nullptr;
  EXPECT_THAT(windows(must(parse(mistral))), ElementsAre(0, 0));
}

TEST(Config, SeveralEndTokens) {
  json::object config = config_of("llama3");
  config["eos_token_id"] = json::array{5, 6};
  EXPECT_THAT(must(parse(config)).eos_ids, ElementsAre(5, 6));
  config["eos_token_id"] = nullptr;
  EXPECT_THAT(must(parse(config)).eos_ids, testing::IsEmpty());
}

TEST(Config, ModelTypeIsEnoughWithoutArchitectures) {
  json::object config = config_of("qwen3");
  config.erase("architectures");
  EXPECT_EQ(must(parse(config)).family, "qwen3");
}

TEST(Config, AnUnknownArchitectureListsTheKnownOnes) {
  json::object config = config_of("llama3");
  config["architectures"] = json::array{"MambaForCausalLM"};
  expect_error(parse(config), ErrorCode::unsupported,
               {"config.json", "MambaForCausalLM", "LlamaForCausalLM", "Qwen3ForCausalLM"});
  config.erase("architectures");
  config["model_type"] = "mamba";
  expect_error(parse(config), ErrorCode::unsupported, {"mamba", "llama, mistral, qwen2, qwen3"});
  config.erase("model_type");
  expect_error(parse(config), ErrorCode::unsupported, {"architecture \"\""});
}

struct Refusal {
  const char* golden;
  const char* key;
  json::value value;
  ErrorCode code;
};

// Each of these would change what the model computes.
TEST(Config, WhatChangesTheMathsIsRefusedByName) {
  const json::object yarn = {{"rope_type", "yarn"}, {"factor", 4.0}};
  const json::object dynamic = {{"type", "dynamic"}, {"factor", 4.0}};
  const json::object partial = {{"rope_theta", 10000.0}, {"partial_rotary_factor", 0.5}};
  const json::object nested = {{"full_attention", {{"rope_theta", 10000.0}}}};
  const Refusal refusals[] = {
      {"llama3", "hidden_act", "gelu", ErrorCode::unsupported},
      {"llama3", "mlp_bias", true, ErrorCode::unsupported},
      {"llama3", "partial_rotary_factor", 0.5, ErrorCode::unsupported},
      {"llama3", "quantization_config", {{"quant_method", "awq"}}, ErrorCode::unsupported},
      {"llama3", "num_local_experts", 8, ErrorCode::unsupported},
      {"llama3", "num_experts", 8, ErrorCode::unsupported},
      {"llama3", "rope_scaling", yarn, ErrorCode::unsupported},
      {"llama3", "rope_scaling", dynamic, ErrorCode::unsupported},
      {"llama3", "rope_parameters", yarn, ErrorCode::unsupported},
      {"llama3", "rope_parameters", partial, ErrorCode::unsupported},
      {"llama3", "rope_parameters", nested, ErrorCode::unsupported},
      {"mistral", "layer_types", json::array{"full_attention", "sliding_attention"}, ErrorCode::unsupported},
      {"qwen2", "layer_types", json::array{"full_attention", "linear_attention"}, ErrorCode::unsupported},
      {"qwen2", "layer_types", json::array{"full_attention", "sliding_attention"},
       ErrorCode::invalid_argument},
      {"qwen2", "layer_types", json::array{"full_attention"}, ErrorCode::invalid_argument},
  };
  for (const Refusal& refusal : refusals) {
    json::object config = config_of(refusal.golden);
    config[refusal.key] = refusal.value;
    SCOPED_TRACE(refusal.key);
    expect_error(parse(config), refusal.code, {"config.json", refusal.key});
  }
}

TEST(Config, NeutralValuesOfUnsupportedFeaturesAreFine) {
  json::object config = config_of("llama3");
  for (const char* key : {"quantization_config", "num_experts", "mlp_bias"}) config[key] = nullptr;
  config["num_local_experts"] = 0;
  config["n_routed_experts"] = 0.0;
  EXPECT_TRUE(parse(config));
}

TEST(Config, AbsurdNumbersAreRefusedByName) {
  const std::pair<const char*, json::value> numbers[] = {
      {"hidden_size", int64_t{1} << 40},
      {"hidden_size", -64},
      {"hidden_size", "64"},
      {"num_attention_heads", 0},
      {"num_attention_heads", 3},
      {"num_key_value_heads", 3},
      {"head_dim", 15},
      {"head_dim", 1 << 20},
      {"num_hidden_layers", 1000000000},
      {"num_hidden_layers", 0},
      {"vocab_size", 0},
      {"vocab_size", 1.5},
      {"rms_norm_eps", 0},
      {"rms_norm_eps", -1e-5},
      {"rms_norm_eps", "x"},
      {"intermediate_size", nullptr},
      {"max_position_embeddings", 0},
      {"eos_token_id", 160},
      {"eos_token_id", -1},
      {"eos_token_id", "</s>"},
      {"bos_token_id", 1000000},
      {"tie_word_embeddings", 1},
      {"architectures", json::array{1}},
  };
  for (const auto& [key, value] : numbers) {
    json::object config = config_of("llama3");
    config[key] = value;
    const auto spec = parse(config);
    ASSERT_FALSE(spec) << key << " " << to_json(value);
    EXPECT_THAT(spec.error().message, HasSubstr("config.json")) << key;
  }
}

TEST(Config, AbsurdRopeIsRefused) {
  const std::pair<const char*, json::value> changes[] = {
      {"rope_theta", 0},      {"rope_theta", -1e300},    {"factor", 0},
      {"factor", -2},         {"low_freq_factor", 0},    {"low_freq_factor", 4},
      {"factor", nullptr},    {"high_freq_factor", "4"}, {"original_max_position_embeddings", 0},
      {"rope_type", "llama"},
  };
  for (const auto& [key, value] : changes) {
    json::object config = config_of("llama32");
    config.at("rope_parameters").get_object()[key] = value;
    EXPECT_FALSE(parse(config)) << key << " " << to_json(value);
  }
}

TEST(Config, EveryRequiredFieldIsMissed) {
  for (const char* key : {"vocab_size", "hidden_size", "num_attention_heads", "intermediate_size",
                          "max_position_embeddings", "rms_norm_eps", "num_hidden_layers"}) {
    json::object config = config_of("llama3");
    config.erase(key);
    expect_error(parse(config), ErrorCode::invalid_argument, {key, "missing"});
  }
  json::object qwen3 = config_of("qwen3");
  qwen3.erase("head_dim");
  expect_error(parse(qwen3), ErrorCode::invalid_argument, {"head_dim", "missing"});
}

// A GGUF file of no tensors but a 4 x 8 embedding, with these changes to its metadata.
class GgufConfig : public testing::Test {
 protected:
  Result<ArchSpec> parse(
      const std::function<void(GgufWriter&)>& add = [](GgufWriter&) {}, const std::string& leave_out = "",
      const std::string& architecture = "qwen3") {
    GgufWriter writer;
    writer.add_string("general.architecture", architecture);
    const std::pair<const char*, uint32_t> numbers[] = {
        {"embedding_length", 8}, {"block_count", 2},          {"feed_forward_length", 16},
        {"context_length", 64},  {"attention.head_count", 2},
    };
    for (const auto& [key, value] : numbers) {
      if (key != leave_out) writer.add_uint32(architecture + "." + key, value);
    }
    writer.add_float32(architecture + ".attention.layer_norm_rms_epsilon", 1e-6f);
    add(writer);
    const std::vector<float> zeros(32);
    if (leave_out != "token_embd") {
      writer.add_tensor("token_embd.weight",
                        {DType::f32, {4, 8}, reinterpret_cast<const std::byte*>(zeros.data())});
    }
    const auto path = folder_.path() / "model.gguf";
    EXPECT_TRUE(writer.write(path));
    return spec_from_gguf(*must(GgufFile::open(path)));
  }

  TestFolder folder_;
};

TEST_F(GgufConfig, GoldenFilesSayWhatTheirCheckpointsSay) {
  const auto spec_of = [](const char* name) {
    return must(spec_from_gguf(*must(GgufFile::open(golden_folder() / name))));
  };
  const ArchSpec llama = spec_of("llama31_f16.gguf");
  EXPECT_EQ(llama.rope.pairing, kernels::RopePairing::neighbours);
  EXPECT_THAT(llama.rope.divisors, testing::SizeIs(8));
  EXPECT_EQ(llama.vocab, 160);
  EXPECT_EQ(llama.bos_id, 1);
  EXPECT_THAT(llama.eos_ids, ElementsAre(2));
  EXPECT_FALSE(llama.tied_embeddings);
  EXPECT_TRUE(spec_of("llama_wide_q4_k.gguf").tied_embeddings);
  EXPECT_EQ(spec_of("mistral_q8_0.gguf").head_dim, 24);
  const ArchSpec biased = spec_of("llama_linear_bias_f16.gguf");
  EXPECT_TRUE(biased.qkv_bias && biased.output_bias);
  EXPECT_EQ(biased.rope.factor, 4);
  EXPECT_TRUE(spec_of("qwen2_q8_0.gguf").qkv_bias);
  const ArchSpec qwen3 = spec_of("qwen3_f16.gguf");
  EXPECT_TRUE(qwen3.qk_norm);
  EXPECT_EQ(qwen3.rope.pairing, kernels::RopePairing::halves);
}

TEST_F(GgufConfig, DefaultsAreLlamaCpps) {
  const ArchSpec spec = must(parse());
  EXPECT_EQ(spec.vocab, 4);
  EXPECT_EQ(spec.kv_heads, 2);
  EXPECT_EQ(spec.head_dim, 4);
  EXPECT_EQ(spec.rope.theta, 10000);
  EXPECT_EQ(spec.rope.scaling, RopeScaling::none);
}

TEST_F(GgufConfig, AFactorWithoutATypeIsLinearAndTypeNoneIsNone) {
  const auto factor = [](GgufWriter& writer) { writer.add_float32("qwen3.rope.scaling.factor", 2); };
  EXPECT_EQ(must(parse(factor)).rope.scaling, RopeScaling::linear);
  const auto none = [&](GgufWriter& writer) {
    factor(writer);
    writer.add_string("qwen3.rope.scaling.type", "none");
  };
  EXPECT_EQ(must(parse(none)).rope.scaling, RopeScaling::none);
}

TEST_F(GgufConfig, AllThreeEndTokensCount) {
  const ArchSpec spec = must(parse([](GgufWriter& writer) {
    writer.add_uint32("tokenizer.ggml.eos_token_id", 3);
    writer.add_uint32("tokenizer.ggml.eot_token_id", 2);
    writer.add_uint32("tokenizer.ggml.eom_token_id", 3);
  }));
  EXPECT_THAT(spec.eos_ids, ElementsAre(3, 2));
}

TEST_F(GgufConfig, WhatChangesTheMathsIsRefusedByName) {
  expect_error(parse([](GgufWriter& w) { w.add_string("qwen3.rope.scaling.type", "yarn"); }),
               ErrorCode::unsupported, {"qwen3.rope.scaling.type", "yarn"});
  expect_error(parse([](GgufWriter& w) { w.add_uint32("qwen3.expert_count", 8); }), ErrorCode::unsupported,
               {"qwen3.expert_count"});
  expect_error(parse([](GgufWriter& w) { w.add_uint32("qwen3.attention.value_length", 8); }),
               ErrorCode::unsupported, {"qwen3.attention.value_length"});
  expect_error(parse([](GgufWriter& w) { w.add_float32("qwen3.attn_logit_softcapping", 30); }),
               ErrorCode::unsupported, {"qwen3.attn_logit_softcapping"});
  expect_error(parse([](GgufWriter& w) { w.add_uint32("qwen3.attention.sliding_window", 8); }),
               ErrorCode::unsupported, {"qwen3.attention.sliding_window"});
}

TEST_F(GgufConfig, MissingAndAbsurdValuesAreRefusedByName) {
  for (const char* key :
       {"embedding_length", "block_count", "feed_forward_length", "context_length", "attention.head_count"}) {
    expect_error(parse([](GgufWriter&) {}, key), ErrorCode::invalid_argument, {key, "missing"});
  }
  expect_error(parse([](GgufWriter&) {}, "token_embd"), ErrorCode::corrupt, {"token_embd.weight", "missing"});
  expect_error(parse([](GgufWriter&) {}, "", "mamba"), ErrorCode::unsupported,
               {"mamba", "llama, qwen2, qwen3"});
  EXPECT_FALSE(parse([](GgufWriter& w) { w.add_uint32("qwen3.attention.head_count_kv", 0); }));
  EXPECT_FALSE(parse([](GgufWriter& w) { w.add_uint32("qwen3.attention.key_length", 3); }));
  EXPECT_FALSE(parse([](GgufWriter& w) { w.add_uint32("qwen3.rope.dimension_count", 6); }));
  EXPECT_FALSE(parse([](GgufWriter& w) { w.add_string("qwen3.rope.freq_base", "x"); }));
  EXPECT_FALSE(parse([](GgufWriter& w) { w.add_uint32("tokenizer.ggml.eos_token_id", 4); }));
  expect_error(parse([](GgufWriter& w) { w.add_uint32("qwen3.block_count", 4000000000); }, "block_count"),
               ErrorCode::invalid_argument, {"qwen3.block_count"});
  expect_error(parse([](GgufWriter& w) { w.add_uint32("qwen3.block_count", 1000000000); }, "block_count"),
               ErrorCode::invalid_argument, {"layers"});
}

TEST_F(GgufConfig, RopeDivisorsMustFit) {
  const auto with_divisors = [&](std::vector<float> divisors) {
    return parse([&](GgufWriter& writer) {
      const auto* data = reinterpret_cast<const std::byte*>(divisors.data());
      writer.add_tensor("rope_freqs.weight", {DType::f32, {static_cast<int64_t>(divisors.size())}, data});
    });
  };
  EXPECT_TRUE(with_divisors({1, 8}));
  EXPECT_FALSE(with_divisors(std::vector<float>()));
  EXPECT_FALSE(with_divisors({1}));
  EXPECT_FALSE(with_divisors({1, 2, 3}));
  EXPECT_FALSE(with_divisors({1, 0}));
  EXPECT_FALSE(with_divisors({1, NAN}));
}

}  // namespace
}  // namespace ferry
