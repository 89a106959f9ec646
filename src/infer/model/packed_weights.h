#pragma once
// The weights of a loaded model, in the layout of its kernel table. Inside the room only.

#include <cstdint>
#include <optional>
#include <vector>

#include "infer/kernels/kernels.h"
#include "infer/model/model.h"

namespace ferry {

// Vectors that the family does not have are empty.
struct LayerWeights {
  std::vector<float> attention_norm;      // [hidden]
  kernels::PackedMatrix q;                // [q_width, hidden]
  kernels::PackedMatrix k, v;             // [kv_width, hidden]
  std::vector<float> q_bias;              // [q_width]
  std::vector<float> k_bias, v_bias;      // [kv_width]
  std::vector<float> q_norm, k_norm;      // [head_dim]
  kernels::PackedMatrix attention_out;    // [hidden, q_width]
  std::vector<float> attention_out_bias;  // [hidden]
  std::vector<float> feed_forward_norm;   // [hidden]
  kernels::PackedMatrix gate, up;         // [intermediate, hidden]
  kernels::PackedMatrix down;             // [hidden, intermediate]
};

struct Model::Weights {
  kernels::PackedMatrix embedding;  // [vocab, hidden]
  std::vector<LayerWeights> layers;
  std::vector<float> final_norm;              // [hidden]
  std::optional<kernels::PackedMatrix> head;  // [vocab, hidden]; tied embeddings: the embedding itself

  const kernels::PackedMatrix& output() const { return head ? *head : embedding; }
};

}  // namespace ferry
