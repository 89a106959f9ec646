#pragma once
// A model on disk, opened: its description and its tensors, mapped. Inside the room only.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "infer/formats/weights.h"
#include "infer/model/arch_spec.h"
#include "infer/model/tensor_names.h"

namespace ferry {

struct ModelFiles {
  std::string_view format;  // "safetensors", "gguf"
  ArchSpec spec;
  const TensorNames* names = nullptr;
  std::string base;  // names->base where the file's names begin with it, or else empty
  WeightSource source;

  static Result<ModelFiles> open(const std::filesystem::path& path);
};

}  // namespace ferry
