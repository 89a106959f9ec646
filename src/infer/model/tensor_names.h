#pragma once
// What the tensors are called in the two kinds of file. Inside the room only.

#include <span>
#include <string_view>

namespace ferry {

struct TensorNames {
  // Whole names, after `base` where the file has it.
  std::string_view base = {};  // "model.": what models with a head put before the names of the rest
  std::string_view embedding;
  std::string_view positions = {};
  std::string_view token_types = {};
  std::string_view embedding_norm = {};  // without ".weight" or ".bias"
  std::string_view final_norm = {};      // the same
  // Whole names without `base`.
  std::string_view head = {};
  std::string_view classifier_dense = {};  // without ".weight" or ".bias"
  std::string_view classifier_out = {};    // the same
  std::string_view layer;  // followed by the layer's number and a dot, then by one of those below
  // Without the ".weight" or ".bias" at the end.
  std::string_view attention_norm;
  std::string_view q, k, v;
  std::string_view q_norm = {}, k_norm = {};
  std::string_view attention_out;
  std::string_view feed_forward_norm;
  std::string_view gate = {}, up, down;
  // Names that contain one of these hold nothing that is not computed or read elsewhere, or nothing that the
  // hidden states depend on.
  std::span<const std::string_view> harmless;

  bool is_harmless(std::string_view name) const {
    for (const std::string_view part : harmless) {
      if (name.find(part) != std::string_view::npos) return true;
    }
    return false;
  }
};

inline constexpr std::string_view kHarmlessInHuggingFace[] = {".rotary_emb.inv_freq"};
inline constexpr std::string_view kHarmlessInGguf[] = {"rope_freqs.weight"};
// Numbers 0, 1, ..., and the heads that a masked language model was trained with.
inline constexpr std::string_view kHarmlessInEncoders[] = {
    "embeddings.position_ids", "embeddings.token_type_ids", "pooler.dense.",
    "cls.predictions.",        "cls.seq_relationship.",     "lm_head.",
    "vocab_transform.",        "vocab_layer_norm.",         "vocab_projector."};

inline constexpr TensorNames kHuggingFaceNames = {
    .base = "model.",
    .embedding = "embed_tokens.weight",
    .final_norm = "norm",
    .head = "lm_head.weight",
    .layer = "layers.",
    .attention_norm = "input_layernorm",
    .q = "self_attn.q_proj",
    .k = "self_attn.k_proj",
    .v = "self_attn.v_proj",
    .q_norm = "self_attn.q_norm",
    .k_norm = "self_attn.k_norm",
    .attention_out = "self_attn.o_proj",
    .feed_forward_norm = "post_attention_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
    .harmless = kHarmlessInHuggingFace,
};

inline constexpr TensorNames kBertNames = {
    .base = "bert.",
    .embedding = "embeddings.word_embeddings.weight",
    .positions = "embeddings.position_embeddings.weight",
    .token_types = "embeddings.token_type_embeddings.weight",
    .embedding_norm = "embeddings.LayerNorm",
    .classifier_dense = "bert.pooler.dense",
    .classifier_out = "classifier",
    .layer = "encoder.layer.",
    .attention_norm = "attention.output.LayerNorm",
    .q = "attention.self.query",
    .k = "attention.self.key",
    .v = "attention.self.value",
    .attention_out = "attention.output.dense",
    .feed_forward_norm = "output.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .harmless = kHarmlessInEncoders,
};

constexpr TensorNames roberta_names() {
  TensorNames names = kBertNames;
  names.base = "roberta.";
  names.classifier_dense = "classifier.dense";
  names.classifier_out = "classifier.out_proj";
  return names;
}
inline constexpr TensorNames kRobertaNames = roberta_names();

inline constexpr TensorNames kDistilBertNames = {
    .base = "distilbert.",
    .embedding = "embeddings.word_embeddings.weight",
    .positions = "embeddings.position_embeddings.weight",
    .embedding_norm = "embeddings.LayerNorm",
    .layer = "transformer.layer.",
    .attention_norm = "sa_layer_norm",
    .q = "attention.q_lin",
    .k = "attention.k_lin",
    .v = "attention.v_lin",
    .attention_out = "attention.out_lin",
    .feed_forward_norm = "output_layer_norm",
    .up = "ffn.lin1",
    .down = "ffn.lin2",
    .harmless = kHarmlessInEncoders,
};

inline constexpr TensorNames kGgufNames = {
    .embedding = "token_embd.weight",
    .final_norm = "output_norm",
    .head = "output.weight",
    .layer = "blk.",
    .attention_norm = "attn_norm",
    .q = "attn_q",
    .k = "attn_k",
    .v = "attn_v",
    .q_norm = "attn_q_norm",
    .k_norm = "attn_k_norm",
    .attention_out = "attn_output",
    .feed_forward_norm = "ffn_norm",
    .gate = "ffn_gate",
    .up = "ffn_up",
    .down = "ffn_down",
    .harmless = kHarmlessInGguf,
};

}  // namespace ferry
