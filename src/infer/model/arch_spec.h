#pragma once
// What a decoder is, as data: one ArchSpec and one forward pass (forward.cpp) serve every family. A family
// file (families/) says how its config.json or its GGUF metadata becomes an ArchSpec; nothing after it knows
// the family any more.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "infer/kernels/kernels.h"

namespace ferry {

enum class RopeScaling : uint8_t {
  none,
  linear,  // every frequency divided by `factor` (Chen et al., "Extending Context Window", 2023)
  llama3,  // long wavelengths divided by `factor`, short ones kept, a ramp between (Llama 3.1)
};

struct RopeSpec {
  double theta = 10000;
  int32_t rotary_dims = 0;  // of each head; even, <= head_dim
  kernels::RopePairing pairing = kernels::RopePairing::halves;
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;
  // llama3 only: wavelengths above original_positions / low_frequency_factor are divided by `factor`, those
  // below original_positions / high_frequency_factor are kept.
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double original_positions = 8192;
  // What each frequency is divided by after that, [rotary_dims / 2]; empty: 1. GGUF files of scaled Llamas
  // carry these instead of the parameters above.
  std::vector<float> divisors;
};

struct LayerSpec {
  int32_t window = 0;  // 0: attends to all earlier positions; w: to the last w, its own included
};

struct ArchSpec {
  std::string family;  // "llama", "qwen3"

  int32_t vocab = 0;
  int32_t hidden = 0;
  int32_t heads = 0;
  int32_t kv_heads = 0;  // divides heads
  int32_t head_dim = 0;
  int32_t intermediate = 0;   // width of the feed-forward layer
  int32_t max_positions = 0;  // what the model was made for
  float norm_eps = 1e-6f;

  RopeSpec rope;
  std::vector<LayerSpec> layers;

  bool qkv_bias = false;
  bool output_bias = false;  // of the attention's output projection
  bool qk_norm = false;      // RMS norm of each head's query and key, before rope
  bool tied_embeddings = false;

  std::optional<int32_t> bos_id;
  std::vector<int32_t> eos_ids;  // any of them ends an answer

  int32_t q_width() const { return heads * head_dim; }
  int32_t kv_width() const { return kv_heads * head_dim; }
};

inline constexpr int32_t kMaxLayers = 4096;

// Checks that the numbers fit together and are in a range that a real model could have. `where` names the
// file. Every ArchSpec that describe() or Model::load() gives has passed.
Result<void> check_spec(const ArchSpec& spec, std::string_view where);

}  // namespace ferry
