#pragma once
// A loaded model: its description, its packed weights and the forward pass.
//
//   FERRY_TRY(auto model, Model::load("llama-3.2-1b", {.table = table}, pool));
//   FERRY_TRY(auto cache, KvCache::create(model->kv_geometry(KvType::bf16), pages));
//   model->forward(batch, cache, pool, logits);
//
// The bits of a row's logits depend only on the tokens at its own and earlier positions of its sequence:
// neither on the rest of the batch, nor on how the sequence was cut into batches, nor on the threads.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "base/core/result.h"
#include "base/core/thread_pool.h"
#include "infer/kernels/kernels.h"
#include "infer/kv/kv_cache.h"
#include "infer/model/arch_spec.h"
#include "infer/model/profile.h"

namespace ferry {

// Consecutive rows of a batch that continue one sequence: its i-th row is position first_position + i.
struct BatchSequence {
  std::span<const PageId> pages;  // of positions 0, page_tokens, ...; enough for the last row's position
  int32_t first_position = 0;
  int32_t rows = 0;
};

// The sequences' rows, one sequence after the other. Positions before first_position were in earlier batches.
struct Batch {
  std::span<const int32_t> tokens;  // [rows], each in [0, vocab)
  std::span<const BatchSequence> sequences;
  std::span<const int32_t> logit_rows;  // the rows whose logits, or hidden states, are wanted, in any order
  std::span<const int32_t> token_types = {};  // [rows], each in [0, spec().token_types); empty: all 0
};

struct ModelOptions {
  const kernels::KernelTable* table = nullptr;
  kernels::Arithmetic arithmetic = kernels::Arithmetic::bf16;
  int32_t max_rows = 512;  // the largest batch; scratch memory is made for it once
  // Packed weights are kept here and mapped at the next load of the same files; empty: nowhere. The first
  // load writes them on a thread of its own, which ends early with the model.
  std::filesystem::path packed_folder = {};
  int64_t least_packed_bytes = int64_t{32} << 20;  // smaller models are packed in less time than is worth it
  std::function<void(double)> progress = {};       // called on the loading thread with the part done, 0 to 1
};

class Model {
 public:
  // `path` is a folder with config.json and safetensors files, or a .gguf file.
  // Errors name the file and the field or tensor: not_found, corrupt, unsupported, resource_exhausted.
  static Result<std::unique_ptr<Model>> load(const std::filesystem::path& path, const ModelOptions& options,
                                             ThreadPool& pool);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ArchSpec& spec() const { return spec_; }
  KvGeometry kv_geometry(KvType type) const;
  int32_t max_rows() const { return max_rows_; }
  int64_t weight_bytes() const;  // of the packed weights in memory

  // logits: [logit_rows.size(), vocab], row i belongs to logit_rows[i]. Writes the rows' keys and values into
  // `cache`. Allocates nothing. One caller at a time.
  // REQUIRES: spec().makes_text(); a cache of this model's kv_geometry; tokens.size() <= max_rows(),
  // logit_rows.size() <= max_rows().
  void forward(const Batch& batch, KvCache& cache, ThreadPool& pool, float* logits);

  // The same, but what the head would read: hidden: [logit_rows.size(), hidden], after the final norm where
  // the model has one. Of models that make no text too: these have no cache (it is ignored, and may be null),
  // and each sequence is whole, from position 0 on, without pages.
  void hidden_states(const Batch& batch, KvCache* cache, ThreadPool& pool, float* hidden);

  // labels: [rows, spec().classifier->labels], logits, from the hidden states of as many sequences' first
  // rows. REQUIRES: spec().classifier, and rows <= max_rows().
  void classify(const float* hidden, int64_t rows, ThreadPool& pool, float* labels);

  // From now on forward() adds its times to `profile`, which outlives the model; null: to nothing.
  void set_profile(ForwardProfile* profile) { profile_ = profile; }

 private:
  struct Weights;
  struct Scratch;
  friend class WeightLoader;
  friend struct ForwardPass;
  Model();
  void prepare(const Batch& batch, const KvCache* cache);
  void run(const Batch& batch, KvCache* cache, ThreadPool& pool);
  void collect(const Batch& batch, float* hidden) const;

  ArchSpec spec_;
  int32_t max_rows_ = 0;
  ForwardProfile* profile_ = nullptr;
  std::unique_ptr<Weights> weights_;
  std::unique_ptr<Scratch> scratch_;
  std::jthread keeping_;  // writes the packed weights
};

}  // namespace ferry
