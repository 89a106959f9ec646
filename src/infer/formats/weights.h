#pragma once
// A model's tensors by name, whatever kind of file they come from: a GGUF file, a safetensors file, or a
// folder of safetensors shards with an index. Names are those of the file; which name means what is the
// model's business.
//
// Views point into the mapped files, which live as long as any copy of the WeightSource. Immutable once
// opened, so any thread may read it. Errors name the file, the tensor, and what was expected and found.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/formats/gguf.h"
#include "infer/formats/safetensors.h"
#include "infer/tensor/tensor.h"

namespace ferry {

class WeightSource {
 public:
  // A file (told apart by how it begins, not by its name), or a folder with model.safetensors.index.json or
  // model.safetensors. Shards that the index names must lie in that folder.
  static Result<WeightSource> open(const std::filesystem::path& path);
  static WeightSource of(std::shared_ptr<const GgufFile> file);
  static WeightSource of(std::shared_ptr<const SafetensorsFile> file);

  // nullptr when there is no such tensor, or it is of a type that Ferry cannot compute with (require says
  // which).
  const TensorView* find(std::string_view name) const;

  // The tensor, which must be there and have exactly this shape.
  Result<TensorView> require(std::string_view name, const Shape& expected) const;
  // The same for one that may be absent.
  Result<std::optional<TensorView>> optional(std::string_view name, const Shape& expected) const;

  std::vector<std::string_view> file_names() const;  // the paths of what was opened
  std::vector<std::string_view> names() const;       // sorted; also of tensors that Ferry cannot compute with
  int64_t total_bytes() const;                       // of the tensors that it can
  const std::string& name() const { return name_; }  // the file or folder, for messages

 private:
  struct Weight {
    std::string name;
    Result<TensorView> view;  // or why there is none
    size_t file;              // index into files_
  };
  struct OpenFile {
    std::string name;
    std::shared_ptr<const void> keep_alive;
  };

  static Result<WeightSource> open_folder(const std::filesystem::path& folder);
  static Result<WeightSource> open_shards(const std::filesystem::path& index_path);
  void sort();
  const Weight* find_weight(std::string_view name) const;

  std::string name_;
  std::vector<OpenFile> files_;
  std::vector<Weight> weights_;  // sorted by name
};

}  // namespace ferry
