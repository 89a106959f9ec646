#pragma once
// Packed weights kept on disk, so that the next start maps them instead of packing again. Inside the room
// only.
//
// One safetensors file for each model, kernel table and arithmetic; a matrix is a flat tensor of what the
// table packed. A file counts only for the very files it was made from (their paths, sizes, times of change)
// and the very layout (a few small matrices are packed and compared by their hash). Whatever is wrong with
// it, the weights are packed anew: a cache never makes loading fail.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "infer/formats/safetensors.h"
#include "infer/formats/weights.h"
#include "infer/kernels/kernels.h"

namespace ferry {

class PackedCache {
 public:
  // Finds nothing and keeps nothing.
  PackedCache() = default;
  // Of the model whose weights `source` has. `folder` is made when it is first written to.
  PackedCache(std::filesystem::path folder, const WeightSource& source, const kernels::KernelTable& table,
              kernels::Arithmetic arithmetic);

  // The matrix, mapped and read from the disk, if the file has it as it must be.
  std::optional<kernels::PackedMatrix> find(std::string_view name, DType dtype, int64_t outputs,
                                            int64_t inputs) const;

  // Remembers a matrix that find() did not have.
  void add(std::string_view name, const kernels::PackedMatrix& matrix);

  // Writes what was remembered, when the disk has room for twice as much, on a thread of its own, which ends
  // early when it is stopped. No thread: nothing to write.
  std::jthread write() const;

 private:
  const kernels::KernelTable* table_ = nullptr;
  kernels::Arithmetic arithmetic_ = kernels::Arithmetic::bf16;
  std::filesystem::path path_;
  std::string source_;                           // the model's path
  std::string key_;                              // empty: nothing is kept
  std::shared_ptr<const SafetensorsFile> file_;  // null: none that counts
  std::vector<std::pair<std::string, kernels::PackedMatrix>> added_;
};

}  // namespace ferry
