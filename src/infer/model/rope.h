#pragma once
// Rotary position embeddings: the angles. Su et al., "RoFormer", 2021.

#include <cstdint>
#include <vector>

#include "infer/model/arch_spec.h"

namespace ferry {

// Radians per position of each rotated pair, [rotary_dims / 2]: theta^(-2i / rotary_dims), then scaled.
// Rounded to f32 where transformers rounds, because models were trained with those angles.
std::vector<float> rope_frequencies(const RopeSpec& rope);

// cosines, sines: [frequencies.size()] of the angles at one position.
void rope_angles(const std::vector<float>& frequencies, int32_t position, float* cosines, float* sines);

}  // namespace ferry
