#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "infer/kernels/reference/reference.h"

namespace ferry::kernels::reference {

namespace {

// Row `row`, one head: the softmax over all of the sequence's rows.
void attend(const BidirectionalArgs& args, const SequenceRows& sequence, int32_t row, int32_t head) {
  const auto at = [&](int32_t r) {
    return (int64_t{sequence.first_row + r} * args.heads + head) * args.head_dim;
  };
  const float* q = args.q + at(row);
  std::vector<float> weights;
  float max = -std::numeric_limits<float>::infinity();
  for (int32_t t = 0; t < sequence.rows; ++t) {
    float dot = 0;
    for (int32_t d = 0; d < args.head_dim; ++d) dot += q[d] * args.k[at(t) + d];
    weights.push_back(dot * args.scale);
    max = std::max(max, weights.back());
  }
  float sum = 0;
  for (float& weight : weights) sum += weight = std::exp(weight - max);
  float* out = args.out + at(row);
  std::fill(out, out + args.head_dim, 0.0f);
  for (int32_t t = 0; t < sequence.rows; ++t) {
    const float weight = weights[static_cast<size_t>(t)] / sum;
    for (int32_t d = 0; d < args.head_dim; ++d) out[d] += weight * args.v[at(t) + d];
  }
}

}  // namespace

void bidirectional_attention(const BidirectionalArgs& args, ThreadPool& pool) {
  for (const SequenceRows& sequence : args.sequences) {
    pool.parallel_for(int64_t{sequence.rows} * args.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        attend(args, sequence, static_cast<int32_t>(i / args.heads), static_cast<int32_t>(i % args.heads));
      }
    });
  }
}

}  // namespace ferry::kernels::reference
