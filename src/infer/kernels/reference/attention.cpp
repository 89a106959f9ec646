#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "infer/kernels/reference/reference.h"
#include "infer/tensor/blocks.h"

namespace ferry::kernels::reference {

namespace {

// One sequence's keys and values by position.
class History {
 public:
  History(const KvLayer& kv, std::span<const int32_t> pages) : kv_(kv), pages_(pages) {}

  // x: [head_dim]
  void read_key(int32_t position, int32_t head, float* x) const { read(key(position, head), x); }
  void read_value(int32_t position, int32_t head, float* x) const { read(value(position, head), x); }
  void write_key(int32_t position, int32_t head, const float* x) { write(key(position, head), x); }
  void write_value(int32_t position, int32_t head, const float* x) { write(value(position, head), x); }

 private:
  std::byte* key(int32_t position, int32_t head) const {
    const int64_t page = pages_[static_cast<size_t>(position / kv_.page_tokens)];
    const int64_t row = int64_t{head} * kv_.page_tokens + position % kv_.page_tokens;
    return kv_.pages + page * kv_.page_bytes + row * kv_head_bytes(kv_.type, kv_.head_dim);
  }
  std::byte* value(int32_t position, int32_t head) const { return key(position, head) + kv_.page_bytes / 2; }

  DType plain_type() const { return kv_.type == KvType::f32 ? DType::f32 : DType::bf16; }

  // In int8: the scale, then the codes.
  void read(const std::byte* from, float* x) const {
    if (kv_.type != KvType::int8) return dequantize_row(plain_type(), from, kv_.head_dim, x);
    float scale = 0;
    std::memcpy(&scale, from, sizeof scale);
    const auto* codes = reinterpret_cast<const int8_t*>(from + sizeof scale);
    for (int32_t d = 0; d < kv_.head_dim; ++d) x[d] = static_cast<float>(codes[d]) * scale;
  }
  void write(std::byte* to, const float* x) {
    if (kv_.type != KvType::int8) return quantize_row(plain_type(), x, kv_.head_dim, to);
    const KvScale scale = kv_scale(x, kv_.head_dim);
    std::memcpy(to, &scale.scale, sizeof scale.scale);
    auto* codes = reinterpret_cast<int8_t*>(to + sizeof scale.scale);
    for (int32_t d = 0; d < kv_.head_dim; ++d)
      codes[d] = static_cast<int8_t>(std::lrintf(x[d] * scale.inverse));
  }

  KvLayer kv_;
  std::span<const int32_t> pages_;
};

// The softmax over some positions, not yet divided by its sum.
struct Partial {
  float max = -std::numeric_limits<float>::infinity();
  float sum = 0;
  std::vector<float> out;  // [head_dim]
};

Partial attend_span(const History& history, const AttentionArgs& args, const float* q, int32_t head,
                    int32_t begin, int32_t end) {
  std::vector<float> scores(static_cast<size_t>(end - begin));
  std::vector<float> x(static_cast<size_t>(args.kv.head_dim));
  Partial partial;
  for (int32_t t = begin; t < end; ++t) {
    history.read_key(t, head, x.data());
    float dot = 0;
    for (size_t d = 0; d < x.size(); ++d) dot += q[d] * x[d];
    scores[static_cast<size_t>(t - begin)] = dot * args.scale;
    partial.max = std::max(partial.max, dot * args.scale);
  }
  partial.out.assign(x.size(), 0.0f);
  for (int32_t t = begin; t < end; ++t) {
    const float p = std::exp(scores[static_cast<size_t>(t - begin)] - partial.max);
    partial.sum += p;
    history.read_value(t, head, x.data());
    for (size_t d = 0; d < x.size(); ++d) partial.out[d] += p * x[d];
  }
  return partial;
}

void merge(Partial& left, const Partial& right) {
  const float max = std::max(left.max, right.max);
  const float a = std::exp(left.max - max);
  const float b = std::exp(right.max - max);
  left.max = max;
  left.sum = left.sum * a + right.sum * b;
  for (size_t d = 0; d < left.out.size(); ++d) left.out[d] = left.out[d] * a + right.out[d] * b;
}

void attend(const History& history, const AttentionArgs& args, int64_t row, int32_t position, int32_t head) {
  const int64_t offset = (row * args.heads + head) * args.kv.head_dim;
  const int32_t kv_head = head / (args.heads / args.kv.kv_heads);
  const int32_t first = args.window > 0 ? std::max(0, position - args.window + 1) : 0;
  Partial total;
  for (int32_t span = first / kSpanTokens * kSpanTokens; span <= position; span += kSpanTokens) {
    const int32_t begin = std::max(span, first);
    const int32_t end = std::min(span + kSpanTokens, position + 1);
    Partial partial = attend_span(history, args, args.q + offset, kv_head, begin, end);
    if (total.out.empty()) {
      total = std::move(partial);
    } else {
      merge(total, partial);
    }
  }
  for (int32_t d = 0; d < args.kv.head_dim; ++d) {
    args.out[offset + d] = total.out[static_cast<size_t>(d)] / total.sum;
  }
}

}  // namespace

void store_kv(const StoreKvArgs& args) {
  for (const SequenceRows& sequence : args.sequences) {
    History history(args.kv, sequence.pages);
    for (int32_t i = 0; i < sequence.rows; ++i) {
      const int64_t row = int64_t{sequence.first_row} + i;
      for (int32_t h = 0; h < args.kv.kv_heads; ++h) {
        const int64_t at = (row * args.kv.kv_heads + h) * args.kv.head_dim;
        history.write_key(sequence.first_position + i, h, args.k + at);
        history.write_value(sequence.first_position + i, h, args.v + at);
      }
    }
  }
}

void attention(const AttentionArgs& args, ThreadPool& pool) {
  for (const SequenceRows& sequence : args.sequences) {
    const History history(args.kv, sequence.pages);
    pool.parallel_for(int64_t{sequence.rows} * args.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto row = static_cast<int32_t>(i / args.heads);
        attend(history, args, int64_t{sequence.first_row} + row, sequence.first_position + row,
               static_cast<int32_t>(i % args.heads));
      }
    });
  }
}

}  // namespace ferry::kernels::reference
