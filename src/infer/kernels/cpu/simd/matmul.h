// The matrix product. An output's sum runs over the inputs in ascending order, one fma each, starting from
// zero: in registers for a whole row of inputs or with stops in memory in between, which changes nothing.
//
// Two ways through the weights. Few rows: each weight goes from its format through registers into the
// products (fused). More rows: a chunk of a group's weights is turned into floats once, in cache, and then
// multiplied with all rows, a register tile at a time.
//
// Activations are packed first: rows in tiles of R, each tile [padded inputs][R], so that a tile kernel reads
// them as one stream; rounded to bf16 under that arithmetic.

constexpr int64_t kChunkInputs = 128;  // a group's floats of a chunk fill 32 KB, level 1 of the cache

// One row into its column of a tile [inputs][tile_rows].
template <bool kRound>
void pack_row(const float* x, int64_t inputs, int64_t padded_inputs, int64_t tile_rows, float* out) {
  for (int64_t k = 0; k < padded_inputs; k += kLanes) {
    const int64_t left = inputs - k;
    Vec v = left >= kLanes ? load(x + k) : left > 0 ? load_n(x + k, static_cast<int>(left)) : zero();
    if constexpr (kRound) v = round_to_bf16(v);
    if (tile_rows == 1) {
      store(out + k, v);
      continue;
    }
    alignas(64) float lanes[kLanes];
    store(lanes, v);
    for (int64_t i = 0; i < kLanes; ++i) out[(k + i) * tile_rows] = lanes[i];
  }
}

inline void pack_row(const float* x, const PackedMatrix& w, int64_t padded_inputs, int64_t tile_rows,
                     float* out) {
  if (rounds_to_bf16(w.arithmetic)) return pack_row<true>(x, w.inputs, padded_inputs, tile_rows, out);
  pack_row<false>(x, w.inputs, padded_inputs, tile_rows, out);
}

// Adds one step of the panels `c` to `c` + kFusedPanels.
template <class Format, int R>
FERRY_INLINE void add_step(const std::byte* group, int c, int64_t step, const float* x,
                           Vec (&sums)[R][kGroupPanels]) {
  const auto read_panel = [&](int i) { return reader_at<Format>(group, c + i, step); };
  const typename Format::Reader readers[2] = {read_panel(0), read_panel(kFusedPanels - 1)};
  Vec part[R][kFusedPanels];
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int i = 0; i < kFusedPanels; ++i) part[r][i] = sums[r][c + i];
  }
  for (int k = 0; k < Format::kStepInputs; k += 2, x += 2 * R) {
    FERRY_UNROLL
    for (int i = 0; i < kFusedPanels; ++i) {
      Vec even, odd;
      readers[i].pair(k, even, odd);
      FERRY_UNROLL
      for (int r = 0; r < R; ++r) {
        part[r][i] = fma(even, broadcast(x[r]), part[r][i]);
        part[r][i] = fma(odd, broadcast(x[R + r]), part[r][i]);
      }
    }
  }
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int i = 0; i < kFusedPanels; ++i) sums[r][c + i] = part[r][i];
  }
}

template <class Format, int R>
void multiply_fused(const std::byte* group, const float* x, int64_t steps, Output out) {
  Vec sums[R][kGroupPanels];
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) sums[r][c] = zero();
  }
  for (int64_t step = 0; step < steps; ++step, x += Format::kStepInputs * R) {
    for (int c = 0; c < kGroupPanels; c += kFusedPanels) {
      read_ahead<Format, kFusedPanels>(group, c, step);
      add_step<Format, R>(group, c, step, x, sums);
    }
  }
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) {
      store_columns(out.at + r * out.stride + c * kLanes, sums[r][c], out.columns - c * kLanes);
    }
  }
}

// Steps `first` .. `first` + count of a group as floats [4 panels][inputs][16].
template <class Format>
void expand(const std::byte* group, int64_t first, int64_t count, float* out) {
  for (int panel = 0; panel < kGroupPanels; ++panel) {
    for (int64_t step = first; step < first + count; ++step) {
      const auto reader = reader_at<Format>(group, panel, step);
      for (int k = 0; k < Format::kStepInputs; k += 2, out += 2 * kLanes) {
        Vec even, odd;
        reader.pair(k, even, odd);
        store(out, even);
        store(out + kLanes, odd);
      }
    }
  }
}

// Adds R rows times C panels over `inputs` inputs to what `out` holds, or to zero.
template <int R, int C>
void multiply_tile(const float* x, const float* weights, int64_t inputs, bool resume, Output out) {
  Vec sums[R][C];
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) {
      sums[r][c] =
          resume ? load_columns(out.at + r * out.stride + c * kLanes, out.columns - c * kLanes) : zero();
    }
  }
  for (int64_t k = 0; k < inputs; ++k) {
    Vec w[C];
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) w[c] = load(weights + (c * inputs + k) * kLanes);
    FERRY_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec activation = broadcast(x[k * R + r]);
      FERRY_UNROLL
      for (int c = 0; c < C; ++c) sums[r][c] = fma(w[c], activation, sums[r][c]);
    }
  }
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) {
      store_columns(out.at + r * out.stride + c * kLanes, sums[r][c], out.columns - c * kLanes);
    }
  }
}

using TileKernel = void (*)(const float* x, const float* weights, int64_t inputs, bool resume, Output out);

// By rows - 1.
template <int... kRows>
constexpr auto tile_kernels(std::integer_sequence<int, kRows...>) {
  return std::array<TileKernel, sizeof...(kRows)>{multiply_tile<kRows + 1, kTilePanels>...};
}

// The rows of a call, packed in tiles.
struct Activations {
  const float* data;
  EvenSplit tiles;
  int64_t inputs;  // padded

  const float* tile(int64_t i, int64_t first_input) const {
    return data + tiles.begin(i) * inputs + first_input * tiles.size(i);
  }
};

// All rows' tiles from `first` to `last` times one group.
template <class Format>
void multiply_group(const std::byte* group, const Activations& x, int64_t first, int64_t last, Output out) {
  static constexpr auto kKernels = tile_kernels(std::make_integer_sequence<int, kTileRows>());
  alignas(64) float weights[kGroupPanels * kChunkInputs * kLanes];
  for (int64_t k = 0; k < x.inputs; k += kChunkInputs) {
    const int64_t inputs = std::min(kChunkInputs, x.inputs - k);
    expand<Format>(group, k / Format::kStepInputs, inputs / Format::kStepInputs, weights);
    for (int panel = 0; panel < kGroupPanels; panel += kTilePanels) {
      const int64_t column = int64_t{panel} * kLanes;
      for (int64_t i = first; i < last && column < out.columns; ++i) {
        const Output tile_out = {out.at + x.tiles.begin(i) * out.stride + column, out.stride,
                                 out.columns - column};
        kKernels[static_cast<size_t>(x.tiles.size(i) - 1)](x.tile(i, k), weights + column * inputs, inputs,
                                                           k > 0, tile_out);
      }
    }
  }
}

inline Activations pack_rows(const PackedMatrix& w, const float* x, int64_t rows, int64_t limit,
                             ThreadPool& pool) {
  const int64_t padded = PanelShape(w).inputs;
  const EvenSplit tiles(rows, limit);
  auto* packed = reinterpret_cast<float*>(thread_scratch(static_cast<size_t>(rows * padded) * sizeof(float)));
  for_tile_rows(w, tiles, limit, pool, [&](int64_t i, int64_t r) {
    const int64_t first = tiles.begin(i);
    pack_row(x + (first + r) * w.inputs, w, padded, tiles.size(i), packed + first * padded + r);
  });
  return {packed, tiles, padded};
}

template <class Format>
void multiply_many(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  const Activations activations = pack_rows(w, x, rows, kTileRows, pool);
  for_group_blocks(w, activations.tiles, kTileRows, out, pool,
                   [&](const std::byte* group, int64_t first, int64_t last, Output columns) {
                     multiply_group<Format>(group, activations, first, last, columns);
                   });
}

using FusedKernel = void (*)(const std::byte* group, const float* x, int64_t steps, Output out);

// By rows - 1.
template <class Format, int... kRows>
constexpr auto fused_kernels(std::integer_sequence<int, kRows...>) {
  return std::array<FusedKernel, sizeof...(kRows)>{multiply_fused<Format, kRows + 1>...};
}

template <class Format>
void multiply_few(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  static constexpr auto kKernels = fused_kernels<Format>(std::make_integer_sequence<int, kFusedRows>());
  const Activations activations = pack_rows(w, x, rows, kFusedRows, pool);
  const int64_t steps = activations.inputs / Format::kStepInputs;
  for_groups(w, activations.tiles, out, pool, [&](const std::byte* group, int64_t i, Output columns) {
    kKernels[static_cast<size_t>(activations.tiles.size(i) - 1)](group, activations.tile(i, 0), steps,
                                                                 columns);
  });
}

template <class Format>
void multiply(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  if constexpr (kFewRows > 0) {
    if (rows <= kFewRows) return multiply_few<Format>(w, x, rows, out, pool);
  }
  for (int64_t first = 0; first < rows; first += kPassRows) {
    multiply_many<Format>(w, x + first * w.inputs, std::min(kPassRows, rows - first), out + first * w.outputs,
                          pool);
  }
}

inline void matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  if (rows <= 0) return;
  with_format(w, rounds_to_bf16(w.arithmetic),
              [&](auto format) { multiply<decltype(format)>(w, x, rows, out, pool); });
}

template <class Format>
void gather_row(const PackedMatrix& w, const PanelShape& shape, int64_t id, float* out) {
  const std::byte* group = w.data.data() + id / kGroupOutputs * shape.group_bytes;
  const int panel = static_cast<int>(id % kGroupOutputs / kLanes);
  const auto lane = static_cast<size_t>(id % kLanes);
  for (int64_t k = 0; k < w.inputs; k += Format::kStepInputs) {
    const auto reader = reader_at<Format>(group, panel, k / Format::kStepInputs);
    alignas(64) float lanes[Format::kStepInputs * kLanes];
    for (int i = 0; i < Format::kStepInputs; i += 2) {
      Vec even, odd;
      reader.pair(i, even, odd);
      store(lanes + i * kLanes, even);
      store(lanes + (i + 1) * kLanes, odd);
    }
    const int64_t count = std::min<int64_t>(Format::kStepInputs, w.inputs - k);
    for (int64_t i = 0; i < count; ++i) out[k + i] = lanes[static_cast<size_t>(i) * kLanes + lane];
  }
}

inline void gather(const PackedMatrix& w, std::span<const int32_t> ids, bool round, float* out) {
  const PanelShape shape(w);
  with_format(w, round, [&](auto format) {
    for (size_t i = 0; i < ids.size(); ++i) {
      gather_row<decltype(format)>(w, shape, ids[i], out + static_cast<int64_t>(i) * w.inputs);
    }
  });
}

inline void gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out) {
  gather(w, ids, rounds_to_bf16(w.arithmetic), out);
}
