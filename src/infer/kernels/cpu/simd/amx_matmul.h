// The matrix product under bf16 arithmetic on AMX's tiles. Included by amx.cpp with the processor's tiles and
// by amx_emulation_test.cpp with tiles in software, after the AVX-512 headers.
//
// A tile product adds 32 inputs to 16 outputs of up to 16 rows, each row and output by itself, and an
// output's blocks of 32 are added in ascending order: so its bits are the same in a tile of one row and in
// any other. They differ from the other tables' in the order within a block, and in that subnormal numbers
// count as zero.
//
// Tiles 0 to 3 hold sums [rows][16] f32, 4 and 5 activations [rows][32] bf16, 6 and 7 weights [16][16][2]
// bf16, which is a packed bf16 block. Other formats are turned into such blocks a chunk at a time.

constexpr int kTileSide = 16;
constexpr int kTileBytes = 1024;
constexpr int64_t kAmxChunkBlocks = 32;  // a group's weights of a chunk: 128 KB, for level 2 of the cache
constexpr int64_t kAmxBlockTiles = 12;   // row tiles that share one conversion of weights
constexpr int64_t kAmxPassTiles = 48;    // row tiles packed at a time, which bounds the scratch memory

// The rows of a call in bf16: [tiles][blocks of 32 inputs][rows of a tile][32]. All tiles have the same
// number of rows; those that are too many are zero.
struct TileActivations {
  const uint16_t* data;
  int64_t tiles;
  int64_t tile_rows;
  int64_t blocks;

  const uint16_t* tile(int64_t i, int64_t block) const {
    return data + (i * blocks + block) * tile_rows * 32;
  }
};

// Row `row` of x, rounded, into its place in each block of a tile.
inline void pack_tile_row(const float* x, int64_t inputs, int64_t blocks, int64_t tile_rows, uint16_t* out) {
  for (int64_t k = 0; k < blocks * 32; k += kLanes) {
    const int64_t left = std::clamp<int64_t>(inputs - k, 0, kLanes);
    const Vec rounded_x = round_to_bf16(load_n(x + k, static_cast<int>(left)));
    const __m256i bits = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(rounded_x.v), 16));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + k / 32 * tile_rows * 32 + k % 32), bits);
  }
}

// The inverse of load_bf16_pairs for numbers that are bf16's.
FERRY_INLINE Vec bf16_pairs(Vec even, Vec odd) {
  const __m512i low = _mm512_srli_epi32(_mm512_castps_si512(even.v), 16);
  return {_mm512_castsi512_ps(_mm512_or_si512(low, _mm512_castps_si512(odd.v)))};
}

// Blocks `first` .. `first` + `count` of 32 inputs of a group as tiles [blocks][4 panels]. What is one
// already is returned where it lies.
template <class Format>
const std::byte* weight_tiles(const std::byte* group, int64_t first, int64_t count, std::byte* scratch) {
  if constexpr (Format::kStored == DType::bf16) {
    return group + first * kGroupPanels * kTileBytes;
  } else {
    constexpr int64_t kSteps = 32 / Format::kStepInputs;
    for (int64_t i = 0; i < count * kGroupPanels; ++i) {
      auto* out = reinterpret_cast<float*>(scratch + i * kTileBytes);
      const int panel = static_cast<int>(i % kGroupPanels);
      for (int64_t step = 0; step < kSteps; ++step) {
        const int64_t at = (first + i / kGroupPanels) * kSteps + step;
        const auto reader = reader_at<Format>(group, panel, at);
        read_ahead<Format, 1>(group, panel, at);
        for (int k = 0; k < Format::kStepInputs; k += 2, out += kLanes) {
          Vec even, odd;
          reader.pair(k, even, odd);
          store(out, bf16_pairs(even, odd));
        }
      }
    }
    return scratch;
  }
}

// Adds `blocks` blocks to the sums of one row tile and four panels.
template <class Tiles>
void add_blocks_1x4(const uint16_t* x, int64_t tile_rows, const std::byte* weights, int64_t blocks) {
  for (int64_t b = 0; b < blocks; ++b, weights += kGroupPanels * kTileBytes) {
    read_ahead<WeightsBf16, kGroupPanels>(weights, 0, 0);
    Tiles::template load<4>(x + b * tile_rows * 32);
    Tiles::template load<6>(weights);
    Tiles::template multiply<0, 4, 6>();
    Tiles::template load<7>(weights + kTileBytes);
    Tiles::template multiply<1, 4, 7>();
    Tiles::template load<6>(weights + 2 * kTileBytes);
    Tiles::template multiply<2, 4, 6>();
    Tiles::template load<7>(weights + 3 * kTileBytes);
    Tiles::template multiply<3, 4, 7>();
  }
}

// The same for two row tiles and two panels: sums 0 and 1 are the first row tile's.
template <class Tiles>
void add_blocks_2x2(const uint16_t* x0, const uint16_t* x1, int64_t tile_rows, const std::byte* weights,
                    int64_t blocks) {
  for (int64_t b = 0; b < blocks; ++b, weights += kGroupPanels * kTileBytes) {
    Tiles::template load<4>(x0 + b * tile_rows * 32);
    Tiles::template load<6>(weights);
    Tiles::template multiply<0, 4, 6>();
    Tiles::template load<7>(weights + kTileBytes);
    Tiles::template multiply<1, 4, 7>();
    Tiles::template load<5>(x1 + b * tile_rows * 32);
    Tiles::template multiply<2, 5, 6>();
    Tiles::template multiply<3, 5, 7>();
  }
}

template <class Tiles, int T>
void begin_sum(const float* sum, bool resume) {
  if (resume) {
    Tiles::template load<T>(sum);
  } else {
    Tiles::template zero<T>();
  }
}

// Four sums of a register tile, in memory between chunks. Each is [16][16].
template <class Tiles>
void begin_sums(float* const (&sums)[4], bool resume) {
  begin_sum<Tiles, 0>(sums[0], resume);
  begin_sum<Tiles, 1>(sums[1], resume);
  begin_sum<Tiles, 2>(sums[2], resume);
  begin_sum<Tiles, 3>(sums[3], resume);
}

template <class Tiles>
void end_sums(float* const (&sums)[4]) {
  Tiles::template store<0>(sums[0]);
  Tiles::template store<1>(sums[1]);
  Tiles::template store<2>(sums[2]);
  Tiles::template store<3>(sums[3]);
}

constexpr int64_t kSumFloats = kTileSide * kTileSide;

// Row tiles `first` .. `last`, at most kAmxBlockTiles, times one group, into sums [tiles][4 panels][16][16].
template <class Tiles, class Format>
void multiply_group_tiles(const std::byte* group, const TileActivations& x, int64_t first, int64_t last,
                          float* sums) {
  alignas(64) std::byte scratch[kAmxChunkBlocks * kGroupPanels * kTileBytes];
  for (int64_t block = 0; block < x.blocks; block += kAmxChunkBlocks) {
    const int64_t blocks = std::min(kAmxChunkBlocks, x.blocks - block);
    const std::byte* weights = weight_tiles<Format>(group, block, blocks, scratch);
    int64_t i = first;
    for (; i + 2 <= last; i += 2) {
      for (int panel = 0; panel < kGroupPanels; panel += 2) {
        float* upper = sums + ((i - first) * kGroupPanels + panel) * kSumFloats;
        float* lower = upper + kGroupPanels * kSumFloats;
        float* const tile_sums[4] = {upper, upper + kSumFloats, lower, lower + kSumFloats};
        begin_sums<Tiles>(tile_sums, block > 0);
        add_blocks_2x2<Tiles>(x.tile(i, block), x.tile(i + 1, block), x.tile_rows,
                              weights + panel * kTileBytes, blocks);
        end_sums<Tiles>(tile_sums);
      }
    }
    if (i < last) {
      float* at = sums + (i - first) * kGroupPanels * kSumFloats;
      float* const tile_sums[4] = {at, at + kSumFloats, at + 2 * kSumFloats, at + 3 * kSumFloats};
      begin_sums<Tiles>(tile_sums, block > 0);
      add_blocks_1x4<Tiles>(x.tile(i, block), x.tile_rows, weights, blocks);
      end_sums<Tiles>(tile_sums);
    }
  }
}

// `rows` rows from row tiles that begin at `sums` to where they belong.
inline void write_sums(const float* sums, int64_t rows, int64_t tile_rows, Output out) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = sums + r / tile_rows * kGroupPanels * kSumFloats + r % tile_rows * kTileSide;
    for (int64_t panel = 0; panel < kGroupPanels; ++panel) {
      const int64_t column = panel * kLanes;
      store_columns(out.at + r * out.stride + column, load(row + panel * kSumFloats), out.columns - column);
    }
  }
}

inline TileActivations pack_tiles(const PackedMatrix& w, const float* x, int64_t rows, ThreadPool& pool) {
  const int64_t blocks = PanelShape(w).inputs / 32;
  const int64_t tiles = ceil_div(rows, kTileSide);
  const int64_t tile_rows = ceil_div(rows, tiles);
  const int64_t tile_numbers = blocks * tile_rows * 32;
  auto* packed = reinterpret_cast<uint16_t*>(thread_scratch(static_cast<size_t>(tiles * tile_numbers) * 2));
  pool.parallel_for(tiles * tile_rows, ceil_div(65536, w.inputs), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      uint16_t* at = packed + r / tile_rows * tile_numbers + r % tile_rows * 32;
      pack_tile_row(x + r * w.inputs, r < rows ? w.inputs : 0, blocks, tile_rows, at);
    }
  });
  return {packed, tiles, tile_rows, blocks};
}

template <class Tiles, class Format>
void multiply_tiles(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  const PanelShape shape(w);
  const TileActivations activations = pack_tiles(w, x, rows, pool);
  const EvenSplit parts(activations.tiles, kAmxBlockTiles);
  const int64_t grain = activations.tiles > 1 ? 1 : ceil_div(256 << 10, shape.group_bytes + 1);
  pool.parallel_for(shape.groups * parts.pieces, grain, [&](int64_t begin, int64_t end) {
    alignas(64) float sums[kAmxBlockTiles * kGroupPanels * kSumFloats];
    Tiles::configure(static_cast<int>(activations.tile_rows));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i / parts.pieces * kGroupOutputs;
      const int64_t first = parts.begin(i % parts.pieces);
      const int64_t last = parts.begin(i % parts.pieces + 1);
      const int64_t first_row = first * activations.tile_rows;
      const int64_t last_row = std::min(rows, last * activations.tile_rows);
      multiply_group_tiles<Tiles, Format>(w.data.data() + i / parts.pieces * shape.group_bytes, activations,
                                          first, last, sums);
      write_sums(sums, last_row - first_row, activations.tile_rows,
                 {out + first_row * w.outputs + column, w.outputs, w.outputs - column});
    }
    Tiles::release();
  });
}

template <class Tiles, class Format>
void multiply_in_passes(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  constexpr int64_t kPass = kAmxPassTiles * kTileSide;
  for (int64_t first = 0; first < rows; first += kPass) {
    multiply_tiles<Tiles, Format>(w, x + first * w.inputs, std::min(kPass, rows - first),
                                  out + first * w.outputs, pool);
  }
}

template <class Tiles>
void amx_matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  if (w.arithmetic == Arithmetic::f32) return matmul(w, x, rows, out, pool);
  switch (w.source) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return multiply_in_passes<Tiles, WeightsBf16>(w, x, rows, out, pool);
    case DType::q8_0:
      return multiply_in_passes<Tiles, WeightsQ8_0<true>>(w, x, rows, out, pool);
    case DType::q4_0:
      return multiply_in_passes<Tiles, WeightsQ4_0<true>>(w, x, rows, out, pool);
    case DType::q4_k:
      return multiply_in_passes<Tiles, WeightsQ4K<true>>(w, x, rows, out, pool);
    case DType::q6_k:
      return multiply_in_passes<Tiles, WeightsQ6K<true>>(w, x, rows, out, pool);
  }
}
