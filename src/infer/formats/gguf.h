#pragma once
// GGUF files: metadata and tensors, mapped, read in place. Versions 2 and 3, little-endian.
// Layout: the "GGUF" specification in ggml's docs/gguf.md.
//
// Opening checks the whole structure against the bytes that are there (counts, string lengths, duplicates,
// alignment, where each tensor lies), so everything handed out afterwards is in range. It costs one pass over
// the metadata and no allocation per array element. Tensor values are not looked at.
//
// All views (keys, strings, tensor data) point into the file's bytes and live as long as the GgufFile.
// Immutable once opened, so any thread may read it. Errors name the file and the key or tensor.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/file.h"
#include "base/core/result.h"
#include "infer/tensor/tensor.h"

namespace ferry {

enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// "uint32", "string", ...: as GGUF's specification calls them, in lower case.
std::string_view gguf_type_name(GgufType type);

// One key with its value, as the file has it.
struct GgufEntry {
  std::string_view key;
  GgufType type = GgufType::u8;
  GgufType element_type = GgufType::u8;  // of an array; otherwise the same as `type`
  uint64_t count = 1;                    // elements of an array; otherwise 1
  std::span<const std::byte> bytes;      // the elements one after the other, little-endian and unaligned;
                                         // a string is a u64 length and its bytes
};

// For people: 32, 0.5, true, "llama", [128256 string].
std::string gguf_value_text(const GgufEntry& entry);

struct GgufTensor {
  std::string_view name;
  Shape shape;             // outermost first: the file's `ne` reversed; rank 1 to 4
  uint32_t ggml_type = 0;  // perhaps one that Ferry cannot compute with: see GgufFile::tensor()
  const std::byte* data = nullptr;
};

class GgufFile {
 public:
  static Result<std::shared_ptr<const GgufFile>> open(const std::filesystem::path& path);
  // From bytes that the caller keeps alive and unchanged; `name` stands for the file in messages.
  static Result<std::shared_ptr<const GgufFile>> parse(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }
  uint32_t version() const { return version_; }

  std::span<const GgufEntry> metadata() const { return entries_; }  // in the file's order
  std::span<const GgufTensor> tensors() const { return tensors_; }  // in the file's order
  const GgufEntry* find_entry(std::string_view key) const;          // nullptr when absent
  const GgufTensor* find_tensor(std::string_view name) const;       // nullptr when absent

  // Typed metadata. T is one of
  //   bool                            a boolean
  //   int64_t                         any integer type; a uint64 above 2^63-1 is an error
  //   double                          any integer or float type
  //   std::string_view                a string: bytes as in the file, not checked to be UTF-8
  //   std::vector<std::string_view>, std::vector<int64_t>, std::vector<float>, std::vector<bool>
  //                                   an array of strings, integers, floats, booleans
  // optional() tells absent from present; a value of another type is an error in both.
  template <class T>
  Result<T> require(std::string_view key) const;
  template <class T>
  Result<std::optional<T>> optional(std::string_view key) const;

  // `not_found` when there is none of that name, `unsupported` when its type is not one of DType's.
  Result<TensorView> tensor(std::string_view name) const;
  Result<TensorView> view(const GgufTensor& tensor) const;

 private:
  friend class GgufParser;
  GgufFile() = default;

  std::string name_;
  uint32_t version_ = 0;
  std::shared_ptr<const MappedFile> mapping_;  // empty when parsed from the caller's bytes
  std::vector<GgufEntry> entries_;
  std::vector<GgufTensor> tensors_;
  std::vector<size_t> entries_by_key_;  // indices, sorted by what they point at
  std::vector<size_t> tensors_by_name_;
};

}  // namespace ferry
