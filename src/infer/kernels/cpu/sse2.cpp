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

namespace ferry::kernels::cpu::sse2 {
namespace {

#include "infer/kernels/cpu/simd/vec_sse2.h"
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

constexpr int kPeakChains = 3;
#include "infer/kernels/cpu/simd/peak.h"

}  // namespace
}  // namespace ferry::kernels::cpu::sse2

namespace ferry::kernels::cpu {

const KernelTable kSse2Table = {
    .name = "sse2",
    .description = "x86-64 as it began (SSE2)",
    .supported = has_sse2,
    .unit = {"SSE2 f32 multiply and add", sse2::kPeakFlopsPerRound, sse2::peak_rounds},
    .int8_unit = {"SSE2 word products", kInt8FlopsPerRound, int8_peak_sse2},
    .pack = [](const TensorView& w, Arithmetic arithmetic,
               ThreadPool& pool) { return pack_panels(w, arithmetic, pool, kSse2Table); },
    .packed_bytes = packed_panel_bytes,
    .matmul = choose_matmul<sse2::matmul, int8_matmul_sse2>,
    .gather = choose_gather<sse2::gather>,
    .rms_norm = sse2::rms_norm,
    .layer_norm = sse2::layer_norm,
    .rope = sse2::rope,
    .swiglu = sse2::swiglu,
    .gelu = sse2::gelu,
    .add = sse2::add,
    .add_bias = sse2::add_bias,
    .store_kv = store_kv,
    .attention = sse2::attention,
    .bidirectional_attention = sse2::bidirectional_attention,
};

}  // namespace ferry::kernels::cpu
