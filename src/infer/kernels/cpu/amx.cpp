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
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <immintrin.h>

#include "infer/kernels/cpu/features.h"
#include "infer/kernels/cpu/int8/panels.h"
#include "infer/kernels/cpu/pages_layout.h"
#include "infer/kernels/cpu/panels.h"
#include "infer/kernels/cpu/scratch.h"
#include "infer/kernels/cpu/store_kv.h"
#include "infer/kernels/cpu/tables.h"
#include "infer/kernels/cpu/target.h"

FERRY_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,amx-tile,amx-bf16")
namespace ferry::kernels::cpu::amx {
namespace {

#include "infer/kernels/cpu/simd/vec_avx512.h"
//
#include "infer/kernels/cpu/simd/math.h"
//
#include "infer/kernels/cpu/simd/attention.h"
#include "infer/kernels/cpu/simd/bidirectional.h"
#include "infer/kernels/cpu/simd/elementwise.h"
#include "infer/kernels/cpu/simd/weights.h"
//
#include "infer/kernels/cpu/simd/sharing.h"
//
#include "infer/kernels/cpu/simd/matmul.h"
//
#include "infer/kernels/cpu/simd/amx_matmul.h"

// The compiler does not know that tile instructions read memory (g++ 12 drops stores before them).
FERRY_INLINE void finish_stores(const void* at) {
  asm volatile("" : : "r"(at) : "memory");
}

// The processor's tiles. Their numbers must be literals.
struct HardwareTiles {
  // Intel's manual, volume 1, 18.2: tile configuration of palette 1.
  struct alignas(64) Config {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {};
  };

  static void configure(int rows) {
    Config config;
    for (int i = 0; i < 6; ++i) config.rows[i] = static_cast<uint8_t>(rows);
    config.rows[6] = config.rows[7] = kTileSide;
    finish_stores(&config);
    _tile_loadconfig(&config);
  }
  static void release() { _tile_release(); }

  template <int T>
  FERRY_INLINE static void zero() {
    if constexpr (T == 0) _tile_zero(0);
    if constexpr (T == 1) _tile_zero(1);
    if constexpr (T == 2) _tile_zero(2);
    if constexpr (T == 3) _tile_zero(3);
  }
  template <int T>
  FERRY_INLINE static void load(const void* at) {
    finish_stores(at);
    if constexpr (T == 0) _tile_loadd(0, at, 64);
    if constexpr (T == 1) _tile_loadd(1, at, 64);
    if constexpr (T == 2) _tile_loadd(2, at, 64);
    if constexpr (T == 3) _tile_loadd(3, at, 64);
    if constexpr (T == 4) _tile_loadd(4, at, 64);
    if constexpr (T == 5) _tile_loadd(5, at, 64);
    if constexpr (T == 6) _tile_loadd(6, at, 64);
    if constexpr (T == 7) _tile_loadd(7, at, 64);
  }
  template <int T>
  FERRY_INLINE static void store(float* at) {
    if constexpr (T == 0) _tile_stored(0, at, 64);
    if constexpr (T == 1) _tile_stored(1, at, 64);
    if constexpr (T == 2) _tile_stored(2, at, 64);
    if constexpr (T == 3) _tile_stored(3, at, 64);
    finish_stores(at);
  }
  template <int Sum, int X, int W>
  FERRY_INLINE static void multiply() {
    if constexpr (Sum == 0 && W == 6) _tile_dpbf16ps(0, 4, 6);
    if constexpr (Sum == 1 && W == 7) _tile_dpbf16ps(1, 4, 7);
    if constexpr (Sum == 2 && X == 4) _tile_dpbf16ps(2, 4, 6);
    if constexpr (Sum == 3 && X == 4) _tile_dpbf16ps(3, 4, 7);
    if constexpr (Sum == 2 && X == 5) _tile_dpbf16ps(2, 5, 6);
    if constexpr (Sum == 3 && X == 5) _tile_dpbf16ps(3, 5, 7);
  }
};

// Four sums, so that no product waits for the one before.
constexpr double kPeakFlopsPerRound = 4.0 * 2 * 16 * 16 * 32;

float peak_rounds(int64_t rounds) {
  alignas(64) static const std::byte kZeros[kTileBytes] = {};
  HardwareTiles::configure(kTileSide);
  HardwareTiles::zero<0>();
  HardwareTiles::zero<1>();
  HardwareTiles::zero<2>();
  HardwareTiles::zero<3>();
  HardwareTiles::load<4>(kZeros);
  HardwareTiles::load<5>(kZeros);
  HardwareTiles::load<6>(kZeros);
  HardwareTiles::load<7>(kZeros);
  for (int64_t round = 0; round < rounds; ++round) {
    HardwareTiles::multiply<0, 4, 6>();
    HardwareTiles::multiply<1, 4, 7>();
    HardwareTiles::multiply<2, 5, 6>();
    HardwareTiles::multiply<3, 5, 7>();
  }
  HardwareTiles::release();
  return 0;
}

}  // namespace
}  // namespace ferry::kernels::cpu::amx
FERRY_TARGET_END

namespace ferry::kernels::cpu {

// Everything but the product under bf16 arithmetic is the same as in the AVX-512 table.
const KernelTable kAmxTable = {
    .name = "amx",
    .description = "AMX-TILE, AMX-BF16 beside AVX-512 F, BW, DQ, VL",
    .supported = has_amx,
    .unit = {"AMX bf16 tile product", amx::kPeakFlopsPerRound, amx::peak_rounds},
    .int8_unit = {"AVX-512 integer dot product", kInt8FlopsPerRound, int8_peak_avx512},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return pack_panels(w, arithmetic, pool, kAmxTable); },
    .packed_bytes = packed_panel_bytes,
    .matmul = choose_matmul<amx::amx_matmul<amx::HardwareTiles>, int8_matmul_avx512>,
    .gather = choose_gather<amx::gather>,
    .rms_norm = amx::rms_norm,
    .layer_norm = amx::layer_norm,
    .rope = amx::rope,
    .swiglu = amx::swiglu,
    .gelu = amx::gelu,
    .add = amx::add,
    .add_bias = amx::add_bias,
    .store_kv = store_kv,
    .attention = amx::attention,
    .bidirectional_attention = amx::bidirectional_attention,
};

}  // namespace ferry::kernels::cpu
