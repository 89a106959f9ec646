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

#include <emmintrin.h>

#include "infer/kernels/cpu/features.h"
#include "infer/kernels/cpu/int8/panels.h"
#include "infer/kernels/cpu/scratch.h"
#include "infer/kernels/cpu/target.h"
#include "infer/kernels/int8_activations.h"

namespace ferry::kernels::cpu::int8_sse2 {
namespace {

#include "infer/kernels/cpu/simd/vec_sse2.h"
//
#include "infer/kernels/cpu/simd/math.h"
#include "infer/kernels/cpu/simd/sharing.h"
#include "infer/kernels/cpu/simd/weights.h"
//
#include "infer/kernels/cpu/int8/ints_sse2.h"
//
#include "infer/kernels/cpu/int8/matmul.h"
#include "infer/kernels/cpu/int8/peak.h"

}  // namespace
}  // namespace ferry::kernels::cpu::int8_sse2

namespace ferry::kernels::cpu {

void int8_matmul_sse2(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  int8_sse2::int8_matmul(w, x, rows, out, pool);
}

float int8_peak_sse2(int64_t rounds) {
  return int8_sse2::int8_peak_rounds(rounds);
}

}  // namespace ferry::kernels::cpu
