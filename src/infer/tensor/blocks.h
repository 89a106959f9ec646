#pragma once
// Stored numbers to float32, one row at a time: what each DType means, as ggml defines it (ggml-quants.c,
// dequantize_row_*). Plain loops: the oracle of faster kernels, and good enough where speed does not matter.

#include <cstddef>
#include <cstdint>

#include "infer/tensor/dtype.h"

namespace ferry {

// out[i] = the i-th weight of a row of n weights, n a multiple of dtype_info(dtype).elements.
// `row` needs no alignment. Bit for bit what gguf-py gives, NaN payloads aside: every product is rounded to
// float32 in the order written there. Scales that are infinite or NaN give infinities and NaNs.
void dequantize_row(DType dtype, const std::byte* row, int64_t n, float* out);

// The inverse for f32, f16, bf16, q8_0 and q4_0 (ggml-quants.c, quantize_row_*_ref); the K formats need a
// search over scales, which Ferry leaves to the tools that make model files.
// `out` holds n / elements * bytes bytes and needs no alignment. Weights should be finite.
bool can_quantize(DType dtype);
void quantize_row(DType dtype, const float* row, int64_t n, std::byte* out);

}  // namespace ferry
