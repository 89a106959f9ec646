// The forward pass of every family: a pre-norm decoder as in the Llama papers (Touvron et al., 2023).
//
// Nothing here adds across rows, and every kernel keeps a row's bits independent of the others, so the whole
// pass does too; the threads that share out rows cannot change a result.

#include <algorithm>
#include <cmath>

#include "infer/model/model.h"
#include "infer/model/packed_weights.h"
#include "infer/model/rope.h"
#include "infer/model/scratch.h"

namespace ferry {
namespace {

using kernels::KernelTable;
using kernels::PackedMatrix;

// Of an elementwise operation: with less, waking another thread costs more than it saves.
constexpr int64_t kFloatsPerPiece = 1 << 16;

// One batch on its way through the model.
struct Pass {
  const ArchSpec& spec;
  const KernelTable& table;
  ThreadPool& pool;
  int64_t rows;

  // body(first, count) on pieces of the rows, each of `width` floats.
  template <class Body>
  void for_rows(int64_t width, Body&& body) const {
    const int64_t piece = std::max<int64_t>(1, kFloatsPerPiece / width);
    if (rows <= piece) return body(int64_t{0}, rows);
    pool.parallel_for(rows, piece, [&](int64_t begin, int64_t end) { body(begin, end - begin); });
  }

  // out[rows, outputs] = x · wᵀ + bias; an empty bias is none.
  void linear(const PackedMatrix& w, const std::vector<float>& bias, const float* x, float* out) const {
    table.matmul(w, x, rows, out, pool);
    if (!bias.empty()) table.add_bias(out, bias.data(), rows, w.outputs);
  }

  void norm(const float* x, const std::vector<float>& weight, float* out) const {
    const int64_t width = spec.hidden;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.rms_norm(x + first * width, weight.data(), spec.norm_eps, count, width, out + first * width);
    });
  }

  // Each head's norm, if the family has one, and its rotation. x: [rows, heads, head_dim]
  void place(float* x, int32_t heads, const std::vector<float>& head_norm, const float* cosines,
             const float* sines) const {
    const int64_t width = int64_t{heads} * spec.head_dim;
    const int64_t half = spec.rope.rotary_dims / 2;
    for_rows(width, [&](int64_t first, int64_t count) {
      float* part = x + first * width;
      if (!head_norm.empty()) {
        table.rms_norm(part, head_norm.data(), spec.norm_eps, count * heads, spec.head_dim, part);
      }
      table.rope({.x = part,
                  .cosines = cosines + first * half,
                  .sines = sines + first * half,
                  .rows = count,
                  .heads = heads,
                  .head_dim = spec.head_dim,
                  .rotary_dims = spec.rope.rotary_dims,
                  .pairing = spec.rope.pairing});
    });
  }

  // gate = silu(gate) · up
  void swiglu(float* gate, const float* up) const {
    const int64_t width = spec.intermediate;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.swiglu(gate + first * width, up + first * width, count * width, gate + first * width);
    });
  }

  // x += branch
  void add(float* x, const float* branch) const {
    const int64_t width = spec.hidden;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.add(x + first * width, branch + first * width, count * width);
    });
  }
};

kernels::KvLayer kv_layer(KvCache& cache, size_t index) {
  const KvGeometry& g = cache.geometry();
  return {g.type,        g.kv_heads,     g.head_dim,
          g.page_tokens, g.page_bytes(), cache.layer(static_cast<int32_t>(index))};
}

void check_cache(const ArchSpec& spec, const KvGeometry& geometry) {
  FERRY_CHECK(geometry.layers == static_cast<int32_t>(spec.layers.size()));
  FERRY_CHECK(geometry.kv_heads == spec.kv_heads && geometry.head_dim == spec.head_dim);
}

void check_sequence(const BatchSequence& sequence, const KvCache& cache) {
  FERRY_CHECK(sequence.rows > 0 && sequence.first_position >= 0);
  const int64_t positions = int64_t{sequence.first_position} + sequence.rows;
  FERRY_CHECK(static_cast<int64_t>(sequence.pages.size()) * cache.geometry().page_tokens >= positions);
  for (const PageId page : sequence.pages) FERRY_CHECK(page >= 0 && page < cache.pages());
}

}  // namespace

// A wrong number here would read another sequence's memory, so the checks stay on; they cost nothing beside
// the products.
void Model::prepare(const Batch& batch, const KvCache& cache) {
  const size_t rows = batch.tokens.size();
  const auto most = static_cast<size_t>(max_rows_);
  FERRY_CHECK(rows <= most && batch.logit_rows.size() <= most);
  check_cache(spec_, cache.geometry());
  for (const int32_t token : batch.tokens) FERRY_CHECK(token >= 0 && token < spec_.vocab);
  for (const int32_t row : batch.logit_rows) FERRY_CHECK(row >= 0 && static_cast<size_t>(row) < rows);

  const size_t half = scratch_->frequencies.size();
  int32_t row = 0;
  scratch_->sequences.clear();
  for (const BatchSequence& sequence : batch.sequences) {
    check_sequence(sequence, cache);
    FERRY_CHECK(static_cast<size_t>(row) + static_cast<size_t>(sequence.rows) <= rows);
    scratch_->sequences.push_back({sequence.pages, row, sequence.rows, sequence.first_position});
    for (int32_t i = 0; i < sequence.rows; ++i, ++row) {
      const size_t at = static_cast<size_t>(row) * half;
      rope_angles(scratch_->frequencies, sequence.first_position + i, scratch_->cosines + at,
                  scratch_->sines + at);
    }
  }
  FERRY_CHECK(static_cast<size_t>(row) == rows);
}

void Model::forward(const Batch& batch, KvCache& cache, ThreadPool& pool, float* logits) {
  if (batch.tokens.empty()) return;
  prepare(batch, cache);
  const Scratch& s = *scratch_;
  const KernelTable& table = *weights_->embedding.table;
  const Pass pass{spec_, table, pool, static_cast<int64_t>(batch.tokens.size())};
  const float scale = 1.0f / std::sqrt(static_cast<float>(spec_.head_dim));
  const auto lap = [this](Op op) {
    if (profile_ != nullptr) profile_->lap(op);
  };

  if (profile_ != nullptr) profile_->begin();
  table.gather(weights_->embedding, batch.tokens, s.x);
  lap(Op::gather);
  for (size_t i = 0; i < weights_->layers.size(); ++i) {
    const LayerWeights& w = weights_->layers[i];
    const kernels::KvLayer kv = kv_layer(cache, i);

    pass.norm(s.x, w.attention_norm, s.h);
    lap(Op::norm);
    pass.linear(w.q, w.q_bias, s.h, s.q);
    pass.linear(w.k, w.k_bias, s.h, s.k);
    pass.linear(w.v, w.v_bias, s.h, s.v);
    lap(Op::qkv);
    pass.place(s.q, spec_.heads, w.q_norm, s.cosines, s.sines);
    pass.place(s.k, spec_.kv_heads, w.k_norm, s.cosines, s.sines);
    lap(Op::rope);
    table.store_kv({s.k, s.v, s.sequences, kv});
    lap(Op::store_kv);
    table.attention({s.q, s.mixed, s.sequences, kv, spec_.heads, scale, spec_.layers[i].window}, pool);
    lap(Op::attention);
    pass.linear(w.attention_out, w.attention_out_bias, s.mixed, s.h);
    lap(Op::attention_out);
    pass.add(s.x, s.h);
    lap(Op::add);

    pass.norm(s.x, w.feed_forward_norm, s.h);
    lap(Op::norm);
    pass.linear(w.gate, {}, s.h, s.gate);
    pass.linear(w.up, {}, s.h, s.up);
    lap(Op::gate_up);
    pass.swiglu(s.gate, s.up);
    lap(Op::swiglu);
    pass.linear(w.down, {}, s.gate, s.h);
    lap(Op::down);
    pass.add(s.x, s.h);
    lap(Op::add);
  }

  // The head is the widest product of all: only for the rows that somebody will read.
  const size_t width = static_cast<size_t>(spec_.hidden);
  for (size_t i = 0; i < batch.logit_rows.size(); ++i) {
    const float* row = s.x + static_cast<size_t>(batch.logit_rows[i]) * width;
    table.rms_norm(row, weights_->final_norm.data(), spec_.norm_eps, 1, spec_.hidden, s.h + i * width);
  }
  lap(Op::norm);
  if (!batch.logit_rows.empty()) {
    table.matmul(weights_->output(), s.h, static_cast<int64_t>(batch.logit_rows.size()), logits, pool);
  }
  lap(Op::head);
}

}  // namespace ferry
