// The matrix product under int8 arithmetic. Included inside a target region, after sharing.h and ints_*.h.
//
// An output's sum: of each step of 32 inputs (two halves of 16 where a format scales these) the products of
// codes are added exactly, as integers; then they are scaled, once, and added in f32 to what the steps before
// gave. Codes of weights are kept as if none were negative; a sum's start makes up for what that adds. So the
// bits of a row do not depend on the number of rows, nor on how steps are cut into chunks.

constexpr int64_t kInt8ChunkSteps = 64;  // many rows take a group's weights in parts of 140 KB, for level 2
constexpr int64_t kFewInt8Rows = kInt8Rows;

// What a row's 32 inputs are packed to, in words of 32 bits.
enum Int8Word {
  kCodeWords = 8,    // four inputs each
  kScaleWord = 8,    // f32
  kStartWords = 9,   // of the sums, int32: one of both halves, or one each
  kOffsetWord = 11,  // f32: the scaled sum of the activations
  kInt8Words = 12,
};

// A format's Reader stands at one step of one panel. codes(j, a, b): of inputs 4j and 16 + 4j on, j < 4;
// scale(half): what a sum is multiplied with. kZero: the code that stands for zero. kHalves: scales a step.
// offset(): what is taken away for each one in the sum of the step's activations.
template <DType kType, int kZeroCode, int kScales>
struct Int8Format {
  static constexpr DType kStored = kType;
  static constexpr int kStepInputs = kInt8Inputs;
  static constexpr int kZero = kZeroCode;
  static constexpr int kHalves = kScales;
  static constexpr int kPanels = kScales == 1 ? 2 : 1;  // of the register tile
  static constexpr bool kBytes = kType == DType::q8_0;
  static constexpr bool kOffset = kType == DType::q4_k;
};

struct Int8Q8_0 : Int8Format<DType::q8_0, kSignedBytes ? 0 : 128, 1> {
  struct Reader {
    const std::byte* block;
    FERRY_INLINE Reader(const std::byte* at, int) : block(at) {}
    template <int kQuad>
    FERRY_INLINE void codes(Codes& a, Codes& b) const {
      a = load_codes(block + 32 + kQuad * 64);
      b = load_codes(block + 32 + (4 + kQuad) * 64);
    }
    FERRY_INLINE Vec scale(int) const { return load_f16(block); }
  };
};

template <int kQuad>
FERRY_INLINE void nibble_codes(const std::byte* at, Codes& a, Codes& b) {
  const Codes both = load_codes(at + kQuad * 64);
  a = low_nibbles(both);
  b = high_nibbles(both);
}

struct Int8Q4_0 : Int8Format<DType::q4_0, 8, 1> {
  struct Reader {
    const std::byte* block;
    FERRY_INLINE Reader(const std::byte* at, int) : block(at) {}
    template <int kQuad>
    FERRY_INLINE void codes(Codes& a, Codes& b) const {
      nibble_codes<kQuad>(block + 32, a, b);
    }
    FERRY_INLINE Vec scale(int) const { return load_f16(block); }
  };
};

struct Int8Q4K : Int8Format<DType::q4_k, 0, 1> {
  struct Reader {
    const std::byte* block;
    int step;
    FERRY_INLINE Reader(const std::byte* at, int i) : block(at), step(i) {}
    template <int kQuad>
    FERRY_INLINE void codes(Codes& a, Codes& b) const {
      nibble_codes<kQuad>(block + 64 + 256 + step * 256, a, b);
    }
    FERRY_INLINE Vec scale(int) const { return mul(load_f16(block), load_u8(block + 64 + step * kLanes)); }
    FERRY_INLINE Vec offset() const {
      return mul(load_f16(block + 32), load_u8(block + 64 + (8 + step) * kLanes));
    }
  };
};

struct Int8Q6K : Int8Format<DType::q6_k, 32, 2> {
  struct Reader {
    const std::byte* block;
    int step;
    FERRY_INLINE Reader(const std::byte* at, int i) : block(at), step(i) {}
    template <int kQuad>
    FERRY_INLINE void codes(Codes& a, Codes& b) const {
      nibble_codes<kQuad>(block + 32 + 256 + step * 256, a, b);
      const Codes crumbs = load_codes(block + 32 + 256 + 2048 + step * 128 + kQuad / 2 * 64);
      a = with_crumbs<kQuad % 2 * 4>(a, crumbs);
      b = with_crumbs<kQuad % 2 * 4 + 2>(b, crumbs);
    }
    FERRY_INLINE Vec scale(int half) const {
      return mul(load_f16(block), load_i8(block + 32 + (2 * step + half) * kLanes));
    }
  };
};

// 32 inputs of a row into column 0 of [12][tile_rows] words. `left` of them exist.
template <class Format>
void pack_int8_step(const float* x, int64_t left, int64_t tile_rows, uint32_t* out) {
  const int low_count = static_cast<int>(std::clamp<int64_t>(left, 0, kLanes));
  const int high_count = static_cast<int>(std::clamp<int64_t>(left - kLanes, 0, kLanes));
  const Vec low = low_count == kLanes ? load(x) : load_n(x, low_count);
  const Vec high = high_count == kLanes ? load(x + kLanes) : load_n(x + kLanes, high_count);
  const Int8Scale scale = Int8Scale::of(reduce_max(max(abs(low), abs(high))));
  // Zero, or NaN where not all are finite.
  const float finite = reduce_add(fma(low, zero(), mul(high, zero())));
  alignas(64) int8_t codes[kInt8Inputs];
  // Codes of what is not finite mean nothing; their sums would not even be whole numbers that fit.
  const auto sum = [&](Vec whole) { return finite == 0 ? reduce_add(whole) : 0.0f; };
  const float low_sum = sum(store_codes(codes, mul(low, broadcast(scale.inverse))));
  const float high_sum = sum(store_codes(codes + kLanes, mul(high, broadcast(scale.inverse))));
  uint32_t words[kInt8Words] = {};
  std::memcpy(words, codes, sizeof codes);
  words[kScaleWord] = std::bit_cast<uint32_t>(scale.scale + finite);
  const auto start = [](float codes_sum) {
    return static_cast<uint32_t>(-Format::kZero * static_cast<int32_t>(codes_sum));
  };
  words[kStartWords] = start(Format::kHalves == 1 ? low_sum + high_sum : low_sum);
  words[kStartWords + 1] = start(high_sum);
  words[kOffsetWord] = std::bit_cast<uint32_t>(scale.scale * (low_sum + high_sum));
  for (int i = 0; i < kInt8Words; ++i) out[i * tile_rows] = words[i];
}

// The rows of a call, packed: tiles of rows, each [steps][12][rows].
struct Int8Activations {
  const uint32_t* data;
  EvenSplit tiles;
  int64_t steps;

  const uint32_t* tile(int64_t i, int64_t step) const {
    return data + (tiles.begin(i) * steps + step * tiles.size(i)) * kInt8Words;
  }
};

template <class Format>
Int8Activations pack_int8(const PackedMatrix& w, const float* x, int64_t rows, ThreadPool& pool) {
  const int64_t steps = PanelShape(w).inputs / kInt8Inputs;
  const EvenSplit tiles(rows, kInt8Rows);
  auto* packed = reinterpret_cast<uint32_t*>(
      thread_scratch(static_cast<size_t>(rows * steps * kInt8Words) * sizeof(uint32_t)));
  for_tile_rows(w, tiles, kInt8Rows, pool, [&](int64_t i, int64_t r) {
    const float* row = x + (tiles.begin(i) + r) * w.inputs;
    const int64_t tile_rows = tiles.size(i);
    uint32_t* out = packed + tiles.begin(i) * steps * kInt8Words + r;
    for (int64_t step = 0; step < steps; ++step, out += kInt8Words * tile_rows) {
      const int64_t k = step * kInt8Inputs;
      pack_int8_step<Format>(row + k, w.inputs - k, tile_rows, out);
    }
  });
  return {packed, tiles, steps};
}

FERRY_INLINE Ints start_of(uint32_t word) {
  return broadcast_int(static_cast<int32_t>(word));
}

// Adds four codes of both halves of a step.
template <class Format, int R, int C, int kQuad>
FERRY_INLINE void add_quad(const std::array<typename Format::Reader, C>& readers, const uint32_t* x,
                           Ints (&sums)[Format::kHalves][R][C]) {
  Codes low[C], high[C];
  FERRY_UNROLL
  for (int c = 0; c < C; ++c) readers[static_cast<size_t>(c)].template codes<kQuad>(low[c], high[c]);
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    const Ints x_low = start_of(x[kQuad * R + r]);
    const Ints x_high = start_of(x[(4 + kQuad) * R + r]);
    FERRY_UNROLL
    for (int c = 0; c < C; ++c) {
      Ints& low_sum = sums[0][r][c];
      Ints& high_sum = sums[Format::kHalves - 1][r][c];
      low_sum = Format::kBytes ? dot_bytes(low_sum, low[c], x_low) : dot(low_sum, low[c], x_low);
      high_sum = Format::kBytes ? dot_bytes(high_sum, high[c], x_high) : dot(high_sum, high[c], x_high);
    }
  }
}

template <class Format, int... kPanels>
FERRY_INLINE auto readers_at(const std::byte* group, int c, int64_t step,
                             std::integer_sequence<int, kPanels...>) {
  return std::array<typename Format::Reader, sizeof...(kPanels)>{
      reader_at<Format>(group, c + kPanels, step)...};
}

// Adds one step of the panels `c` to `c` + C to the totals.
template <class Format, int R, int C>
FERRY_INLINE void add_int8_step(const std::byte* group, int c, int64_t step, const uint32_t* x,
                                Vec (&totals)[R][kGroupPanels]) {
  asm("" : "+r"(x));  // g++ would copy all of a step's activations to the stack, for the next panels
  const auto readers = readers_at<Format>(group, c, step, std::make_integer_sequence<int, C>());
  Ints sums[Format::kHalves][R][C];
  FERRY_UNROLL
  for (int half = 0; half < Format::kHalves; ++half) {
    FERRY_UNROLL
    for (int r = 0; r < R; ++r) {
      const Ints start = start_of(x[(kStartWords + half) * R + r]);
      FERRY_UNROLL
      for (int i = 0; i < C; ++i) sums[half][r][i] = start;
    }
  }
  add_quad<Format, R, C, 0>(readers, x, sums);
  add_quad<Format, R, C, 1>(readers, x, sums);
  add_quad<Format, R, C, 2>(readers, x, sums);
  add_quad<Format, R, C, 3>(readers, x, sums);
  FERRY_UNROLL
  for (int half = 0; half < Format::kHalves; ++half) {
    FERRY_UNROLL
    for (int i = 0; i < C; ++i) {
      const Vec scale = readers[static_cast<size_t>(i)].scale(half);
      FERRY_UNROLL
      for (int r = 0; r < R; ++r) {
        const Vec both = mul(scale, broadcast(std::bit_cast<float>(x[kScaleWord * R + r])));
        totals[r][c + i] = fma(to_float(sums[half][r][i]), both, totals[r][c + i]);
      }
    }
  }
  if constexpr (Format::kOffset) {
    FERRY_UNROLL
    for (int i = 0; i < C; ++i) {
      const Vec offset = readers[static_cast<size_t>(i)].offset();
      FERRY_UNROLL
      for (int r = 0; r < R; ++r) {
        const Vec sum = broadcast(std::bit_cast<float>(x[kOffsetWord * R + r]));
        totals[r][c + i] = fnma(offset, sum, totals[r][c + i]);
      }
    }
  }
}

// Adds R rows times the steps `first` .. `first` + count of a group to what `out` holds, or to zero.
template <class Format, int R>
void multiply_int8_tile(const std::byte* group, int64_t first, int64_t count, const uint32_t* x, bool resume,
                        Output out) {
  constexpr int kPanels = Format::kPanels;
  Vec totals[R][kGroupPanels];
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) {
      totals[r][c] =
          resume ? load_columns(out.at + r * out.stride + c * kLanes, out.columns - c * kLanes) : zero();
    }
  }
  for (int64_t step = first; step < first + count; ++step, x += kInt8Words * R) {
    for (int c = 0; c < kGroupPanels; c += kPanels) {
      read_ahead<Format, kPanels>(group, c, step);
      add_int8_step<Format, R, kPanels>(group, c, step, x, totals);
    }
  }
  FERRY_UNROLL
  for (int r = 0; r < R; ++r) {
    FERRY_UNROLL
    for (int c = 0; c < kGroupPanels; ++c) {
      store_columns(out.at + r * out.stride + c * kLanes, totals[r][c], out.columns - c * kLanes);
    }
  }
}

using Int8Kernel = void (*)(const std::byte* group, int64_t first, int64_t count, const uint32_t* x,
                            bool resume, Output out);

// By rows - 1.
template <class Format, int... kRows>
constexpr auto int8_kernels(std::integer_sequence<int, kRows...>) {
  return std::array<Int8Kernel, sizeof...(kRows)>{multiply_int8_tile<Format, kRows + 1>...};
}

template <class Format>
void multiply_int8(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  static constexpr auto kKernels = int8_kernels<Format>(std::make_integer_sequence<int, kInt8Rows>());
  const auto kernel = [](int64_t tile_rows) { return kKernels[static_cast<size_t>(tile_rows - 1)]; };
  const Int8Activations activations = pack_int8<Format>(w, x, rows, pool);
  const EvenSplit& tiles = activations.tiles;
  if (rows <= kFewInt8Rows) {
    for_groups(w, tiles, out, pool, [&](const std::byte* group, int64_t i, Output columns) {
      kernel(tiles.size(i))(group, 0, activations.steps, activations.tile(i, 0), false, columns);
    });
    return;
  }
  for_group_blocks(w, tiles, kInt8Rows, out, pool,
                   [&](const std::byte* group, int64_t first, int64_t last, Output columns) {
                     for (int64_t step = 0; step < activations.steps; step += kInt8ChunkSteps) {
                       const int64_t count = std::min(kInt8ChunkSteps, activations.steps - step);
                       for (int64_t i = first; i < last; ++i) {
                         const Output tile_out = {columns.at + tiles.begin(i) * columns.stride,
                                                  columns.stride, columns.columns};
                         kernel(tiles.size(i))(group, step, count, activations.tile(i, step), step > 0,
                                               tile_out);
                       }
                     }
                   });
}

template <class Format>
void multiply_int8_in_passes(const PackedMatrix& w, const float* x, int64_t rows, float* out,
                             ThreadPool& pool) {
  for (int64_t first = 0; first < rows; first += kPassRows) {
    multiply_int8<Format>(w, x + first * w.inputs, std::min(kPassRows, rows - first), out + first * w.outputs,
                          pool);
  }
}

inline void int8_matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  switch (w.source) {
    case DType::q8_0:
      return multiply_int8_in_passes<Int8Q8_0>(w, x, rows, out, pool);
    case DType::q4_0:
      return multiply_int8_in_passes<Int8Q4_0>(w, x, rows, out, pool);
    case DType::q4_k:
      return multiply_int8_in_passes<Int8Q4K>(w, x, rows, out, pool);
    case DType::q6_k:
      return multiply_int8_in_passes<Int8Q6K>(w, x, rows, out, pool);
    default:
      return;
  }
}
