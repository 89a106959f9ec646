#include "infer/model/model.h"

#include <utility>

#include "infer/model/model_files.h"
#include "infer/model/packed_cache.h"
#include "infer/model/packed_weights.h"
#include "infer/model/scratch.h"
#include "infer/model/weight_loader.h"

namespace ferry {

Model::Model() = default;
Model::~Model() = default;

Result<std::unique_ptr<Model>> Model::load(const std::filesystem::path& path, const ModelOptions& options,
                                           ThreadPool& pool) {
  FERRY_CHECK(options.table != nullptr && options.max_rows > 0);
  FERRY_TRY(const ModelFiles files, ModelFiles::open(path));
  std::unique_ptr<Model> model(new Model);
  PackedCache cache;
  const bool worth_keeping = files.source.total_bytes() >= options.least_packed_bytes;
  if (worth_keeping && !options.packed_folder.empty()) {
    cache = PackedCache(options.packed_folder, files.source, *options.table, options.arithmetic);
  }
  FERRY_TRY(model->weights_, WeightLoader(files, options, cache, pool).load());
  model->keeping_ = cache.write();
  FERRY_TRY(Scratch scratch, Scratch::create(files.spec, options.max_rows));
  model->scratch_ = std::make_unique<Scratch>(std::move(scratch));
  model->spec_ = files.spec;
  model->max_rows_ = options.max_rows;
  return model;
}

KvGeometry Model::kv_geometry(KvType type) const {
  return {.type = type,
          .layers = static_cast<int32_t>(spec_.layers.size()),
          .kv_heads = spec_.kv_heads,
          .head_dim = spec_.head_dim};
}

int64_t Model::weight_bytes() const {
  const auto packed = [](const kernels::PackedMatrix& w) { return static_cast<int64_t>(w.data.size()); };
  int64_t bytes = packed(weights_->embedding) + (weights_->head ? packed(*weights_->head) : 0);
  for (const LayerWeights& w : weights_->layers) {
    for (const auto* matrix : {&w.q, &w.k, &w.v, &w.attention_out, &w.gate, &w.up, &w.down}) {
      bytes += packed(*matrix);
    }
  }
  if (weights_->classifier) bytes += packed(weights_->classifier->dense) + packed(weights_->classifier->out);
  bytes += static_cast<int64_t>((weights_->positions.size() + weights_->token_types.size()) * sizeof(float));
  return bytes;
}

}  // namespace ferry
