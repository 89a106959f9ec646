// Llama 2, 3, 3.1, 3.2 (text), and the many models that use its class.

#include "infer/model/families/decoder.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

ArchSpec from_config(ConfigReader& config) {
  ArchSpec spec = decoder_from_config(config);
  spec.qkv_bias = spec.output_bias = config.flag("attention_bias", false);
  config.refuse({"mlp_bias"});
  return spec;
}

// llama.cpp's converter reorders the rows of q and k so that rope pairs neighbours. Mistral's files go by
// this architecture too.
ArchSpec from_gguf(GgufReader& file) {
  ArchSpec spec = decoder_from_gguf(file, kernels::RopePairing::neighbours);
  spec.qkv_bias = file.has_tensor("blk.0.attn_q.bias");
  spec.output_bias = file.has_tensor("blk.0.attn_output.bias");
  set_all_windows(spec, file.optional_count("attention.sliding_window").value_or(0));
  return spec;
}

}  // namespace

const Family kLlama = {"llama", "LlamaForCausalLM", "llama", "llama", from_config, from_gguf};

}  // namespace ferry
