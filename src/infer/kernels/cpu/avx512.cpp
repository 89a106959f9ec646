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

FERRY_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace ferry::kernels::cpu::avx512 {
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

constexpr int kPeakChains = 12;
#include "infer/kernels/cpu/simd/peak.h"

}  // namespace
}  // namespace ferry::kernels::cpu::avx512
FERRY_TARGET_END

namespace ferry::kernels::cpu {

const KernelTable kAvx512Table = {
    .name = "avx512",
    .description = "AVX-512 F, BW, DQ, VL",
    .supported = has_avx512,
    .unit = {"AVX-512 f32 multiply-add", avx512::kPeakFlopsPerRound, avx512::peak_rounds},
    .int8_unit = {"AVX-512 integer dot product", kInt8FlopsPerRound, int8_peak_avx512},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return pack_panels(w, arithmetic, pool, kAvx512Table); },
    .packed_bytes = packed_panel_bytes,
    .matmul = choose_matmul<avx512::matmul, int8_matmul_avx512>,
    .gather = choose_gather<avx512::gather>,
    .rms_norm = avx512::rms_norm,
    .layer_norm = avx512::layer_norm,
    .rope = avx512::rope,
    .swiglu = avx512::swiglu,
    .gelu = avx512::gelu,
    .add = avx512::add,
    .add_bias = avx512::add_bias,
    .store_kv = store_kv,
    .attention = avx512::attention,
    .bidirectional_attention = avx512::bidirectional_attention,
};

}  // namespace ferry::kernels::cpu
