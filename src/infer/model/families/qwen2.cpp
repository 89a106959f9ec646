// Qwen2 and Qwen2.5: Llama with biases on q, k and v.

#include "infer/model/families/decoder.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

ArchSpec from_config(ConfigReader& config) {
  ArchSpec spec = decoder_from_config(config);
  spec.qkv_bias = true;
  read_qwen_windows(config, spec);
  return spec;
}

ArchSpec from_gguf(GgufReader& file) {
  ArchSpec spec = decoder_from_gguf(file, kernels::RopePairing::halves);
  spec.qkv_bias = true;
  return spec;
}

}  // namespace

const Family kQwen2 = {"qwen2", "Qwen2ForCausalLM", "qwen2", "qwen2", from_config, from_gguf};

}  // namespace ferry
