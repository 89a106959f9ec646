// How the outputs of a product are cut into pieces and shared among threads, whatever the rows are packed as.
// Included before the products, inside a target region.

constexpr int64_t kBlockRows = 192;  // rows that share one conversion of weights
constexpr int64_t kPassRows = 768;   // rows packed at a time, which bounds the scratch memory

// `count` things in pieces of at most `limit`, as even as can be.
struct EvenSplit {
  int64_t count;
  int64_t pieces;

  EvenSplit(int64_t total, int64_t limit) : count(total), pieces(ceil_div(total, limit)) {}
  int64_t begin(int64_t piece) const { return piece * count / pieces; }
  int64_t size(int64_t piece) const { return begin(piece + 1) - begin(piece); }
};

// The first n of a vector that may reach beyond the outputs.
FERRY_INLINE void store_columns(float* out, Vec v, int64_t n) {
  if (n >= kLanes) {
    store(out, v);
  } else if (n > 0) {
    store_n(out, v, static_cast<int>(n));
  }
}
FERRY_INLINE Vec load_columns(const float* out, int64_t n) {
  if (n >= kLanes) return load(out);
  return n > 0 ? load_n(out, static_cast<int>(n)) : zero();
}

// Where a kernel writes: rows that are `stride` floats apart, `columns` of them from `at` on.
struct Output {
  float* at;
  int64_t stride;
  int64_t columns;
};

// body(tile, row) for each row of each tile of `limit` rows, the row counted from the tile's first.
template <class Body>
void for_tile_rows(const PackedMatrix& w, const EvenSplit& tiles, int64_t limit, ThreadPool& pool,
                   Body body) {
  pool.parallel_for(tiles.pieces, ceil_div(16384, limit * w.inputs), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t r = 0; r < tiles.size(i); ++r) body(i, r);
    }
  });
}

// body(group, tile, out) for each tile of few rows and each group, tile by tile while the group is in cache.
template <class Body>
void for_groups(const PackedMatrix& w, const EvenSplit& tiles, float* out, ThreadPool& pool, Body body) {
  const PanelShape shape(w);
  constexpr int64_t kPieceBytes = 256 << 10;
  pool.parallel_for(
      shape.groups, ceil_div(kPieceBytes, shape.group_bytes + 1), [&](int64_t begin, int64_t end) {
        for (int64_t group = begin; group < end; ++group) {
          const int64_t column = group * kGroupOutputs;
          for (int64_t i = 0; i < tiles.pieces; ++i) {
            body(w.data.data() + group * shape.group_bytes, i,
                 Output{out + tiles.begin(i) * w.outputs + column, w.outputs, w.outputs - column});
          }
        }
      });
}

// body(group, first tile, last tile, out) for each group and as many tiles as share one conversion of
// weights; out begins at the call's first row.
template <class Body>
void for_group_blocks(const PackedMatrix& w, const EvenSplit& tiles, int64_t tile_rows, float* out,
                      ThreadPool& pool, Body body) {
  const PanelShape shape(w);
  const EvenSplit blocks(tiles.pieces, kBlockRows / tile_rows);
  pool.parallel_for(shape.groups * blocks.pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t group = i / blocks.pieces;
      const int64_t block = i % blocks.pieces;
      const int64_t column = group * kGroupOutputs;
      body(w.data.data() + group * shape.group_bytes, blocks.begin(block), blocks.begin(block + 1),
           Output{out + column, w.outputs, w.outputs - column});
    }
  });
}
