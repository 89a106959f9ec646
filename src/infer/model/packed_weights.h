#pragma once
// The weights of a loaded model, in the layout of its kernel table. Inside the room only.

#include <cstdint>
#include <optional>
#include <vector>

#include "infer/kernels/kernels.h"
#include "infer/model/model.h"

namespace ferry {

struct NormWeights {
  std::vector<float> weight;  // [hidden]; empty: no such norm
  std::vector<float> bias;    // [hidden], of layer norms
};

// Vectors and matrices that the family does not have are empty.
struct LayerWeights {
  NormWeights attention_norm;
  kernels::PackedMatrix q;                // [q_width, hidden]
  kernels::PackedMatrix k, v;             // [kv_width, hidden]
  std::vector<float> q_bias;              // [q_width]
  std::vector<float> k_bias, v_bias;      // [kv_width]
  std::vector<float> q_norm, k_norm;      // [head_dim]
  kernels::PackedMatrix attention_out;    // [hidden, q_width]
  std::vector<float> attention_out_bias;  // [hidden]
  NormWeights feed_forward_norm;
  kernels::PackedMatrix gate, up;  // [intermediate, hidden]
  kernels::PackedMatrix down;      // [hidden, intermediate]
  std::vector<float> up_bias;      // [intermediate]
  std::vector<float> down_bias;    // [hidden]
};

struct ClassifierWeights {
  kernels::PackedMatrix dense;    // [hidden, hidden]
  std::vector<float> dense_bias;  // [hidden]
  kernels::PackedMatrix out;      // [labels, hidden]
  std::vector<float> out_bias;    // [labels]
};

struct Model::Weights {
  kernels::PackedMatrix embedding;  // [vocab, hidden]
  std::vector<float> positions;     // [position_offset + max_positions, hidden]
  std::vector<float> token_types;   // [token_types, hidden]
  NormWeights embedding_norm;
  std::vector<LayerWeights> layers;
  NormWeights final_norm;
  std::optional<kernels::PackedMatrix> head;  // [vocab, hidden]; tied embeddings: the embedding itself
  std::optional<ClassifierWeights> classifier;

  const kernels::PackedMatrix& output() const { return head ? *head : embedding; }
};

}  // namespace ferry
