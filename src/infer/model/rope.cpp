#include "infer/model/rope.h"

#include <cmath>
#include <numbers>

namespace ferry {
namespace {

// Llama 3.1: how much of a frequency stays unscaled falls from 1 to 0 as its wavelength grows from
// original / high to original / low.
double llama3_scaled(const RopeSpec& rope, double frequency) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  if (wavelength < rope.original_positions / rope.high_frequency_factor) return frequency;
  if (wavelength > rope.original_positions / rope.low_frequency_factor) return frequency / rope.factor;
  const double kept = (rope.original_positions / wavelength - rope.low_frequency_factor) /
                      (rope.high_frequency_factor - rope.low_frequency_factor);
  return (1 - kept) * frequency / rope.factor + kept * frequency;
}

double scaled(const RopeSpec& rope, double frequency) {
  switch (rope.scaling) {
    case RopeScaling::none:
      return frequency;
    case RopeScaling::linear:
      return frequency / rope.factor;
    case RopeScaling::llama3:
      return llama3_scaled(rope, frequency);
  }
  return frequency;
}

}  // namespace

std::vector<float> rope_frequencies(const RopeSpec& rope) {
  std::vector<float> frequencies(static_cast<size_t>(rope.rotary_dims / 2));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / rope.rotary_dims;
    const auto base = static_cast<float>(std::pow(rope.theta, exponent));
    frequencies[i] = static_cast<float>(scaled(rope, base));
    if (!rope.divisors.empty()) frequencies[i] /= rope.divisors[i];
  }
  return frequencies;
}

void rope_angles(const std::vector<float>& frequencies, int32_t position, float* cosines, float* sines) {
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const float angle = static_cast<float>(position) * frequencies[i];
    cosines[i] = static_cast<float>(std::cos(static_cast<double>(angle)));
    sines[i] = static_cast<float>(std::sin(static_cast<double>(angle)));
  }
}

}  // namespace ferry
