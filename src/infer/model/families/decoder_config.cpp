#include <algorithm>

#include "infer/model/families/decoder.h"

namespace ferry {
namespace {

constexpr std::string_view kFull = "full_attention";
constexpr std::string_view kSliding = "sliding_attention";

void read_llama3_scaling(ConfigReader& config, ConfigReader& parameters, RopeSpec& rope) {
  rope.scaling = RopeScaling::llama3;
  rope.factor = parameters.number("factor");
  rope.low_frequency_factor = parameters.number("low_freq_factor");
  rope.high_frequency_factor = parameters.number("high_freq_factor");
  const char* original = "original_max_position_embeddings";
  if (config.has(original)) {
    rope.original_positions = config.number(original);  // beside the parameters it has precedence
  } else {
    rope.original_positions = parameters.number(original);
  }
}

void read_rope_parameters(ConfigReader& config, ConfigReader& parameters, RopeSpec& rope) {
  rope.theta = parameters.number("rope_theta", rope.theta);
  if (parameters.number("partial_rotary_factor", 1) != 1)
    parameters.unsupported("partial_rotary_factor", "not 1");
  parameters.refuse(
      {"mrope_section", kFull, kSliding});  // the last two: other parameters for each layer kind
  const std::string type = parameters.text("rope_type", parameters.text("type", "default"));
  if (type == "linear") {
    rope.scaling = RopeScaling::linear;
    rope.factor = parameters.number("factor");
  } else if (type == "llama3") {
    read_llama3_scaling(config, parameters, rope);
  } else if (type != "default") {
    parameters.unsupported("rope_type", fmt::format("\"{}\" (only default, linear and llama3)", type));
  }
}

// "rope_theta" with "rope_scaling" beside it, or "rope_parameters" with both inside (transformers 5); what
// is inside has precedence.
RopeSpec read_rope(ConfigReader& config, int32_t head_dim) {
  RopeSpec rope;
  rope.rotary_dims = head_dim;
  rope.theta = config.number("rope_theta", 10000);
  if (config.number("partial_rotary_factor", 1) != 1) config.unsupported("partial_rotary_factor", "not 1");
  std::optional<ConfigReader> parameters = config.member("rope_scaling");
  if (!parameters || parameters->empty()) parameters = config.member("rope_parameters");
  if (parameters) {
    read_rope_parameters(config, *parameters, rope);
    config.absorb(*parameters);
  }
  return rope;
}

int32_t head_dim_of(ConfigReader& config, int32_t hidden, int32_t heads) {
  const std::optional<int32_t> given = config.optional_count("head_dim");
  if (!given && hidden % heads != 0) {
    config.invalid("num_attention_heads",
                   fmt::format("is {}, which does not divide hidden_size {}", heads, hidden));
  }
  return given.value_or(hidden / heads);
}

int32_t window_of_layer_type(ConfigReader& config, std::string_view type, int32_t window) {
  if (type == kFull) return 0;
  if (type != kSliding) {
    config.unsupported("layer_types", fmt::format("\"{}\"", type));
  } else if (window == 0) {
    config.invalid("layer_types", "has sliding_attention, but there is no sliding window");
  }
  return window;
}

}  // namespace

ArchSpec decoder_from_config(ConfigReader& config) {
  ArchSpec spec;
  spec.vocab = config.count("vocab_size");
  spec.hidden = config.count("hidden_size");
  spec.heads = config.count("num_attention_heads");
  spec.kv_heads = config.optional_count("num_key_value_heads").value_or(spec.heads);
  spec.head_dim = head_dim_of(config, spec.hidden, spec.heads);
  spec.intermediate = config.count("intermediate_size");
  spec.max_positions = config.count("max_position_embeddings");
  spec.norm_eps = static_cast<float>(config.number("rms_norm_eps"));
  spec.rope = read_rope(config, spec.head_dim);
  spec.tied_embeddings = config.flag("tie_word_embeddings", false);
  spec.eos_ids = config.token_ids("eos_token_id");
  const std::vector<int32_t> bos = config.token_ids("bos_token_id");
  if (!bos.empty()) spec.bos_id = bos.front();

  const int32_t layers = config.count("num_hidden_layers");
  if (layers > kMaxLayers)
    config.invalid("num_hidden_layers", fmt::format("is {}; at most {}", layers, kMaxLayers));
  spec.layers.resize(static_cast<size_t>(std::min(layers, kMaxLayers)));

  const std::string activation = config.text("hidden_act", "silu");
  if (activation != "silu") config.unsupported("hidden_act", fmt::format("\"{}\" (only silu)", activation));
  config.refuse({"quantization_config", "num_experts", "num_local_experts", "n_routed_experts"});
  return spec;
}

void set_all_windows(ArchSpec& spec, int32_t window) {
  for (LayerSpec& layer : spec.layers) layer.window = window;
}

void read_qwen_windows(ConfigReader& config, ArchSpec& spec) {
  int32_t window = 0;
  if (config.flag("use_sliding_window", false)) {
    window = config.present("sliding_window") ? config.optional_count("sliding_window").value_or(0) : 4096;
  }
  const std::vector<std::string> types = config.texts("layer_types");
  if (!types.empty() && types.size() != spec.layers.size()) {
    return config.invalid("layer_types",
                          fmt::format("has {} entries for {} layers", types.size(), spec.layers.size()));
  }
  const auto first = static_cast<size_t>(config.optional_count("max_window_layers", 0).value_or(28));
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string_view type = !types.empty()             ? std::string_view(types[i])
                                  : window > 0 && i >= first ? kSliding
                                                             : kFull;
    spec.layers[i].window = window_of_layer_type(config, type, window);
  }
}

}  // namespace ferry
