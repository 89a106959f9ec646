#pragma once
// One safetensors file, mapped, read in place. Layout: "Format" in the safetensors project's README: a u64
// header length, a JSON header, then the tensors' bytes, little-endian, row-major, without gaps.
//
// Opening checks the header against the bytes that are there, as the reference implementation does: each
// tensor's range is in the file and has the size that its shape and type give, and together the tensors cover
// the data without holes or overlap. Tensor values are not looked at.
//
// Views of tensor data point into the file's bytes and live as long as the SafetensorsFile. Immutable once
// opened, so any thread may read it. Errors name the file and the tensor.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/file.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "infer/tensor/tensor.h"

namespace ferry {

struct SafetensorsTensor {
  std::string name;
  std::string dtype;          // "BF16"; perhaps one that Ferry cannot compute with
  std::vector<int64_t> dims;  // outermost first, of any rank
  std::span<const std::byte> data;
};

class SafetensorsFile {
 public:
  static Result<std::shared_ptr<const SafetensorsFile>> open(const std::filesystem::path& path);
  // From bytes that the caller keeps alive and unchanged; `name` stands for the file in messages.
  static Result<std::shared_ptr<const SafetensorsFile>> parse(std::span<const std::byte> bytes,
                                                              std::string name);

  const std::string& name() const { return name_; }

  // In the order of their names.
  std::span<const SafetensorsTensor> tensors() const { return tensors_; }
  const SafetensorsTensor* find_tensor(std::string_view name) const;  // nullptr when absent

  // The header's "__metadata__", in the file's order.
  std::span<const std::pair<std::string, std::string>> metadata() const { return metadata_; }

  // `not_found` when there is none of that name, `unsupported` when its type is not F32, F16 or BF16, or it
  // has more dimensions than a Shape.
  Result<TensorView> tensor(std::string_view name) const;
  Result<TensorView> view(const SafetensorsTensor& tensor) const;

 private:
  SafetensorsFile() = default;
  Result<void> read(std::span<const std::byte> bytes);
  Result<void> read_header(const json::object& header, std::span<const std::byte> data);
  Result<void> read_metadata(const json::value& value);

  std::string name_;
  std::shared_ptr<const MappedFile> mapping_;  // empty when parsed from the caller's bytes
  std::vector<SafetensorsTensor> tensors_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace ferry
