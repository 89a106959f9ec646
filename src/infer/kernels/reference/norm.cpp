#include <cmath>

#include "infer/kernels/reference/reference.h"

namespace ferry::kernels::reference {

void rms_norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* out) {
  for (int64_t r = 0; r < rows; ++r, x += width, out += width) {
    float sum = 0;
    for (int64_t i = 0; i < width; ++i) sum += x[i] * x[i];
    const float scale = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
    for (int64_t i = 0; i < width; ++i) out[i] = x[i] * scale * weight[i];
  }
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows,
                int64_t width, float* out) {
  for (int64_t r = 0; r < rows; ++r, x += width, out += width) {
    float sum = 0;
    for (int64_t i = 0; i < width; ++i) sum += x[i];
    const float mean = sum / static_cast<float>(width);
    float squares = 0;
    for (int64_t i = 0; i < width; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float scale = 1.0f / std::sqrt(squares / static_cast<float>(width) + eps);
    for (int64_t i = 0; i < width; ++i) out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  }
}

}  // namespace ferry::kernels::reference
