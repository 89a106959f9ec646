#pragma once
// Writes GGUF files (version 3, little-endian, alignment 32), byte for byte as gguf-py does for the same
// calls.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/formats/gguf.h"
#include "infer/tensor/tensor.h"

namespace ferry {

// Metadata and tensors come out in the order in which they were added. Not for several threads at once.
class GgufWriter {
 public:
  void add_bool(std::string_view key, bool value);
  void add_uint32(std::string_view key, uint32_t value);
  void add_int64(std::string_view key, int64_t value);
  void add_float32(std::string_view key, float value);
  void add_string(std::string_view key, std::string_view value);
  void add_strings(std::string_view key, std::span<const std::string_view> values);
  void add_int32s(std::string_view key, std::span<const int32_t> values);
  void add_float32s(std::string_view key, std::span<const float> values);
  // As another file has it. Not for "general.alignment", which is this file's own.
  void add_entry(const GgufEntry& entry);

  // The tensor's data is read by write(), not copied before.
  void add_tensor(std::string_view name, const TensorView& tensor);

  // Replaces the file whole or not at all. `invalid_argument` for a key or name that was added twice and for
  // a shape that its type cannot have.
  Result<void> write(const std::filesystem::path& path) const;

 private:
  struct Tensor {
    std::string name;
    TensorView view;
  };

  void begin_entry(std::string_view key, GgufType type);
  void begin_array(std::string_view key, GgufType type, size_t count);
  Result<void> check_names() const;

  std::string metadata_;  // the entries, encoded
  std::vector<std::string> keys_;
  std::vector<Tensor> tensors_;
};

}  // namespace ferry
