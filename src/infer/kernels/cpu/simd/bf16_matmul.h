// The matrix product under bf16 arithmetic by AVX512-BF16's dot product, which adds two inputs at a time.
// Included by avx512bf16.cpp inside its target region, after matmul.h.
//
// An output's sum: within a step of a block format (16 or 32 inputs) pairs of inputs in ascending order from
// zero; then the step's sum times its scale is added to what the steps before gave. Plain weights have no
// steps: one sum from the first pair to the last. The number of rows changes nothing of it. Subnormal
// activations and weights count as zero, as the instruction has it.
//
// As in matmul.h there are two ways through the weights: few rows multiply them as they come out of their
// format, more rows share pairs that were written to level 1 of the cache.

constexpr int64_t kPairChunkInputs = 256;  // a group's pairs of a chunk fill 32 KB
constexpr int kStepWords = 17;             // of a row's 32 inputs: 16 pairs and their sum in f32
#if FERRY_SANITIZED
constexpr int kFusedPairRows = 3;  // what is unrolled takes the compiler minutes when every access is checked
constexpr int kPairTileRows = 2;
#else
constexpr int kFusedPairRows = 12;
constexpr int kPairTileRows = kTileRows;
#endif
constexpr int64_t kFewPairRows = 36;

// A row's 32 inputs into column `row` of [17][tile_rows] words. `left` of them exist.
inline void pack_step(const float* x, int64_t left, int64_t tile_rows, uint32_t* out) {
  const int low = static_cast<int>(std::clamp<int64_t>(left, 0, kLanes));
  const int high = static_cast<int>(std::clamp<int64_t>(left - kLanes, 0, kLanes));
  const __m512i pairs = (__m512i)_mm512_cvtne2ps_pbh(load_n(x + kLanes, high).v, load_n(x, low).v);
  Vec even, odd;
  alignas(64) uint32_t words[16];
  _mm512_store_si512(words, pairs);
  load_bf16_pairs(reinterpret_cast<const std::byte*>(words), even, odd);
  for (int i = 0; i < 16; ++i) out[i * tile_rows] = words[i];
  out[16 * tile_rows] = std::bit_cast<uint32_t>(reduce_add(add(even, odd)));
}

inline void pack_steps(const float* x, int64_t inputs, int64_t padded_inputs, int64_t tile_rows,
                       uint32_t* out) {
  for (int64_t k = 0; k < padded_inputs; k += 32, out += kStepWords * tile_rows) {
    pack_step(x + k, inputs - k, tile_rows, out);
  }
}

// The rows of a call, packed: tiles of rows, each [steps of 32 inputs][17][rows].
struct PairActivations {
  const uint32_t* data;
  EvenSplit tiles;
  int64_t steps;

  const uint32_t* tile(int64_t i, int64_t step) const {
    return data + (tiles.begin(i) * steps + step * tiles.size(i)) * kStepWords;
  }
};

// The same pair of inputs for every output. Clang 16 never ends with a dot product of numbers that it knows
// to be all the same, so it must not know.
FERRY_INLINE Pairs broadcast_pair(uint32_t pair) {
  Pairs pairs = _mm512_set1_epi32(static_cast<int>(pair));
#if defined(__clang__)
  asm("" : "+v"(pairs));
#endif
  return pairs;
}

// (C casts: std::bit_cast of a vector would be a function compiled without the instruction set.)
FERRY_INLINE Vec dot_pairs(Vec sum, Pairs weights, Pairs x) {
  return {_mm512_dpbf16_ps(sum.v, (__m512bh)weights, (__m512bh)x)};
}

template <int R, int C>
FERRY_INLINE void clear(Vec (&sums)[R][C]) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) sums[r][c] = zero();
  }
}

// Adds the products of one pair of inputs, of C panels and R rows.
template <int R, int C>
FERRY_INLINE void add_pair(const Pairs (&weights)[C], const uint32_t* x, Vec (&sums)[R][C]) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    const Pairs activation = broadcast_pair(x[r]);
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) sums[r][c] = dot_pairs(sums[r][c], weights[c], activation);
  }
}

// Adds the sums of a step to the totals of panel `c` on. `activation_sums`: one a row.
template <int R, int C>
FERRY_INLINE void add_scaled(const Vec (&sums)[R][C], const Vec (&scales)[C], int c,
                             Vec (&totals)[R][kGroupPanels]) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int i = 0; i < C; ++i) totals[r][c + i] = fma(sums[r][i], scales[i], totals[r][c + i]);
  }
}
template <int R, int C>
FERRY_INLINE void subtract_offsets(const uint32_t* activation_sums, const Vec (&offsets)[C], int c,
                                   Vec (&totals)[R][kGroupPanels]) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    const Vec sum = broadcast(std::bit_cast<float>(activation_sums[r]));
    FERRY_UNROLL
    for (int i = 0; i < C; ++i) totals[r][c + i] = fnma(offsets[i], sum, totals[r][c + i]);
  }
}

// Adds one step of two panels, `c` and the next. x: the step's activations; activation_sums: their sums.
template <class Format, int R>
FERRY_INLINE void add_step(const std::byte* group, int c, int64_t step, const uint32_t* x,
                           const uint32_t* activation_sums, Vec (&totals)[R][kGroupPanels]) {
  read_ahead<Format, 2>(group, c, step);
  const typename Format::Reader readers[2] = {reader_at<Format>(group, c, step),
                                              reader_at<Format>(group, c + 1, step)};
  Vec sums[R][2];
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    sums[r][0] = Format::kScaled ? zero() : totals[r][c];
    sums[r][1] = Format::kScaled ? zero() : totals[r][c + 1];
  }
  for (int k = 0; k < Format::kStepInputs; k += 2) {
    const Pairs weights[2] = {readers[0].pair(k), readers[1].pair(k)};
    add_pair<R, 2>(weights, x + k / 2 * R, sums);
  }
  if constexpr (Format::kScaled) {
    const Vec scales[2] = {readers[0].scale(), readers[1].scale()};
    add_scaled<R, 2>(sums, scales, c, totals);
  } else {
    FERRY_UNROLL
    for (int r = 0; r < R; ++r) {
      totals[r][c] = sums[r][0];
      totals[r][c + 1] = sums[r][1];
    }
  }
  if constexpr (Format::kOffset) {
    const Vec offsets[2] = {readers[0].offset(), readers[1].offset()};
    subtract_offsets<R, 2>(activation_sums, offsets, c, totals);
  }
}

template <int R>
FERRY_INLINE void load_totals(Vec (&totals)[R][kGroupPanels], Output out) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) {
      totals[r][c] = load_columns(out.at + r * out.stride + c * kLanes, out.columns - c * kLanes);
    }
  }
}

template <int R>
FERRY_INLINE void store_totals(const Vec (&totals)[R][kGroupPanels], Output out) {
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) {
      store_columns(out.at + r * out.stride + c * kLanes, totals[r][c], out.columns - c * kLanes);
    }
  }
}

// R rows times a group, straight from its format.
template <class Format, int R>
void multiply_pairs_fused(const std::byte* group, const uint32_t* x, int64_t steps, Output out) {
  constexpr int kHalves = 32 / Format::kStepInputs;
  Vec totals[R][kGroupPanels];
  clear<R, kGroupPanels>(totals);
  for (int64_t step = 0; step < steps; ++step, x += kStepWords * R) {
    for (int half = 0; half < kHalves; ++half) {
      const uint32_t* pairs = x + half * (Format::kStepInputs / 2) * R;
      for (int c = 0; c < kGroupPanels; c += 2) {
        add_step<Format, R>(group, c, step * kHalves + half, pairs, x + 16 * R, totals);
      }
    }
  }
  store_totals<R>(totals, out);
}

// A chunk of a group's weights, ready to be multiplied: pairs [steps of 32][4 panels][16 pairs], and for each
// of the format's own steps what its sums are scaled with and what is taken away, [4 panels].
struct PairChunk {
  static constexpr int64_t kSteps = kPairChunkInputs / 16;
  const std::byte* pairs;
  alignas(64) float scales[kSteps][kGroupPanels][kLanes];
  alignas(64) float offsets[kSteps][kGroupPanels][kLanes];
};

// Steps `first` .. + `count` of 32 inputs. What is in pairs already stays where it lies.
template <class Format>
void expand_pairs(const std::byte* group, int64_t first, int64_t count, std::byte* scratch,
                  PairChunk& chunk) {
  if constexpr (!Format::kScaled) {
    chunk.pairs = group + first * kGroupPanels * 1024;
  } else {
    constexpr int kHalves = 32 / Format::kStepInputs;
    chunk.pairs = scratch;
    for (int64_t i = 0; i < count * kGroupPanels * kHalves; ++i) {
      const int64_t step = i / (kGroupPanels * kHalves) * kHalves + i % kHalves;
      const auto panel = static_cast<int>(i / kHalves % kGroupPanels);
      const auto reader = reader_at<Format>(group, panel, first * kHalves + step);
      for (int k = 0; k < Format::kStepInputs; k += 2, scratch += 64)
        _mm512_store_si512(scratch, reader.pair(k));
      store(chunk.scales[step][panel], reader.scale());
      if constexpr (Format::kOffset) store(chunk.offsets[step][panel], reader.offset());
    }
  }
}

FERRY_INLINE void load_panels(const float (&numbers)[kGroupPanels][kLanes], Vec (&out)[kGroupPanels]) {
  FERRY_UNROLL
  for (int c = 0; c < kGroupPanels; ++c) out[c] = load(numbers[c]);
}

// Adds R rows times a chunk of `steps` steps to what `out` holds, or to zero.
template <class Format, int R>
void multiply_pair_tile(const uint32_t* x, const PairChunk& chunk, int64_t steps, bool resume, Output out) {
  constexpr int kHalves = 32 / Format::kStepInputs;
  Vec totals[R][kGroupPanels];
  clear<R, kGroupPanels>(totals);
  if (resume) load_totals<R>(totals, out);
  const std::byte* pairs = chunk.pairs;
  for (int64_t step = 0; step < steps; ++step, x += kStepWords * R, pairs += kGroupPanels * 1024) {
    for (int half = 0; half < kHalves; ++half) {
      constexpr int kPairs = Format::kStepInputs / 2;
      Vec fresh[R][kGroupPanels];
      if constexpr (Format::kScaled) clear<R, kGroupPanels>(fresh);
      auto& sums = Format::kScaled ? fresh : totals;
      for (int k = half * kPairs; k < (half + 1) * kPairs; ++k) {
        Pairs weights[kGroupPanels];
        FERRY_UNROLL
        for (int c = 0; c < kGroupPanels; ++c) weights[c] = _mm512_loadu_si512(pairs + c * 1024 + k * 64);
        add_pair<R, kGroupPanels>(weights, x + k * R, sums);
      }
      if constexpr (Format::kScaled) {
        Vec scales[kGroupPanels];
        load_panels(chunk.scales[step * kHalves + half], scales);
        add_scaled<R, kGroupPanels>(sums, scales, 0, totals);
      }
      if constexpr (Format::kOffset) {
        Vec offsets[kGroupPanels];
        load_panels(chunk.offsets[step * kHalves + half], offsets);
        subtract_offsets<R, kGroupPanels>(x + 16 * R, offsets, 0, totals);
      }
    }
  }
  store_totals<R>(totals, out);
}

using PairTileKernel = void (*)(const uint32_t* x, const PairChunk& chunk, int64_t steps, bool resume,
                                Output out);
using FusedPairKernel = void (*)(const std::byte* group, const uint32_t* x, int64_t steps, Output out);

// By rows - 1.
template <class Format, int... kRows>
constexpr auto pair_tile_kernels(std::integer_sequence<int, kRows...>) {
  return std::array<PairTileKernel, sizeof...(kRows)>{multiply_pair_tile<Format, kRows + 1>...};
}
template <class Format, int... kRows>
constexpr auto fused_pair_kernels(std::integer_sequence<int, kRows...>) {
  return std::array<FusedPairKernel, sizeof...(kRows)>{multiply_pairs_fused<Format, kRows + 1>...};
}

// Row tiles `first` .. `last` times one group.
template <class Format>
void multiply_group_pairs(const std::byte* group, const PairActivations& x, int64_t first, int64_t last,
                          Output out) {
  static constexpr auto kKernels =
      pair_tile_kernels<Format>(std::make_integer_sequence<int, kPairTileRows>());
  constexpr int64_t kChunkSteps = kPairChunkInputs / 32;
  alignas(64) std::byte scratch[kPairChunkInputs * kGroupOutputs * 2];
  PairChunk chunk;
  for (int64_t step = 0; step < x.steps; step += kChunkSteps) {
    const int64_t steps = std::min(kChunkSteps, x.steps - step);
    expand_pairs<Format>(group, step, steps, scratch, chunk);
    for (int64_t i = first; i < last; ++i) {
      const Output tile_out = {out.at + x.tiles.begin(i) * out.stride, out.stride, out.columns};
      kKernels[static_cast<size_t>(x.tiles.size(i) - 1)](x.tile(i, step), chunk, steps, step > 0, tile_out);
    }
  }
}

// Rows in tiles of at most `limit`, packed by all threads.
inline PairActivations pack_pairs(const PackedMatrix& w, const float* x, int64_t rows, int64_t limit,
                                  ThreadPool& pool) {
  const int64_t padded = PanelShape(w).inputs;
  const int64_t steps = padded / 32;
  const EvenSplit tiles(rows, limit);
  auto* packed = reinterpret_cast<uint32_t*>(
      thread_scratch(static_cast<size_t>(rows * steps * kStepWords) * sizeof(uint32_t)));
  for_tile_rows(w, tiles, limit, pool, [&](int64_t i, int64_t r) {
    const int64_t first = tiles.begin(i);
    uint32_t* tile = packed + first * steps * kStepWords;
    pack_steps(x + (first + r) * w.inputs, w.inputs, padded, tiles.size(i), tile + r);
  });
  return {packed, tiles, steps};
}

template <class Format>
void multiply_few_pairs(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  static constexpr auto kKernels =
      fused_pair_kernels<Format>(std::make_integer_sequence<int, kFusedPairRows>());
  const PairActivations activations = pack_pairs(w, x, rows, kFusedPairRows, pool);
  for_groups(w, activations.tiles, out, pool, [&](const std::byte* group, int64_t i, Output columns) {
    const FusedPairKernel kernel = kKernels[static_cast<size_t>(activations.tiles.size(i) - 1)];
    kernel(group, activations.tile(i, 0), activations.steps, columns);
  });
}

template <class Format>
void multiply_many_pairs(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  const PairActivations activations = pack_pairs(w, x, rows, kPairTileRows, pool);
  for_group_blocks(w, activations.tiles, kPairTileRows, out, pool,
                   [&](const std::byte* group, int64_t first, int64_t last, Output columns) {
                     multiply_group_pairs<Format>(group, activations, first, last, columns);
                   });
}

template <class Format>
void multiply_pairs(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  if (rows <= kFewPairRows) return multiply_few_pairs<Format>(w, x, rows, out, pool);
  for (int64_t first = 0; first < rows; first += kPassRows) {
    multiply_many_pairs<Format>(w, x + first * w.inputs, std::min(kPassRows, rows - first),
                                out + first * w.outputs, pool);
  }
}

inline void bf16_matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  if (w.arithmetic == Arithmetic::f32) return matmul(w, x, rows, out, pool);
  if (rows <= 0) return;
  switch (w.source) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return multiply_pairs<PairsBf16>(w, x, rows, out, pool);
    case DType::q8_0:
      return multiply_pairs<PairsQ8_0>(w, x, rows, out, pool);
    case DType::q4_0:
      return multiply_pairs<PairsQ4_0>(w, x, rows, out, pool);
    case DType::q4_k:
      return multiply_pairs<PairsQ4K>(w, x, rows, out, pool);
    case DType::q6_k:
      return multiply_pairs<PairsQ6K>(w, x, rows, out, pool);
  }
}
