#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "infer/kernels/int8_activations.h"
#include "infer/kernels/reference/reference.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::reference {

namespace {

void round_to_bf16(std::vector<float>& values) {
  for (float& value : values) value = bf16_to_f32(f32_to_bf16(value));
}

// 32 activations as int8 arithmetic multiplies with them: codes times their scale.
void round_to_int8(float* values, int64_t count) {
  uint32_t largest = 0;  // by its bits, which order sizes, infinity and NaN last
  for (int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::bit_cast<uint32_t>(std::fabs(values[i])));
  }
  const Int8Scale scale = Int8Scale::of(std::bit_cast<float>(largest));
  for (int64_t i = 0; i < count; ++i) values[i] = std::nearbyint(values[i] * scale.inverse) * scale.scale;
}

void round_activations(std::vector<float>& x, const PackedMatrix& w) {
  if (multiplies_integers(w)) {
    for (size_t i = 0; i < x.size(); i += kInt8Inputs) round_to_int8(x.data() + i, kInt8Inputs);
  } else if (rounds_to_bf16(w.arithmetic)) {
    round_to_bf16(x);
  }
}

// Row `row` of the weight as the arithmetic multiplies with it.
void read_row(const PackedMatrix& w, int64_t row, std::vector<float>& out) {
  out.resize(static_cast<size_t>(w.inputs));
  const TensorView view{w.source, {w.outputs, w.inputs}, w.data.data()};
  dequantize_row(w.source, view.data + row * view.row_bytes(), w.inputs, out.data());
  const bool codes = multiplies_integers(w);
  if (rounds_to_bf16(w.arithmetic) && !codes) round_to_bf16(out);
}

float dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
  for (int64_t k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

}  // namespace

Result<PackedMatrix> pack(const TensorView& w, Arithmetic arithmetic, ThreadPool&) {
  FERRY_TRY(const int64_t bytes, checked_bytes(w.dtype, w.shape));
  FERRY_TRY(Buffer data, Buffer::allocate(static_cast<size_t>(bytes)));
  if (bytes > 0) std::memcpy(data.data(), w.data, static_cast<size_t>(bytes));
  return PackedMatrix{&kTable, arithmetic, w.dtype, w.rows(), w.shape.back(), SharedBytes(std::move(data))};
}

int64_t packed_bytes(DType source, Arithmetic, int64_t outputs, int64_t inputs) {
  return outputs * TensorView{source, {inputs}, nullptr}.row_bytes();
}

void matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool) {
  std::vector<float> activations(x, x + rows * w.inputs);
  round_activations(activations, w);
  pool.parallel_for(w.outputs, 16, [&](int64_t begin, int64_t end) {
    std::vector<float> weights;
    for (int64_t n = begin; n < end; ++n) {
      read_row(w, n, weights);
      for (int64_t r = 0; r < rows; ++r) {
        out[r * w.outputs + n] = dot(activations.data() + r * w.inputs, weights.data(), w.inputs);
      }
    }
  });
}

void gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out) {
  std::vector<float> weights;
  for (size_t i = 0; i < ids.size(); ++i) {
    read_row(w, ids[i], weights);
    std::memcpy(out + i * weights.size(), weights.data(), weights.size() * sizeof(float));
  }
}

}  // namespace ferry::kernels::reference
