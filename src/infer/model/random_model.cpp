#include "infer/model/random_model.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "infer/formats/gguf_writer.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry {
namespace {

constexpr float kDeviation = 0.02f;
// Then they repeat: a prime number of the largest blocks, so that no row of a matrix is soon like another,
// and what mixes rows up shows.
constexpr int64_t kDistinctWeights = int64_t{4099} * 256;

void set_f16(std::byte* at, float value) {
  const uint16_t bits = f32_to_f16(value);
  std::memcpy(at, &bits, sizeof bits);
}

// Nobody quantises to the K formats here, so their codes are drawn, with scales that give the deviation.
void draw_block(DType dtype, Rng& rng, std::byte* out) {
  const DTypeInfo info = dtype_info(dtype);
  for (int64_t i = 0; i < info.bytes; ++i) out[i] = static_cast<std::byte>(rng.below(256));
  if (dtype == DType::q4_k) {  // d · scale (0..63) · code (0..15) - dmin · min (0..63)
    set_f16(out, kDeviation / 260);
    set_f16(out + 2, kDeviation / 260 * 7.5f);  // as much below zero as above
  } else {                                      // q6_k: d · scale (-128..127) · code (-32..31)
    set_f16(out + info.bytes - 2, kDeviation / 1370);
  }
}

// Random weights for any matrix: as many as the largest has, and some more to begin elsewhere in each.
class WeightSupply {
 public:
  WeightSupply(DType dtype, int64_t largest) : dtype_(dtype), info_(dtype_info(dtype)) {
    const int64_t distinct = kDistinctWeights / info_.elements;
    std::vector<std::byte> pattern(static_cast<size_t>(distinct * info_.bytes));
    Rng rng(1);
    std::vector<float> weights(static_cast<size_t>(info_.elements));
    for (int64_t i = 0; i < distinct; ++i) {
      std::byte* block = pattern.data() + i * info_.bytes;
      if (!can_quantize(dtype)) {
        draw_block(dtype, rng, block);
        continue;
      }
      for (float& weight : weights) weight = static_cast<float>(rng.gaussian()) * kDeviation;
      quantize_row(dtype, weights.data(), info_.elements, block);
    }
    bytes_.resize(static_cast<size_t>(largest / info_.elements + distinct) *
                  static_cast<size_t>(info_.bytes));
    for (size_t at = 0; at < bytes_.size(); at += pattern.size()) {
      std::memcpy(bytes_.data() + at, pattern.data(), std::min(pattern.size(), bytes_.size() - at));
    }
  }

  TensorView matrix(int64_t outputs, int64_t inputs) {
    const auto first =
        static_cast<int64_t>(begins_.below(static_cast<uint64_t>(kDistinctWeights / info_.elements)));
    return {dtype_, {outputs, inputs}, bytes_.data() + first * info_.bytes};
  }

 private:
  DType dtype_;
  DTypeInfo info_;
  std::vector<std::byte> bytes_;
  Rng begins_{2};
};

// GPT-2's names of the bytes: printable ones stand for themselves, the others follow from U+0100 on.
std::vector<std::string> byte_tokens() {
  std::vector<std::string> tokens;
  int others = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const bool plain = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
    const int code = plain ? byte : 0x100 + others++;
    if (code < 0x80) {
      tokens.emplace_back(1, static_cast<char>(code));
    } else {
      tokens.push_back({static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))});
    }
  }
  return tokens;
}

void add_vocabulary(GgufWriter& file, int32_t vocab) {
  constexpr int32_t kNormal = 1, kControl = 3;  // ggml's token types
  std::vector<std::string> tokens = byte_tokens();
  tokens.emplace_back("aa");
  while (static_cast<int32_t>(tokens.size()) < vocab - 2)
    tokens.push_back(fmt::format("word{}", tokens.size()));
  tokens.emplace_back("<|begin|>");
  tokens.emplace_back("<|end|>");
  std::vector<int32_t> types(tokens.size(), kNormal);
  types[types.size() - 2] = types[types.size() - 1] = kControl;
  const std::vector<std::string_view> views(tokens.begin(), tokens.end());
  const std::string_view merges[] = {"a a"};
  file.add_string("tokenizer.ggml.model", "gpt2");
  file.add_string("tokenizer.ggml.pre", "llama-bpe");
  file.add_strings("tokenizer.ggml.tokens", views);
  file.add_int32s("tokenizer.ggml.token_type", types);
  file.add_strings("tokenizer.ggml.merges", merges);
  file.add_uint32("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(vocab - 2));
  file.add_uint32("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(vocab - 1));
}

void add_description(GgufWriter& file, const ModelShape& shape) {
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", shape.architecture, name); };
  const auto count = [&](std::string_view name, int32_t value) {
    file.add_uint32(key(name), static_cast<uint32_t>(value));
  };
  file.add_string("general.architecture", shape.architecture);
  file.add_string("general.name", fmt::format("random weights in the shape of {}", shape.name));
  count("block_count", shape.layers);
  count("context_length", shape.context);
  count("embedding_length", shape.hidden);
  count("feed_forward_length", shape.intermediate);
  count("attention.head_count", shape.heads);
  count("attention.head_count_kv", shape.kv_heads);
  count("attention.key_length", shape.head_dim);
  count("attention.value_length", shape.head_dim);
  count("rope.dimension_count", shape.head_dim);
  count("vocab_size", shape.vocab);
  file.add_float32(key("rope.freq_base"), shape.rope_theta);
  file.add_float32(key("attention.layer_norm_rms_epsilon"), 1e-5f);
}

void add_tensors(GgufWriter& file, const ModelShape& shape, WeightSupply& supply, const float* ones) {
  const auto matrix = [&](const std::string& name, int64_t outputs, int64_t inputs) {
    file.add_tensor(name, supply.matrix(outputs, inputs));
  };
  const auto norm = [&](const std::string& name, int64_t width) {
    file.add_tensor(name, {DType::f32, {width}, reinterpret_cast<const std::byte*>(ones)});
  };
  const int64_t q_width = int64_t{shape.heads} * shape.head_dim;
  const int64_t kv_width = int64_t{shape.kv_heads} * shape.head_dim;
  matrix("token_embd.weight", shape.vocab, shape.hidden);
  for (int32_t i = 0; i < shape.layers; ++i) {
    const std::string layer = fmt::format("blk.{}.", i);
    norm(layer + "attn_norm.weight", shape.hidden);
    matrix(layer + "attn_q.weight", q_width, shape.hidden);
    matrix(layer + "attn_k.weight", kv_width, shape.hidden);
    matrix(layer + "attn_v.weight", kv_width, shape.hidden);
    if (shape.architecture == "qwen3") {
      norm(layer + "attn_q_norm.weight", shape.head_dim);
      norm(layer + "attn_k_norm.weight", shape.head_dim);
    }
    matrix(layer + "attn_output.weight", shape.hidden, q_width);
    norm(layer + "ffn_norm.weight", shape.hidden);
    matrix(layer + "ffn_gate.weight", shape.intermediate, shape.hidden);
    matrix(layer + "ffn_up.weight", shape.intermediate, shape.hidden);
    matrix(layer + "ffn_down.weight", shape.hidden, shape.intermediate);
  }
  norm("output_norm.weight", shape.hidden);
  if (!shape.tied_embeddings) matrix("output.weight", shape.vocab, shape.hidden);
}

}  // namespace

Result<void> write_random_model(const ModelShape& shape, DType dtype, const std::filesystem::path& path) {
  const int64_t block = dtype_info(dtype).elements;
  for (const int32_t width : {shape.hidden, shape.intermediate, shape.heads * shape.head_dim}) {
    if (width % block != 0) {
      return fail(ErrorCode::invalid_argument,
                  "{} cannot be {}: its rows of {} weights are no whole number of blocks of {}", shape.name,
                  dtype_info(dtype).name, width, block);
    }
  }
  const int64_t largest = int64_t{shape.hidden} * std::max(shape.vocab, shape.intermediate);
  WeightSupply supply(dtype, largest);
  const std::vector<float> ones(static_cast<size_t>(std::max(shape.hidden, shape.head_dim)), 1.0f);
  GgufWriter file;
  add_description(file, shape);
  add_vocabulary(file, shape.vocab);
  add_tensors(file, shape, supply, ones.data());
  return file.write(path);
}

}  // namespace ferry
