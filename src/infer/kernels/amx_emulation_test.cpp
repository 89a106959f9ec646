// The AMX product's loops on tiles in software, so that every machine with AVX-512 tests them. The table
// takes part in all tests of products under the name "amx_emulated".

// g++ 12 takes the "undefined" registers of its own headers for mistakes (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <immintrin.h>

#include "infer/kernels/cpu/features.h"
#include "infer/kernels/cpu/int8/panels.h"
#include "infer/kernels/cpu/panels.h"
#include "infer/kernels/cpu/scratch.h"
#include "infer/kernels/cpu/tables.h"
#include "infer/kernels/cpu/target.h"
#include "infer/kernels/test_support.h"

FERRY_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace ferry::kernels::cpu::amx_emulated {
namespace {

#include "infer/kernels/cpu/simd/vec_avx512.h"
//
#include "infer/kernels/cpu/simd/math.h"
#include "infer/kernels/cpu/simd/weights.h"
//
#include "infer/kernels/cpu/simd/sharing.h"
//
#include "infer/kernels/cpu/simd/matmul.h"
//
#include "infer/kernels/cpu/simd/amx_matmul.h"

// Intel's manual, volume 2: TILELOADD, TILESTORED, TDPBF16PS. What raises SIGILL there aborts here.
class SoftwareTiles {
 public:
  static void configure(int rows) {
    FERRY_CHECK(rows >= 1 && rows <= kTileSide);
    for (int t = 0; t < 8; ++t) tiles[t] = {.rows = t < 6 ? rows : kTileSide};
  }
  static void release() {
    for (Tile& tile : tiles) tile.rows = 0;
  }

  template <int T>
  static void zero() {
    FERRY_CHECK(tiles[T].rows > 0);
    std::memset(tiles[T].data, 0, sizeof tiles[T].data);
  }
  // Rows of 64 bytes that follow each other; those beyond the tile's become zero.
  template <int T>
  static void load(const void* at) {
    zero<T>();
    std::memcpy(tiles[T].data, at, static_cast<size_t>(tiles[T].rows) * 64);
  }
  template <int T>
  static void store(float* at) {
    FERRY_CHECK(tiles[T].rows > 0);
    std::memcpy(at, tiles[T].data, static_cast<size_t>(tiles[T].rows) * 64);
  }
  // Even and odd inputs are added apart, then to each other, then to the sum; all with fma, to nearest even,
  // with subnormal numbers taken and given as zero.
  template <int Sum, int X, int W>
  static void multiply() {
    const int rows = tiles[Sum].rows;
    FERRY_CHECK(rows > 0 && tiles[X].rows == rows && tiles[W].rows == kTileSide);
    const unsigned control = _mm_getcsr();
    _mm_setcsr(control | 0x8040);  // FTZ, DAZ
    for (int m = 0; m < rows; ++m) {
      Vec even_sum = ferry::kernels::cpu::amx_emulated::zero();
      Vec odd_sum = even_sum;
      for (int k = 0; k < 16; ++k) {
        Vec even, odd;
        load_bf16_pairs(tiles[W].data + k * 64, even, odd);
        const std::byte* x = tiles[X].data + m * 64 + k * 4;
        even_sum = fma(even, broadcast(bf16_at(x)), even_sum);
        odd_sum = fma(odd, broadcast(bf16_at(x + 2)), odd_sum);
      }
      auto* sum = reinterpret_cast<float*>(tiles[Sum].data) + m * 16;
      ferry::kernels::cpu::amx_emulated::store(
          sum, add(ferry::kernels::cpu::amx_emulated::load(sum), add(even_sum, odd_sum)));
    }
    _mm_setcsr(control);
  }

 private:
  struct Tile {
    int rows = 0;
    alignas(64) std::byte data[1024] = {};
  };

  static float bf16_at(const std::byte* at) {
    uint16_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return bf16_to_f32(bits);
  }

  static thread_local Tile tiles[8];
};

thread_local SoftwareTiles::Tile SoftwareTiles::tiles[8];

}  // namespace
}  // namespace ferry::kernels::cpu::amx_emulated
FERRY_TARGET_END

namespace ferry::kernels {

const KernelTable kEmulatedAmxTable = {
    .name = "amx_emulated",
    .description = "AMX's loops on tiles in software",
    .supported = cpu::has_avx512,
    .unit = {},
    .int8_unit = {},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return cpu::pack_panels(w, arithmetic, pool, kEmulatedAmxTable); },
    .packed_bytes = cpu::packed_panel_bytes,
    .matmul = cpu::choose_matmul<cpu::amx_emulated::amx_matmul<cpu::amx_emulated::SoftwareTiles>,
                                 cpu::int8_matmul_avx512>,
    .gather = cpu::choose_gather<cpu::amx_emulated::gather>,
    .rms_norm = nullptr,
    .layer_norm = nullptr,
    .rope = nullptr,
    .swiglu = nullptr,
    .gelu = nullptr,
    .add = nullptr,
    .add_bias = nullptr,
    .store_kv = nullptr,
    .attention = nullptr,
    .bidirectional_attention = nullptr,
};

}  // namespace ferry::kernels
