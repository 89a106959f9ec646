#pragma once
// Writes safetensors files, byte for byte as the reference implementation does.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "infer/tensor/tensor.h"

namespace ferry {

// Tensors come out with the widest type first and by name within a type, so that each is aligned. Not for
// several threads at once.
class SafetensorsWriter {
 public:
  // "__metadata__", in the order added; other programs look for "format": "pt".
  void add_metadata(std::string_view key, std::string_view value);

  // F32, F16 or BF16. The tensor's data is read by write(), not copied before.
  void add_tensor(std::string_view name, const TensorView& tensor);

  // Replaces the file whole or not at all. `invalid_argument` for a name that was added twice, one that is
  // not valid UTF-8, or a type that safetensors lacks.
  Result<void> write(const std::filesystem::path& path) const;

 private:
  struct Tensor {
    std::string name;
    TensorView view;
  };

  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace ferry
