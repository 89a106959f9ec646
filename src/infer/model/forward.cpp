// The forward pass of every family: a transformer of attention and feed-forward branches, pre-norm as in the
// Llama papers (Touvron et al., 2023) or post-norm as in BERT (Devlin et al., 2018).
//
// Nothing here adds across rows but attention, and every kernel keeps a sequence's bits independent of the
// others, so the whole pass does too; the threads that share out rows cannot change a result.

#include <algorithm>
#include <cmath>
#include <cstring>

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

kernels::KvLayer kv_layer(KvCache& cache, size_t index) {
  const KvGeometry& g = cache.geometry();
  return {g.type,        g.kv_heads,     g.head_dim,
          g.page_tokens, g.page_bytes(), cache.layer(static_cast<int32_t>(index))};
}

}  // namespace

// One batch on its way through the model.
struct ForwardPass {
  const ArchSpec& spec;
  const Model::Weights& weights;
  const Model::Scratch& s;
  const KernelTable& table;
  ThreadPool& pool;
  KvCache* cache;
  ForwardProfile* profile;
  int64_t rows;

  void lap(Op op) const {
    if (profile != nullptr) profile->lap(op);
  }

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
    if (bias.empty()) return;
    for_rows(w.outputs, [&](int64_t first, int64_t count) {
      table.add_bias(out + first * w.outputs, bias.data(), count, w.outputs);
    });
  }

  void norm_rows(const float* x, const NormWeights& w, int64_t count, float* out) const {
    if (spec.norm == NormKind::layer) {
      table.layer_norm(x, w.weight.data(), w.bias.data(), spec.norm_eps, count, spec.hidden, out);
    } else {
      table.rms_norm(x, w.weight.data(), spec.norm_eps, count, spec.hidden, out);
    }
  }
  void norm(const float* x, const NormWeights& w, float* out) const {
    const int64_t width = spec.hidden;
    for_rows(width, [&](int64_t first, int64_t count) {
      norm_rows(x + first * width, w, count, out + first * width);
    });
    lap(Op::norm);
  }

  // Each token's vector, and where the family has them its position's and its type's.
  void embed(const Batch& batch) const {
    for_rows(spec.hidden, [&](int64_t first, int64_t count) {
      const auto tokens = batch.tokens.subspan(static_cast<size_t>(first), static_cast<size_t>(count));
      table.gather(weights.embedding, tokens, s.x + first * spec.hidden);
    });
    if (spec.positions == PositionKind::learned) add_positions();
    if (spec.token_types > 0) add_token_types(batch.token_types);
    lap(Op::gather);
    if (spec.embedding_norm) norm(s.x, weights.embedding_norm, s.x);
  }
  void add_positions() const {
    for (const kernels::SequenceRows& sequence : s.sequences) {
      const int64_t first = int64_t{spec.position_offset} + sequence.first_position;
      table.add(s.x + int64_t{sequence.first_row} * spec.hidden,
                weights.positions.data() + first * spec.hidden, int64_t{sequence.rows} * spec.hidden);
    }
  }
  void add_token_types(std::span<const int32_t> types) const {
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t type = types.empty() ? 0 : types[static_cast<size_t>(row)];
      table.add(s.x + row * spec.hidden, weights.token_types.data() + type * spec.hidden, spec.hidden);
    }
  }

  // What a branch reads, and how its output, in s.h, comes back to s.x.
  const float* enter(const NormWeights& w) const {
    if (spec.norm_place == NormPlace::after) return s.x;
    norm(s.x, w, s.h);
    return s.h;
  }
  void leave(const NormWeights& w) const {
    const int64_t width = spec.hidden;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.add(s.x + first * width, s.h + first * width, count * width);
    });
    lap(Op::add);
    if (spec.norm_place == NormPlace::after) norm(s.x, w, s.x);
  }

  // Each head's norm, if the family has one, and its rotation. x: [rows, heads, head_dim]
  void place(float* x, int32_t heads, const std::vector<float>& head_norm) const {
    const int64_t width = int64_t{heads} * spec.head_dim;
    const int64_t half = spec.rope.rotary_dims / 2;
    for_rows(width, [&](int64_t first, int64_t count) {
      float* part = x + first * width;
      if (!head_norm.empty()) {
        table.rms_norm(part, head_norm.data(), spec.norm_eps, count * heads, spec.head_dim, part);
      }
      table.rope({.x = part,
                  .cosines = s.cosines + first * half,
                  .sines = s.sines + first * half,
                  .rows = count,
                  .heads = heads,
                  .head_dim = spec.head_dim,
                  .rotary_dims = spec.rope.rotary_dims,
                  .pairing = spec.rope.pairing});
    });
  }

  // s.mixed from s.q, s.k and s.v.
  void mix(size_t layer) const {
    const float scale = 1.0f / std::sqrt(static_cast<float>(spec.head_dim));
    if (spec.attention == AttentionKind::causal) {
      const kernels::KvLayer kv = kv_layer(*cache, layer);
      table.store_kv({s.k, s.v, s.sequences, kv});
      lap(Op::store_kv);
      table.attention({s.q, s.mixed, s.sequences, kv, spec.heads, scale, spec.layers[layer].window}, pool);
    } else {
      table.bidirectional_attention({s.q, s.k, s.v, s.mixed, s.sequences, spec.heads, spec.head_dim, scale},
                                    pool);
    }
    lap(Op::attention);
  }

  void attention(size_t layer) const {
    const LayerWeights& w = weights.layers[layer];
    const float* in = enter(w.attention_norm);
    linear(w.q, w.q_bias, in, s.q);
    linear(w.k, w.k_bias, in, s.k);
    linear(w.v, w.v_bias, in, s.v);
    lap(Op::qkv);
    if (spec.positions == PositionKind::rope) {
      place(s.q, spec.heads, w.q_norm);
      place(s.k, spec.kv_heads, w.k_norm);
      lap(Op::rope);
    }
    mix(layer);
    linear(w.attention_out, w.attention_out_bias, s.mixed, s.h);
    lap(Op::attention_out);
    leave(w.attention_norm);
  }

  // gate = silu(gate) · up
  void swiglu() const {
    const int64_t width = spec.intermediate;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.swiglu(s.gate + first * width, s.up + first * width, count * width, s.gate + first * width);
    });
  }
  void gelu() const {
    const int64_t width = spec.intermediate;
    for_rows(width, [&](int64_t first, int64_t count) {
      table.gelu(s.up + first * width, count * width, s.up + first * width);
    });
  }

  void feed_forward(size_t layer) const {
    const LayerWeights& w = weights.layers[layer];
    const float* in = enter(w.feed_forward_norm);
    const bool gated = spec.feed_forward == FeedForwardKind::swiglu;
    if (gated) linear(w.gate, {}, in, s.gate);
    linear(w.up, w.up_bias, in, s.up);
    lap(Op::gate_up);
    gated ? swiglu() : gelu();
    lap(Op::activation);
    linear(w.down, w.down_bias, gated ? s.gate : s.up, s.h);
    lap(Op::down);
    leave(w.feed_forward_norm);
  }
};

namespace {

void check_cache(const ArchSpec& spec, const KvGeometry& geometry) {
  FERRY_CHECK(geometry.layers == static_cast<int32_t>(spec.layers.size()));
  FERRY_CHECK(geometry.kv_heads == spec.kv_heads && geometry.head_dim == spec.head_dim);
}

void check_cached(const BatchSequence& sequence, const KvCache& cache) {
  const int64_t positions = int64_t{sequence.first_position} + sequence.rows;
  FERRY_CHECK(static_cast<int64_t>(sequence.pages.size()) * cache.geometry().page_tokens >= positions);
  for (const PageId page : sequence.pages) FERRY_CHECK(page >= 0 && page < cache.pages());
}

void check_whole(const ArchSpec& spec, const BatchSequence& sequence) {
  FERRY_CHECK(sequence.first_position == 0 && sequence.rows <= spec.max_positions);
}

}  // namespace

// A wrong number here would read another sequence's memory, so the checks stay on; they cost nothing beside
// the products.
void Model::prepare(const Batch& batch, const KvCache* cache) {
  const size_t rows = batch.tokens.size();
  const auto most = static_cast<size_t>(max_rows_);
  FERRY_CHECK(rows <= most && batch.logit_rows.size() <= most);
  FERRY_CHECK(batch.token_types.empty() || batch.token_types.size() == rows);
  const bool cached = spec_.attention == AttentionKind::causal;
  if (cached) check_cache(spec_, cache->geometry());
  for (const int32_t token : batch.tokens) FERRY_CHECK(token >= 0 && token < spec_.vocab);
  for (const int32_t type : batch.token_types) FERRY_CHECK(type >= 0 && type < spec_.token_types);
  for (const int32_t row : batch.logit_rows) FERRY_CHECK(row >= 0 && static_cast<size_t>(row) < rows);

  const size_t half = scratch_->frequencies.size();
  int32_t row = 0;
  scratch_->sequences.clear();
  for (const BatchSequence& sequence : batch.sequences) {
    FERRY_CHECK(sequence.rows > 0 && sequence.first_position >= 0);
    cached ? check_cached(sequence, *cache) : check_whole(spec_, sequence);
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

// Leaves the rows' hidden states, before the final norm, in the scratch memory.
void Model::run(const Batch& batch, KvCache* cache, ThreadPool& pool) {
  prepare(batch, cache);
  const ForwardPass pass{.spec = spec_,
                         .weights = *weights_,
                         .s = *scratch_,
                         .table = *weights_->embedding.table,
                         .pool = pool,
                         .cache = cache,
                         .profile = profile_,
                         .rows = static_cast<int64_t>(batch.tokens.size())};
  if (profile_ != nullptr) profile_->begin();
  pass.embed(batch);
  for (size_t layer = 0; layer < weights_->layers.size(); ++layer) {
    pass.attention(layer);
    pass.feed_forward(layer);
  }
}

// hidden: [logit_rows.size(), hidden]
void Model::collect(const Batch& batch, float* hidden) const {
  const KernelTable& table = *weights_->embedding.table;
  const size_t width = static_cast<size_t>(spec_.hidden);
  const std::vector<float>& norm = weights_->final_norm.weight;  // RMS: pre-norm families have no other
  for (size_t i = 0; i < batch.logit_rows.size(); ++i) {
    const float* row = scratch_->x + static_cast<size_t>(batch.logit_rows[i]) * width;
    if (norm.empty()) {
      std::memcpy(hidden + i * width, row, width * sizeof(float));
    } else {
      table.rms_norm(row, norm.data(), spec_.norm_eps, 1, spec_.hidden, hidden + i * width);
    }
  }
  if (profile_ != nullptr) profile_->lap(Op::norm);
}

void Model::hidden_states(const Batch& batch, KvCache* cache, ThreadPool& pool, float* hidden) {
  if (batch.tokens.empty()) return;
  run(batch, cache, pool);
  collect(batch, hidden);
}

void Model::forward(const Batch& batch, KvCache& cache, ThreadPool& pool, float* logits) {
  FERRY_CHECK(spec_.makes_text());
  if (batch.tokens.empty()) return;
  run(batch, &cache, pool);
  // The head is the widest product of all: only for the rows that somebody will read.
  collect(batch, scratch_->h);
  if (!batch.logit_rows.empty()) {
    weights_->embedding.table->matmul(weights_->output(), scratch_->h,
                                      static_cast<int64_t>(batch.logit_rows.size()), logits, pool);
  }
  if (profile_ != nullptr) profile_->lap(Op::head);
}

void Model::classify(const float* hidden, int64_t rows, ThreadPool& pool, float* labels) {
  FERRY_CHECK(weights_->classifier && rows <= max_rows_);
  if (rows == 0) return;
  const ClassifierWeights& w = *weights_->classifier;
  const KernelTable& table = *w.dense.table;
  float* dense = scratch_->h;
  table.matmul(w.dense, hidden, rows, dense, pool);
  table.add_bias(dense, w.dense_bias.data(), rows, spec_.hidden);
  for (int64_t i = 0; i < rows * spec_.hidden; ++i) dense[i] = std::tanh(dense[i]);
  table.matmul(w.out, dense, rows, labels, pool);
  table.add_bias(labels, w.out_bias.data(), rows, spec_.classifier->labels);
}

}  // namespace ferry
