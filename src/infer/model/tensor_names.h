#pragma once
// What the tensors are called in the two kinds of file. Inside the room only.

#include <string_view>

namespace ferry {

struct TensorNames {
  // Whole names.
  std::string_view embedding;
  std::string_view final_norm;
  std::string_view head;
  std::string_view layer;  // followed by the layer's number and a dot, then by one of those below
  // Without the ".weight" or ".bias" at the end.
  std::string_view attention_norm;
  std::string_view q, k, v;
  std::string_view q_norm, k_norm;
  std::string_view attention_out;
  std::string_view feed_forward_norm;
  std::string_view gate, up, down;
  // Names that end so hold nothing that is not computed or read elsewhere.
  std::string_view harmless;
};

inline constexpr TensorNames kHuggingFaceNames = {
    .embedding = "model.embed_tokens.weight",
    .final_norm = "model.norm.weight",
    .head = "lm_head.weight",
    .layer = "model.layers.",
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
    .harmless = ".rotary_emb.inv_freq",
};

inline constexpr TensorNames kGgufNames = {
    .embedding = "token_embd.weight",
    .final_norm = "output_norm.weight",
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
    .harmless = "rope_freqs.weight",
};

}  // namespace ferry
