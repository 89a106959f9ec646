#pragma once
// How weights in blocks lie under int8 arithmetic: as in ../panels.h, but four inputs of an output stand side
// by side, as integer dot products take them. Blocks have the same sizes and scales; their codes are bytes,
// all 0 or more:
//
//   q8_0  codes [8][16][4]: code + 128 of inputs 4i .. 4i + 3
//   q4_0  codes [4][16][4]: inputs 4i .. 4i + 3 in the low half, 16 + 4i .. in the high
//   q4_k  codes [8][4][16][4]: of each 32 inputs as q4_0's
//   q6_k  low four bits as q4_k's codes, high two bits [8][2][16][4]: of each 32 inputs those of 4i .. in
//         bits 0 and 1 (even i) or 4 and 5, those of 16 + 4i .. above them

#include "infer/kernels/cpu/panels.h"

namespace ferry::kernels::cpu {

// Output `lane` of a block; `source` as the file has it. REQUIRES: a format in blocks.
using PackBlock = void (*)(const std::byte* source, int64_t inputs, int lane, std::byte* block);
PackBlock int8_packer(DType source);

// As KernelTable::gather; the numbers are those that dequantize_row gives.
void int8_gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out);

// The product, by the best instructions of the tables that use it. Bits differ between them only where one
// lacks fma.
void int8_matmul_vnni(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
void int8_matmul_avx2(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
void int8_matmul_sse2(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
// VNNI's where the processor has it, otherwise AVX2's: the same bits.
void int8_matmul_avx512(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);

// What these run on (MatrixUnit).
inline constexpr double kInt8FlopsPerRound = 2.0 * 12 * kLanes * 4;
float int8_peak_vnni(int64_t rounds);
float int8_peak_avx2(int64_t rounds);
float int8_peak_sse2(int64_t rounds);
float int8_peak_avx512(int64_t rounds);

using Matmul = void (*)(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
using Gather = void (*)(const PackedMatrix& w, std::span<const int32_t> ids, float* out);

// A table's functions: one for integers, one for the rest.
template <Matmul kFloats, Matmul kIntegers>
void choose_matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  return multiplies_integers(w) ? kIntegers(w, x, rows, out, pool) : kFloats(w, x, rows, out, pool);
}
template <Gather kFloats>
void choose_gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out) {
  return multiplies_integers(w) ? int8_gather(w, ids, out) : kFloats(w, ids, out);
}

}  // namespace ferry::kernels::cpu
