// Qwen3, dense: an RMS norm on each head's query and key, and an explicit head size.

#include "infer/model/families/decoder.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

ArchSpec from_config(ConfigReader& config) {
  ArchSpec spec = decoder_from_config(config);
  if (!config.has("head_dim")) config.invalid("head_dim", "is missing");  // the class does not derive it
  spec.qk_norm = true;
  spec.qkv_bias = spec.output_bias = config.flag("attention_bias", false);
  read_qwen_windows(config, spec);
  return spec;
}

ArchSpec from_gguf(GgufReader& file) {
  ArchSpec spec = decoder_from_gguf(file, kernels::RopePairing::halves);
  spec.qk_norm = true;
  spec.qkv_bias = file.has_tensor("blk.0.attn_q.bias");
  spec.output_bias = file.has_tensor("blk.0.attn_output.bias");
  return spec;
}

}  // namespace

const Family kQwen3 = {"qwen3", "Qwen3ForCausalLM", "qwen3", "qwen3", from_config, from_gguf};

}  // namespace ferry
