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

FERRY_TARGET_BEGIN("avx2,fma,f16c")
namespace ferry::kernels::cpu::avx2 {
namespace {

#include "infer/kernels/cpu/simd/vec_avx2.h"
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

constexpr int kPeakChains = 6;
#include "infer/kernels/cpu/simd/peak.h"

}  // namespace
}  // namespace ferry::kernels::cpu::avx2
FERRY_TARGET_END

namespace ferry::kernels::cpu {

const KernelTable kAvx2Table = {
    .name = "avx2",
    .description = "AVX2, FMA, F16C",
    .supported = has_avx2,
    .unit = {"AVX2 f32 multiply-add", avx2::kPeakFlopsPerRound, avx2::peak_rounds},
    .int8_unit = {"AVX2 byte products", kInt8FlopsPerRound, int8_peak_avx2},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return pack_panels(w, arithmetic, pool, kAvx2Table); },
    .packed_bytes = packed_panel_bytes,
    .matmul = choose_matmul<avx2::matmul, int8_matmul_avx2>,
    .gather = choose_gather<avx2::gather>,
    .rms_norm = avx2::rms_norm,
    .layer_norm = avx2::layer_norm,
    .rope = avx2::rope,
    .swiglu = avx2::swiglu,
    .gelu = avx2::gelu,
    .add = avx2::add,
    .add_bias = avx2::add_bias,
    .store_kv = store_kv,
    .attention = avx2::attention,
    .bidirectional_attention = avx2::bidirectional_attention,
};

}  // namespace ferry::kernels::cpu
