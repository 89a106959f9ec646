#pragma once
// Packs a model's tensors one by one, checking each. Inside the room only.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/core/thread_pool.h"
#include "infer/model/model.h"
#include "infer/model/model_files.h"
#include "infer/model/packed_cache.h"
#include "infer/model/packed_weights.h"

namespace ferry {

// Fails for tensors that are missing, of another shape than the description says, or that it does not know:
// a bias that is there and not added would make answers wrong without a word.
class WeightLoader {
 public:
  WeightLoader(const ModelFiles& files, const ModelOptions& options, PackedCache& cache, ThreadPool& pool)
      : files_(files), spec_(files.spec), options_(options), cache_(cache), pool_(pool) {}

  Result<std::unique_ptr<Model::Weights>> load();

 private:
  Result<void> load_embeddings(Model::Weights& weights);
  Result<void> load_head(Model::Weights& weights);
  Result<ClassifierWeights> load_classifier();
  Result<LayerWeights> load_layer(size_t index);
  Result<void> load_attention(const std::string& prefix, LayerWeights& w);
  Result<void> load_feed_forward(const std::string& prefix, LayerWeights& w);
  Result<kernels::PackedMatrix> matrix(std::string name, int64_t outputs, int64_t inputs);
  // Empty when not wanted.
  Result<std::vector<float>> vector(std::string name, int64_t length, bool wanted = true);
  // [rows, hidden]; empty for no rows
  Result<std::vector<float>> rows(std::string name, int64_t rows);
  Result<std::vector<float>> floats(std::string name, const Shape& shape);
  // `name` without ".weight" or ".bias".
  Result<NormWeights> norm(const std::string& name, bool wanted = true);
  Result<void> check_tied_head();
  Result<void> check_unknown() const;
  void finished(const TensorView& view);

  const ModelFiles& files_;
  const ArchSpec& spec_;
  const ModelOptions& options_;
  PackedCache& cache_;
  ThreadPool& pool_;
  std::set<std::string, std::less<>> taken_;
  int64_t bytes_done_ = 0;
};

}  // namespace ferry
