#pragma once
// A GGUF file with random weights in a real model's shape: as fast or slow as the real one, in Ferry and in
// any other program that reads the format.

#include <filesystem>

#include "infer/model/shapes.h"
#include "infer/tensor/dtype.h"

namespace ferry {

// Matrices have the type `dtype`, norms are f32. The weights repeat after some megabytes; their deviation is
// about 0.02, as in trained models. The vocabulary is bytes and made-up words. The shape's widths must be
// multiples of the type's block: invalid_argument otherwise.
Result<void> write_random_model(const ModelShape& shape, DType dtype, const std::filesystem::path& path);

}  // namespace ferry
