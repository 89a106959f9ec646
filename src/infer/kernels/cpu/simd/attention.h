// Attention over pages, one span of 256 positions at a time.
//
// A tile is some rows of one sequence times the query heads that share a kv head; its queries use each key
// and value while it is in cache. What a query gets does not depend on its tile:
//   - a score adds over the dimensions in ascending order, one fma each; a lane is a position;
//   - a span's weights p = exp(score - max) are added in lanes by position, then reduce_add;
//   - its output adds p · value over its own positions in ascending order, one fma each;
//   - spans are merged left to right.

constexpr int32_t kTileQueries = 16;

// From `begin` to `end`, not included.
struct Positions {
  int32_t begin;
  int32_t end;

  Positions within(Positions other) const { return {std::max(begin, other.begin), std::min(end, other.end)}; }
};

// exp(score - max) over some positions: the largest score and the sum.
struct SpanSoftmax {
  float max = 0;
  float sum = 0;
};

struct Query {
  const float* q;       // [head_dim]
  float* out;           // [head_dim]: the sum over the spans so far, in the end the result
  Positions positions;  // what it may see
  SpanSoftmax softmax = {};
  bool started = false;  // has a span behind it
};

// scores[i][t - span] = q[i] · k[t] for C vectors of positions from `t` on, of which the last has n.
template <int Q, int C, class T>
FERRY_INLINE void score_vecs(const T* keys, int32_t stride, int32_t head_dim, const Query* queries, int n,
                             float* scores) {
  Vec sums[Q][C];
  FERRY_UNROLL
  for (int i = 0; i < Q; ++i) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) sums[i][c] = zero();
  }
  for (int32_t d = 0; d < head_dim; ++d, keys += stride) {
    Vec k[C];
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) k[c] = load_some(keys + c * kLanes, n);
    FERRY_UNROLL
    for (int i = 0; i < Q; ++i) {
      const Vec q = broadcast(queries[i].q[d]);
      FERRY_UNROLL
      for (int c = 0; c < C; ++c) sums[i][c] = fma(k[c], q, sums[i][c]);
    }
  }
  FERRY_UNROLL
  for (int i = 0; i < Q; ++i) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) store_some(scores + i * kSpanTokens + c * kLanes, sums[i][c], n);
  }
}

// Scores of all positions of the pages that `range` touches; scores: [Q][256] from position `span` on.
template <int Q, class T>
void score_span(const HeadPages<T>& pages, int32_t head_dim, const Query* queries, int32_t span,
                Positions range, float* scores) {
  const int32_t page_tokens = pages.page_tokens();
  for (int32_t page = range.begin / page_tokens; page * page_tokens < range.end; ++page) {
    const T* keys = pages.keys(page);
    float* to = scores + (page * page_tokens - span);
    int32_t t = 0;
    for (; t + 2 * kLanes <= page_tokens; t += 2 * kLanes) {
      score_vecs<Q, 2>(keys + t, page_tokens, head_dim, queries, kLanes, to + t);
    }
    if (t < page_tokens) {
      score_vecs<Q, 1>(keys + t, page_tokens, head_dim, queries, std::min(page_tokens - t, kLanes), to + t);
    }
  }
}

// Multiplies a query's numbers of the positions of `range`'s pages, from position `span` on, with the scales
// that the codes of these positions have.
template <class Scales>
void apply_scales(int32_t page_tokens, int32_t span, Positions range, Scales scales_of_page, float* numbers) {
  for (int32_t t = range.begin; t < range.end;) {
    const int32_t page = t / page_tokens;
    const int32_t stop = std::min(range.end, (page + 1) * page_tokens);
    const float* scales = scales_of_page(page) + (t - page * page_tokens);
    for (; t < stop; t += kLanes, scales += kLanes) {
      const int n = std::min(kLanes, stop - t);
      float* at = numbers + (t - span);
      store_some(at, mul(load_some(at, n), load_some(scales, n)), n);
    }
    t = stop;
  }
}

// Turns the scores of one span into p = exp(scale · score - max), zero where the query does not look.
// `visible` counts from the span's first position and is not empty.
inline SpanSoftmax soften(float* scores, Positions visible, float scale) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const int32_t begin = visible.begin / kLanes * kLanes;
  const int32_t end = static_cast<int32_t>(ceil_div(visible.end, kLanes)) * kLanes;
  std::fill(scores + begin, scores + visible.begin, kNever);
  std::fill(scores + visible.end, scores + end, kNever);
  Vec largest = broadcast(kNever);
  for (int32_t t = begin; t < end; t += kLanes) {
    const Vec s = mul(load(scores + t), broadcast(scale));
    store(scores + t, s);
    largest = max(largest, s);
  }
  const float span_max = reduce_max(largest);
  Vec sums = zero();
  for (int32_t t = begin; t < end; t += kLanes) {
    const Vec p = exp(sub(load(scores + t), broadcast(span_max)));
    store(scores + t, p);
    sums = add(sums, p);
  }
  return {span_max, reduce_add(sums)};
}

// out[i][d] += p[i][t] · v[t][d] over `range`, for C vectors of dimensions, the last of n.
template <int Q, int C, class T>
FERRY_INLINE void blend_vecs(const HeadPages<T>& pages, int32_t head_dim, int32_t d, int n, Positions range,
                             const float* weights, float* out) {
  Vec sums[Q][C];
  FERRY_UNROLL
  for (int i = 0; i < Q; ++i) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) sums[i][c] = load_some(out + i * head_dim + d + c * kLanes, n);
  }
  const int32_t page_tokens = pages.page_tokens();
  for (int32_t t = range.begin; t < range.end;) {
    const int32_t page = t / page_tokens;
    const int32_t stop = std::min(range.end, (page + 1) * page_tokens);
    const T* values = pages.values(page) + int64_t{t - page * page_tokens} * head_dim + d;
    for (; t < stop; ++t, values += head_dim) {
      Vec v[C];
      FERRY_UNROLL
      for (int c = 0; c < C; ++c) v[c] = load_some(values + c * kLanes, n);
      FERRY_UNROLL
      for (int i = 0; i < Q; ++i) {
        const Vec p = broadcast(weights[i * kSpanTokens + t % kSpanTokens]);
        FERRY_UNROLL
        for (int c = 0; c < C; ++c) sums[i][c] = fma(v[c], p, sums[i][c]);
      }
    }
  }
  FERRY_UNROLL
  for (int i = 0; i < Q; ++i) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) store_some(out + i * head_dim + d + c * kLanes, sums[i][c], n);
  }
}

template <int Q, class T>
void blend_range(const HeadPages<T>& pages, int32_t head_dim, Positions range, const float* weights,
                 float* out) {
  int32_t d = 0;
  for (; d + kAttentionVecs * kLanes <= head_dim; d += kAttentionVecs * kLanes) {
    blend_vecs<Q, kAttentionVecs>(pages, head_dim, d, kLanes, range, weights, out);
  }
  for (; d < head_dim; d += kLanes) {
    blend_vecs<Q, 1>(pages, head_dim, d, std::min(kLanes, head_dim - d), range, weights, out);
  }
}

// Each of Q queries over what it sees of the span. Positions that it does not see stay out of its sums,
// rather than enter with weight zero: values there may be anything. What all see they do together.
template <int Q, class T>
void blend(const HeadPages<T>& pages, int32_t head_dim, const Query* queries, Positions span,
           const float* weights, float* out) {
  Positions shared = span;
  for (int i = 0; i < Q; ++i) shared = shared.within(queries[i].positions);
  if (shared.begin >= shared.end) shared = {span.end, span.end};  // then all of it comes before
  for (int i = 0; i < Q; ++i) {
    const Positions mine = queries[i].positions.within(span);
    const Positions before = {mine.begin, std::min(shared.begin, mine.end)};
    blend_range<1>(pages, head_dim, before, weights + i * kSpanTokens, out + i * head_dim);
  }
  blend_range<Q>(pages, head_dim, shared, weights, out);
  for (int i = 0; i < Q; ++i) {
    const Positions after = {shared.end, queries[i].positions.within(span).end};
    blend_range<1>(pages, head_dim, after, weights + i * kSpanTokens, out + i * head_dim);
  }
}

// Adds a span's output to the query's, both brought to the larger maximum.
inline void merge(Query& query, int32_t head_dim, SpanSoftmax span, const float* out) {
  if (!query.started) {
    query.started = true;
    query.softmax = span;
    std::copy(out, out + head_dim, query.out);
    return;
  }
  const float larger = std::max(query.softmax.max, span.max);
  alignas(64) float factors[kLanes] = {query.softmax.max - larger, span.max - larger};
  store(factors, exp(load(factors)));
  query.softmax = {larger, query.softmax.sum * factors[0] + span.sum * factors[1]};
  for (int32_t d = 0; d < head_dim; d += kLanes) {
    const int n = std::min(kLanes, head_dim - d);
    const Vec scaled = mul(load_some(out + d, n), broadcast(factors[1]));
    store_some(query.out + d, fma(load_some(query.out + d, n), broadcast(factors[0]), scaled), n);
  }
}

// Calls body(Q, i) for register tiles of Q queries from i on that cover `count`.
template <class Body>
void in_register_tiles(int count, Body body) {
  int i = 0;
  for (; i + kAttentionQueries <= count; i += kAttentionQueries)
    body(std::integral_constant<int, kAttentionQueries>(), i);
  for (; i + 2 <= count; i += 2) body(std::integral_constant<int, 2>(), i);
  if (i < count) body(std::integral_constant<int, 1>(), i);
}

// scores: [queries][256], out: [queries][head_dim]; both scratch.
template <class T>
void attend_span(const HeadPages<T>& pages, const AttentionArgs& args, std::span<Query> queries,
                 Positions span, float* scores, float* out) {
  const int32_t head_dim = args.kv.head_dim;
  const int count = static_cast<int>(queries.size());
  const Positions any = Positions{queries.front().positions.begin, queries.back().positions.end}.within(span);
  in_register_tiles(count, [&](auto tile, int i) {
    score_span<tile.value>(pages, head_dim, &queries[static_cast<size_t>(i)], span.begin, any,
                           scores + i * kSpanTokens);
  });
  SpanSoftmax softmax[kTileQueries];
  for (int i = 0; i < count; ++i) {
    const Positions mine = queries[static_cast<size_t>(i)].positions.within(span);
    float* mine_scores = scores + i * kSpanTokens;
    if constexpr (std::is_same_v<T, int8_t>) {
      const auto key_scales = [&](int32_t page) { return pages.key_scales(page); };
      apply_scales(pages.page_tokens(), span.begin, mine, key_scales, mine_scores);
    }
    softmax[i] = soften(mine_scores, {mine.begin - span.begin, mine.end - span.begin}, args.scale);
    if constexpr (std::is_same_v<T, int8_t>) {
      const auto value_scales = [&](int32_t page) { return pages.value_scales(page); };
      apply_scales(pages.page_tokens(), span.begin, mine, value_scales, mine_scores);
    }
  }
  std::fill(out, out + count * head_dim, 0.0f);
  in_register_tiles(count, [&](auto tile, int i) {
    blend<tile.value>(pages, head_dim, &queries[static_cast<size_t>(i)], span, scores + i * kSpanTokens,
                      out + i * head_dim);
  });
  for (int i = 0; i < count; ++i)
    merge(queries[static_cast<size_t>(i)], head_dim, softmax[i], out + i * head_dim);
}

// The queries of ascending positions that see something of the span.
inline std::span<Query> looking_at(std::span<Query> queries, Positions span) {
  size_t first = 0;
  while (first < queries.size() && queries[first].positions.end <= span.begin) ++first;
  size_t last = first;
  while (last < queries.size() && queries[last].positions.begin < span.end) ++last;
  return queries.subspan(first, last - first);
}

// What attend() works in: scores and outputs of one span.
constexpr size_t attend_floats(int32_t head_dim) {
  return static_cast<size_t>(kTileQueries) * static_cast<size_t>(kSpanTokens + head_dim);
}

// scores: [attend_floats(head_dim)], scratch
template <class T>
void attend(const AttentionArgs& args, const HeadPages<T>& pages, std::span<Query> queries, float* scores) {
  const int32_t head_dim = args.kv.head_dim;
  const int32_t first = queries.front().positions.begin / kSpanTokens * kSpanTokens;
  for (int32_t begin = first; begin < queries.back().positions.end; begin += kSpanTokens) {
    const Positions span = {begin, begin + kSpanTokens};
    attend_span(pages, args, looking_at(queries, span), span, scores, scores + kTileQueries * kSpanTokens);
  }
  for (const Query& query : queries) {
    const Vec sum = broadcast(query.softmax.sum);
    for (int32_t d = 0; d < head_dim; d += kLanes) {
      const int n = std::min(kLanes, head_dim - d);
      store_some(query.out + d, div(load_some(query.out + d, n), sum), n);
    }
  }
}

// Some rows of a sequence; with one kv head, a unit of work.
struct RowTile {
  const SequenceRows* sequence;
  int32_t first;  // of the sequence's rows
  int32_t rows;
};

inline std::vector<RowTile> row_tiles(std::span<const SequenceRows> sequences, int32_t rows_per_tile) {
  std::vector<RowTile> tiles;
  for (const SequenceRows& sequence : sequences) {
    for (int32_t first = 0; first < sequence.rows; first += rows_per_tile) {
      tiles.push_back({&sequence, first, std::min(rows_per_tile, sequence.rows - first)});
    }
  }
  return tiles;
}

// Query heads `first_head` .. `first_head` + `heads` of the tile's rows, in ascending positions.
template <class T>
void attend_tile(const AttentionArgs& args, const RowTile& tile, int32_t kv_head, int32_t first_head,
                 int32_t heads) {
  std::array<Query, kTileQueries> queries;
  size_t count = 0;
  for (int32_t r = tile.first; r < tile.first + tile.rows; ++r) {
    const int32_t position = tile.sequence->first_position + r;
    const int32_t begin = args.window > 0 ? std::max(0, position - args.window + 1) : 0;
    for (int32_t h = first_head; h < first_head + heads; ++h) {
      const int64_t at = (int64_t{tile.sequence->first_row + r} * args.heads + h) * args.kv.head_dim;
      queries[count++] = {.q = args.q + at, .out = args.out + at, .positions = {begin, position + 1}};
    }
  }
  auto* scratch = reinterpret_cast<float*>(thread_scratch(attend_floats(args.kv.head_dim) * sizeof(float)));
  attend(args, HeadPages<T>(args.kv, tile.sequence->pages, kv_head), std::span(queries.data(), count),
         scratch);
}

inline void attention(const AttentionArgs& args, ThreadPool& pool) {
  const int32_t shared_heads = args.heads / args.kv.kv_heads;
  const int32_t tile_heads = std::min(shared_heads, kTileQueries);
  const auto tiles = row_tiles(args.sequences, kTileQueries / tile_heads);
  const int64_t units = static_cast<int64_t>(tiles.size()) * args.kv.kv_heads;
  pool.parallel_for(units, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const RowTile& tile = tiles[static_cast<size_t>(i / args.kv.kv_heads)];
      const auto kv_head = static_cast<int32_t>(i % args.kv.kv_heads);
      for (int32_t h = 0; h < shared_heads; h += tile_heads) {
        const int32_t first_head = kv_head * shared_heads + h;
        const int32_t heads = std::min(tile_heads, shared_heads - h);
        with_kv_type(args.kv.type, [&](auto number) {
          attend_tile<decltype(number)>(args, tile, kv_head, first_head, heads);
        });
      }
    }
  });
}
