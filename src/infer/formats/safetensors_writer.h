#pragma once
// Writes safetensors files, byte for byte as the reference implementation does unless asked to align more.

#include <filesystem>
#include <stop_token>
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
  // The tensors' bytes begin at a multiple of `data_alignment`, a multiple of 8.
  explicit SafetensorsWriter(size_t data_alignment = 8) : data_alignment_(data_alignment) {}

  // "__metadata__", in the order added; other programs look for "format": "pt".
  void add_metadata(std::string_view key, std::string_view value);

  // F32, F16 or BF16. The tensor's data is read by write(), not copied before.
  void add_tensor(std::string_view name, const TensorView& tensor);

  // Replaces the file whole or not at all. `invalid_argument` for a name that was added twice, one that is
  // not valid UTF-8, or a type that safetensors lacks; `cancelled` when `stop` is requested before the end.
  Result<void> write(const std::filesystem::path& path, const std::stop_token& stop = {}) const;

 private:
  struct Tensor {
    std::string name;
    TensorView view;
  };

  size_t data_alignment_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace ferry
