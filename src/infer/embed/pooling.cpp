#include "infer/embed/pooling.h"

#include <algorithm>
#include <cmath>

namespace ferry {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace

void Pooler::add(std::span<const float> rows) {
  const size_t width = vector_.size();
  for (size_t at = 0; at + width <= rows.size(); at += width, ++rows_) {
    const std::span<const float> row = rows.subspan(at, width);
    if (pooling_ == Pooling::mean) {
      for (size_t i = 0; i < width; ++i) vector_[i] += row[i];
    } else if (pooling_ == Pooling::last || rows_ == 0) {
      std::ranges::copy(row, vector_.begin());
    }
  }
}

std::vector<float> Pooler::take() {
  if (pooling_ == Pooling::mean) {
    for (float& value : vector_) value /= static_cast<float>(rows_);
  }
  return std::move(vector_);
}

void normalize(std::span<float> vector) {
  const double length = std::sqrt(dot(vector, vector));
  if (length == 0) return;
  for (float& value : vector) value = static_cast<float>(value / length);
}

float cosine(std::span<const float> a, std::span<const float> b) {
  const double lengths = std::sqrt(dot(a, a) * dot(b, b));
  return lengths == 0 ? 0.0f : static_cast<float>(std::clamp(dot(a, b) / lengths, -1.0, 1.0));
}

float sigmoid(float x) {
  return 1.0f / (1.0f + std::exp(-x));
}

}  // namespace ferry
