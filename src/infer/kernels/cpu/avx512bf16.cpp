// g++ 12 takes the "undefined" registers of its own headers for mistakes (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <array>
#include <bit>
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

FERRY_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vbmi,avx2,fma,f16c")
namespace ferry::kernels::cpu::avx512bf16 {
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
#include "infer/kernels/cpu/simd/bf16_weights.h"
//
#include "infer/kernels/cpu/simd/bf16_matmul.h"

// Independent sums, enough to hide the latency.
constexpr int kPeakChains = 12;
constexpr double kPeakFlopsPerRound = 2.0 * kPeakChains * kLanes * 2;

float peak_rounds(int64_t rounds) {
  const Pairs ones = broadcast_pair(0x3F803F80);
  Vec sums[kPeakChains];
  for (int i = 0; i < kPeakChains; ++i) sums[i] = broadcast(static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
    FERRY_UNROLL
    for (int i = 0; i < kPeakChains; ++i) sums[i] = dot_pairs(sums[i], ones, ones);
  }
  for (int i = 1; i < kPeakChains; ++i) sums[0] = add(sums[0], sums[i]);
  return reduce_add(sums[0]);
}

// The table multiplies block formats by their exact codes, so their rows are not rounded either.
void gather_exact(const PackedMatrix& w, std::span<const int32_t> ids, float* out) {
  gather(w, ids, false, out);
}

}  // namespace
}  // namespace ferry::kernels::cpu::avx512bf16
FERRY_TARGET_END

namespace ferry::kernels::cpu {

const KernelTable kAvx512Bf16Table = {
    .name = "avx512bf16",
    .description = "AVX-512 BF16 and VBMI beside F, BW, DQ, VL, on AMD's processors",
    .supported = has_fast_avx512_bf16,
    .exact_codes = true,
    .unit = {"AVX-512 bf16 dot product", avx512bf16::kPeakFlopsPerRound, avx512bf16::peak_rounds},
    .int8_unit = {"AVX-512 integer dot product", kInt8FlopsPerRound, int8_peak_avx512},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return pack_panels(w, arithmetic, pool, kAvx512Bf16Table); },
    .packed_bytes = packed_panel_bytes,
    .matmul = choose_matmul<avx512bf16::bf16_matmul, int8_matmul_avx512>,
    .gather = choose_gather<avx512bf16::gather_exact>,
    .rms_norm = avx512bf16::rms_norm,
    .layer_norm = avx512bf16::layer_norm,
    .rope = avx512bf16::rope,
    .swiglu = avx512bf16::swiglu,
    .gelu = avx512bf16::gelu,
    .add = avx512bf16::add,
    .add_bias = avx512bf16::add_bias,
    .store_kv = store_kv,
    .attention = avx512bf16::attention,
    .bidirectional_attention = avx512bf16::bidirectional_attention,
};

}  // namespace ferry::kernels::cpu
