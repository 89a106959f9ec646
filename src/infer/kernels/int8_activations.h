#pragma once
// How int8 arithmetic rounds activations: 32 inputs have a scale, that of the largest of them to 127, as
// ggml's Q8_0 has it. The definition that every table follows, bit for bit.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace ferry::kernels {

inline constexpr int kInt8Inputs = 32;

struct Int8Scale {
  float scale = 0;    // a code stands for code * scale
  float inverse = 0;  // codes are x * inverse, rounded to the nearest, ties to even

  // largest: of the sizes of the activations. Numbers too small to divide by count as zero. Where one of them
  // is infinite or NaN, so is the scale, and the whole row's results.
  static Int8Scale of(float largest) {
    constexpr float kSmallest = 0x1p-110f;
    if (largest < kSmallest) return {};
    return {largest / 127.0f, 127.0f / largest};
  }
};

}  // namespace ferry::kernels
