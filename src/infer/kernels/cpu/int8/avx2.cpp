// g++ 12 takes the "undefined" registers of its own headers for mistakes (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include <immintrin.h>

#include "infer/kernels/cpu/features.h"
#include "infer/kernels/cpu/int8/panels.h"
#include "infer/kernels/cpu/scratch.h"
#include "infer/kernels/cpu/target.h"
#include "infer/kernels/int8_activations.h"

FERRY_TARGET_BEGIN("avx2,fma,f16c")
namespace ferry::kernels::cpu::int8_avx2 {
namespace {

#include "infer/kernels/cpu/simd/vec_avx2.h"
//
#include "infer/kernels/cpu/simd/math.h"
#include "infer/kernels/cpu/simd/sharing.h"
#include "infer/kernels/cpu/simd/weights.h"
//
#include "infer/kernels/cpu/int8/ints_avx2.h"
//
#include "infer/kernels/cpu/int8/matmul.h"
#include "infer/kernels/cpu/int8/peak.h"

}  // namespace
}  // namespace ferry::kernels::cpu::int8_avx2
FERRY_TARGET_END

namespace ferry::kernels::cpu {

void int8_matmul_avx2(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  int8_avx2::int8_matmul(w, x, rows, out, pool);
}

float int8_peak_avx2(int64_t rounds) {
  return int8_avx2::int8_peak_rounds(rounds);
}

}  // namespace ferry::kernels::cpu
