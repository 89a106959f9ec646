#pragma once
// The forward pass's working memory, made once for the largest batch. Inside the room only.

#include <cstdint>
#include <vector>

#include "base/core/result.h"
#include "infer/kernels/kernels.h"
#include "infer/model/model.h"

namespace ferry {

// All of f32, [max_rows, ...].
struct Model::Scratch {
  static Result<Scratch> create(const ArchSpec& spec, int32_t max_rows);

  Buffer memory;
  float* x = nullptr;                            // [hidden]: the residual stream
  float* h = nullptr;                            // [hidden]: a branch's input after its norm, then its output
  float* q = nullptr;                            // [heads, head_dim]
  float* k = nullptr;                            // [kv_heads, head_dim]
  float* v = nullptr;                            // [kv_heads, head_dim]
  float* mixed = nullptr;                        // [heads, head_dim]: what attention read
  float* gate = nullptr;                         // [intermediate]
  float* up = nullptr;                           // [intermediate]
  float* cosines = nullptr;                      // [rotary_dims / 2]
  float* sines = nullptr;                        // [rotary_dims / 2]
  std::vector<kernels::SequenceRows> sequences;  // capacity max_rows
  std::vector<float> frequencies;                // [rotary_dims / 2]
};

}  // namespace ferry
