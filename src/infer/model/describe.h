#pragma once
// What a model on disk is, read from its headers alone: for `ferry show` and `ferry list`.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "infer/model/arch_spec.h"
#include "infer/tensor/dtype.h"

namespace ferry {

struct DTypeShare {
  DType dtype;
  int64_t parameters;
  int64_t bytes;
};

struct ModelDescription {
  std::string format;  // "safetensors", "gguf"
  ArchSpec spec;
  int64_t parameters = 0;          // as stored: tied embeddings count once
  int64_t bytes = 0;               // of the tensors on disk
  std::vector<DTypeShare> dtypes;  // the largest share first
};

// `path` is a folder with config.json and safetensors files, or a .gguf file. Reads headers, not weights.
Result<ModelDescription> describe(const std::filesystem::path& path);

}  // namespace ferry
