#include <algorithm>
#include <limits>

#include "infer/model/families/decoder.h"

namespace ferry {
namespace {

RopeSpec read_rope(GgufReader& file, int32_t head_dim, kernels::RopePairing pairing) {
  RopeSpec rope;
  rope.pairing = pairing;
  rope.rotary_dims = file.optional_count("rope.dimension_count").value_or(head_dim);
  rope.theta = file.number("rope.freq_base", 10000);
  file.ignore({"rope.scaling.original_context_length", "rope.scaling.finetuned"});

  // llama.cpp takes a factor without a type as linear, and so do the older files with "rope.scale_linear".
  const double factor = file.number("rope.scaling.factor", file.number("rope.scale_linear", 1));
  const std::string type = file.text("rope.scaling.type", "linear");
  if (type == "linear" && factor != 1) {
    rope.scaling = RopeScaling::linear;
    rope.factor = factor;
  } else if (type != "linear" && type != "none") {
    file.unsupported("rope.scaling.type", type);
  }
  rope.divisors = file.floats("rope_freqs.weight", rope.rotary_dims / 2);
  return rope;
}

int32_t head_dim_of(GgufReader& file, int32_t hidden, int32_t heads) {
  const int32_t head_dim = file.optional_count("attention.key_length").value_or(hidden / heads);
  if (file.optional_count("attention.value_length").value_or(head_dim) != head_dim) {
    file.unsupported("attention.value_length", "a value size that is not the key size");
  }
  return head_dim;
}

}  // namespace

ArchSpec decoder_from_gguf(GgufReader& file, kernels::RopePairing pairing) {
  ArchSpec spec;
  const int64_t vocab = file.tensor_shape("token_embd.weight", 2)[0];
  spec.vocab = static_cast<int32_t>(std::min<int64_t>(vocab, std::numeric_limits<int32_t>::max()));
  spec.hidden = file.count("embedding_length");
  spec.heads = file.count("attention.head_count");
  spec.kv_heads = file.optional_count("attention.head_count_kv").value_or(spec.heads);
  spec.head_dim = head_dim_of(file, spec.hidden, spec.heads);
  spec.intermediate = file.count("feed_forward_length");
  spec.max_positions = file.count("context_length");
  spec.norm_eps = static_cast<float>(file.number("attention.layer_norm_rms_epsilon"));
  spec.layers.resize(static_cast<size_t>(std::min(file.count("block_count"), kMaxLayers + 1)));
  spec.rope = read_rope(file, spec.head_dim, pairing);
  spec.tied_embeddings = !file.has_tensor("output.weight");

  spec.bos_id = file.token_id("bos_token_id");
  for (const std::string_view key : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
    const std::optional<int32_t> id = file.token_id(key);
    if (id && std::ranges::find(spec.eos_ids, *id) == spec.eos_ids.end()) spec.eos_ids.push_back(*id);
  }

  // "tensor_data_layout" only says where a conversion came from.
  file.ignore({"vocab_size", "tensor_data_layout", "expert_used_count"});
  if (file.optional_count("expert_count", 0).value_or(0) > 0)
    file.unsupported("expert_count", "a mixture of experts");
  return spec;
}

}  // namespace ferry
