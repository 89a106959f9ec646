#include "infer/embed/embedder.h"

#include <algorithm>

#include "base/core/compute_cores.h"
#include "base/core/memory.h"
#include "infer/embed/loop.h"
#include "infer/model/describe.h"
#include "infer/model/options.h"

namespace ferry {
namespace {

Result<SentenceFiles> files_for(const std::filesystem::path& model, const EmbedSettings& settings) {
  FERRY_TRY(SentenceFiles files, read_sentence_files(model));
  if (settings.pooling == "mean") files.pooling = Pooling::mean;
  if (settings.pooling == "cls") files.pooling = Pooling::cls;
  if (settings.pooling == "last") files.pooling = Pooling::last;
  return files;
}

// --max-model-len, or what the files beside the model say, or all that it can.
Result<int32_t> choose_length(const EngineSettings& engine, const SentenceFiles& files,
                              const ArchSpec& spec) {
  if (engine.max_model_len > spec.max_positions) {
    return fail(ErrorCode::invalid_argument, "--max-model-len {}: the model was made for {} positions",
                engine.max_model_len, spec.max_positions);
  }
  if (engine.max_model_len > 0) return engine.max_model_len;
  return files.max_tokens > 0 ? std::min(files.max_tokens, spec.max_positions) : spec.max_positions;
}

// Room for the longest input and for a whole batch, as far as a quarter of the free memory goes.
Result<KvCache> make_cache(const Model& model, const EngineSettings& engine, int32_t& length) {
  const KvGeometry geometry = model.kv_geometry(parse_kv_type(engine.kv_type).value_or(KvType::bf16));
  const auto pages_for = [&](int64_t tokens) {
    return (tokens + geometry.page_tokens - 1) / geometry.page_tokens;
  };
  const auto affordable = static_cast<int64_t>(available_memory() / 4) / geometry.bytes_per_page();
  if (pages_for(length) > affordable && engine.max_model_len > 0) {
    return fail(ErrorCode::resource_exhausted,
                "--max-model-len {} needs more than a quarter of the free memory for its KV cache", length);
  }
  const int64_t wanted = std::max(pages_for(length), pages_for(model.max_rows()));
  const int64_t pages = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(affordable, 1));
  length = static_cast<int32_t>(std::min<int64_t>(length, pages * geometry.page_tokens));
  return KvCache::create(geometry, static_cast<int32_t>(pages));
}

}  // namespace

Result<bool> is_embedding_model(const std::filesystem::path& model, const EmbedSettings& settings) {
  if (settings.pooling != "auto") return true;
  FERRY_TRY(const ModelDescription description, describe(model));
  if (!description.spec.makes_text()) return true;
  FERRY_TRY(const SentenceFiles files, read_sentence_files(model));
  return files.present;
}

Result<std::unique_ptr<Embedder>> Embedder::load(const std::filesystem::path& model,
                                                 const Tokenizer& tokenizer, const EngineSettings& engine,
                                                 const EmbedSettings& settings,
                                                 const std::function<void(double)>& progress) {
  Loop::Parts parts;
  ComputeCores cores = choose_compute_cores(engine.threads, engine.pin_threads);
  parts.threads = std::make_unique<ThreadPool>(cores.threads, std::move(cores.pins));
  parts.max_waiting = engine.max_waiting;
  FERRY_TRY(parts.files, files_for(model, settings));
  FERRY_TRY(const ModelDescription description, describe(model));
  FERRY_TRY(parts.max_tokens, choose_length(engine, parts.files, description.spec));

  FERRY_TRY(ModelOptions options, make_model_options(engine.kernels, engine.arithmetic));
  // What attends in both directions is computed whole.
  const bool whole = description.spec.attention == AttentionKind::bidirectional;
  options.max_rows = whole ? std::max(engine.max_step_tokens, parts.max_tokens) : engine.max_step_tokens;
  options.progress = progress;
  if (engine.keep_packed) options.packed_folder = engine.packed_folder;
  parts.kernels = std::string(options.table->name);
  FERRY_TRY(parts.model, Model::load(model, options, *parts.threads));
  const ArchSpec& spec = parts.model->spec();
  parts.sigmoid = parts.files.sigmoid.value_or(spec.classifier && spec.classifier->labels == 1);
  if (tokenizer.vocab_size() > spec.vocab) {
    return fail(ErrorCode::corrupt, "{}: the tokenizer has {} tokens, but the model's vocabulary only {}",
                model.string(), tokenizer.vocab_size(), spec.vocab);
  }
  if (!whole) {
    FERRY_TRY(parts.kv, make_cache(*parts.model, engine, parts.max_tokens));
  }
  FERRY_TRY(parts.hidden, Buffer::allocate(static_cast<size_t>(parts.model->max_rows()) *
                                           static_cast<size_t>(spec.hidden) * sizeof(float)));
  return std::unique_ptr<Embedder>(new Embedder(std::make_unique<Loop>(std::move(parts))));
}

Embedder::Embedder(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Embedder::~Embedder() = default;

Result<EmbedRequestId> Embedder::submit(std::vector<EmbedInput> inputs,
                                        std::function<void(Result<EmbedVectors>)> done) {
  return loop_->submit(std::move(inputs), std::move(done));
}
void Embedder::cancel(EmbedRequestId id) {
  loop_->cancel(id);
}
void Embedder::probe(std::function<void()> done) {
  loop_->probe(std::move(done));
}

EngineStatus Embedder::status() const {
  return loop_->status();
}
const EngineMetrics& Embedder::metrics() const {
  return loop_->metrics();
}
const ArchSpec& Embedder::spec() const {
  return loop_->parts().model->spec();
}
const SentenceFiles& Embedder::files() const {
  return loop_->parts().files;
}
int32_t Embedder::max_tokens() const {
  return loop_->parts().max_tokens;
}
std::string_view Embedder::kernels() const {
  return loop_->parts().kernels;
}
int64_t Embedder::weight_bytes() const {
  return loop_->parts().model->weight_bytes();
}

}  // namespace ferry
