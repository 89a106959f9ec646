#pragma once
// Reads a GGUF file's hyperparameters for the family files: keys below "<architecture>.". The first problem
// is kept, later reads give harmless values, and finish() tells at the end. finish() also fails for keys
// that nobody asked for: a converter writes one only where it changes the maths.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "infer/formats/gguf.h"

namespace ferry {

class GgufReader {
 public:
  GgufReader(const GgufFile& file, std::string architecture)
      : file_(&file), prefix_(std::move(architecture) + ".") {}

  int32_t count(std::string_view key);  // at least 1; 1 after an error
  std::optional<int32_t> optional_count(std::string_view key, int32_t least = 1);
  double number(std::string_view key);  // 1 after an error
  double number(std::string_view key, double fallback);
  std::string text(std::string_view key, std::string_view fallback);
  void ignore(std::initializer_list<std::string_view> keys);

  // Below "tokenizer.ggml."; absent is fine.
  std::optional<int32_t> token_id(std::string_view key);

  // The shape, outermost first, of a tensor that must be there with this rank; ones after an error.
  Shape tensor_shape(std::string_view name, int rank);
  bool has_tensor(std::string_view name) const { return file_->find_tensor(name) != nullptr; }
  // A small F32 vector; empty when absent.
  std::vector<float> floats(std::string_view name, int64_t most);

  void unsupported(std::string_view key, std::string_view what);
  Result<void> finish() const;

 private:
  template <class T>
  std::optional<T> read(std::string_view key);
  std::optional<int32_t> in_range(std::string_view key, std::optional<int64_t> value, int64_t least);
  void keep(Error error);

  const GgufFile* file_;
  std::string prefix_;
  std::set<std::string, std::less<>> asked_;
  std::optional<Error> error_;
};

}  // namespace ferry
