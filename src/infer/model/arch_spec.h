#pragma once
// What a transformer is, as data: one ArchSpec and one forward pass (forward.cpp) serve every family. A
// family file (families/) says how its config.json or its GGUF metadata becomes an ArchSpec; nothing after it
// knows the family any more.

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

// What a row sees of its sequence.
enum class AttentionKind : uint8_t {
  causal,         // the earlier positions and its own, by way of the KV cache
  bidirectional,  // all positions. No cache: a sequence is computed whole, in one batch
};

enum class NormKind : uint8_t {
  rms,    // x / sqrt(mean(x²) + eps) · weight
  layer,  // (x - mean) / sqrt(variance + eps) · weight + bias
};

enum class NormPlace : uint8_t {
  before,  // of what a branch reads, and once more at the end: pre-norm
  after,   // of the sum of a branch and what it read: post-norm, as in the first Transformers
};

enum class PositionKind : uint8_t {
  rope,
  learned,  // a vector for each position, added to the token's
};

enum class FeedForwardKind : uint8_t {
  swiglu,  // down(silu(gate(x)) · up(x))
  gelu,    // down(gelu(up(x))), with biases
};

// A head on the hidden state of a sequence's first token: out(tanh(dense(x))), with biases.
struct ClassifierSpec {
  int32_t labels = 1;
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

  AttentionKind attention = AttentionKind::causal;
  NormKind norm = NormKind::rms;
  NormPlace norm_place = NormPlace::before;
  FeedForwardKind feed_forward = FeedForwardKind::swiglu;
  PositionKind positions = PositionKind::rope;
  RopeSpec rope;                // for PositionKind::rope
  int32_t position_offset = 0;  // learned: where in the table position 0 stands
  int32_t token_types = 0;      // kinds of segments, each with a vector that is added to its tokens'; 0: none
  bool embedding_norm = false;  // of the sum of a token's vectors
  std::vector<LayerSpec> layers;

  bool qkv_bias = false;
  bool output_bias = false;  // of the attention's output projection
  bool qk_norm = false;      // RMS norm of each head's query and key, before rope
  bool tied_embeddings = false;
  bool has_head = true;  // of decoders: hidden states become logits
  std::optional<ClassifierSpec> classifier = {};

  std::optional<int32_t> bos_id;
  std::vector<int32_t> eos_ids;  // any of them ends an answer

  int32_t q_width() const { return heads * head_dim; }
  int32_t kv_width() const { return kv_heads * head_dim; }
  // Predicts next tokens; what does not makes embeddings or scores.
  bool makes_text() const { return attention == AttentionKind::causal && has_head; }
};

inline constexpr int32_t kMaxLayers = 4096;

// Checks that the numbers fit together and are in a range that a real model could have. `where` names the
// file. Every ArchSpec that describe() or Model::load() gives has passed.
Result<void> check_spec(const ArchSpec& spec, std::string_view where);

}  // namespace ferry
