#pragma once
// The shapes of well-known open models, so that a machine can be measured without their weights.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

// As in the model's config.json.
struct ModelShape {
  std::string_view name;
  std::string_view architecture;  // what GGUF files call it: "llama", "qwen3"
  int32_t layers;
  int32_t hidden;
  int32_t heads;
  int32_t kv_heads;
  int32_t head_dim;
  int32_t intermediate;
  int32_t vocab;
  int32_t context;
  float rope_theta;
  bool tied_embeddings;
};

std::span<const ModelShape> all_shapes();
// not_found, with the nearest name and all others, when there is none of that name.
Result<ModelShape> find_shape(std::string_view name);

}  // namespace ferry
