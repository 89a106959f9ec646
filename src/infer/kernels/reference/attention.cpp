#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "infer/kernels/reference/reference.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::reference {

namespace {

// One sequence's keys and values by position.
class History {
 public:
  History(const KvLayer& kv, std::span<const int32_t> pages) : kv_(kv), pages_(pages) {}

  float key(int32_t position, int32_t head, int32_t d) const { return load(offset(position, head, d)); }
  float value(int32_t position, int32_t head, int32_t d) const { return load(values(position, head, d)); }
  void set_key(int32_t position, int32_t head, int32_t d, float x) { store(offset(position, head, d), x); }
  void set_value(int32_t position, int32_t head, int32_t d, float x) { store(values(position, head, d), x); }

 private:
  // In elements from kv.pages.
  int64_t offset(int32_t position, int32_t head, int32_t d) const {
    const int64_t page = pages_[static_cast<size_t>(position / kv_.page_tokens)];
    const int64_t in_page = (int64_t{head} * kv_.page_tokens + position % kv_.page_tokens) * kv_.head_dim + d;
    return page * (kv_.page_bytes / dtype_info(kv_.dtype).bytes) + in_page;
  }
  int64_t values(int32_t position, int32_t head, int32_t d) const {
    return offset(position, head, d) + int64_t{kv_.kv_heads} * kv_.page_tokens * kv_.head_dim;
  }
  float load(int64_t index) const {
    if (kv_.dtype == DType::f32) return reinterpret_cast<const float*>(kv_.pages)[index];
    return bf16_to_f32(reinterpret_cast<const uint16_t*>(kv_.pages)[index]);
  }
  void store(int64_t index, float x) {
    if (kv_.dtype == DType::f32) {
      reinterpret_cast<float*>(kv_.pages)[index] = x;
    } else {
      reinterpret_cast<uint16_t*>(kv_.pages)[index] = f32_to_bf16(x);
    }
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
  const int32_t head_dim = args.kv.head_dim;
  std::vector<float> scores(static_cast<size_t>(end - begin));
  Partial partial;
  for (int32_t t = begin; t < end; ++t) {
    float dot = 0;
    for (int32_t d = 0; d < head_dim; ++d) dot += q[d] * history.key(t, head, d);
    scores[static_cast<size_t>(t - begin)] = dot * args.scale;
    partial.max = std::max(partial.max, dot * args.scale);
  }
  partial.out.assign(static_cast<size_t>(head_dim), 0.0f);
  for (int32_t t = begin; t < end; ++t) {
    const float p = std::exp(scores[static_cast<size_t>(t - begin)] - partial.max);
    partial.sum += p;
    for (int32_t d = 0; d < head_dim; ++d) {
      partial.out[static_cast<size_t>(d)] += p * history.value(t, head, d);
    }
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
        for (int32_t d = 0; d < args.kv.head_dim; ++d) {
          const int64_t at = (row * args.kv.kv_heads + h) * args.kv.head_dim + d;
          history.set_key(sequence.first_position + i, h, d, args.k[at]);
          history.set_value(sequence.first_position + i, h, d, args.v[at]);
        }
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
