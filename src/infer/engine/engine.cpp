#include "infer/engine/engine.h"

#include <algorithm>

#include "base/core/compute_cores.h"
#include "base/core/memory.h"
#include "infer/engine/engine_metrics.h"
#include "infer/engine/loop.h"
#include "infer/model/options.h"

namespace ferry {
namespace {

int64_t pages_for(int64_t tokens, const KvGeometry& geometry) {
  return (tokens + geometry.page_tokens - 1) / geometry.page_tokens;
}

Result<int64_t> choose_model_len(const EngineSettings& settings, const ArchSpec& spec) {
  if (settings.max_model_len > spec.max_positions) {
    return fail(ErrorCode::invalid_argument, "--max-model-len {}: the model was made for {} positions",
                settings.max_model_len, spec.max_positions);
  }
  return settings.max_model_len > 0 ? settings.max_model_len : spec.max_positions;
}

// The pages that `settings` ask for; by default what max_running answers of the longest length need, within a
// quarter of the memory that is free.
int32_t choose_pages(const EngineSettings& settings, const KvGeometry& geometry, int64_t model_len) {
  const int64_t page_bytes = geometry.bytes_per_page();
  int64_t pages = pages_for(model_len, geometry) * settings.max_running;
  if (settings.kv_cache.bytes > 0) {
    pages = static_cast<int64_t>(settings.kv_cache.bytes) / page_bytes;
  } else {
    pages = std::min(pages, static_cast<int64_t>(available_memory() / 4) / page_bytes);
  }
  return static_cast<int32_t>(std::clamp<int64_t>(pages, 1, int64_t{1} << 30));
}

// One for each running answer, and some for guesses: with many answers there is little to win by them.
int32_t choose_logit_rows(const EngineSettings& settings) {
  const bool speculates = settings.drafter || settings.speculate != "off";
  const int guesses = speculates ? std::min(settings.max_running * settings.speculate_tokens, 64) : 0;
  return std::min(settings.max_running + guesses, settings.max_step_tokens);
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::load(const std::filesystem::path& model,
                                             std::shared_ptr<const Tokenizer> tokenizer,
                                             const EngineSettings& settings,
                                             const std::function<void(double)>& progress) {
  Loop::Parts parts;
  parts.settings = settings;
  parts.tokenizer = std::move(tokenizer);
  ComputeCores cores = choose_compute_cores(settings.threads, settings.pin_threads);
  parts.threads = std::make_unique<ThreadPool>(cores.threads, std::move(cores.pins));

  FERRY_TRY(ModelOptions options, make_model_options(settings.kernels, settings.arithmetic));
  options.max_rows = settings.max_step_tokens;
  options.progress = progress;
  if (settings.keep_packed) options.packed_folder = settings.packed_folder;
  parts.kernels = std::string(options.table->name);
  FERRY_TRY(parts.model, Model::load(model, options, *parts.threads));
  const ArchSpec& spec = parts.model->spec();
  if (parts.tokenizer->vocab_size() > spec.vocab) {
    return fail(ErrorCode::corrupt, "{}: the tokenizer has {} tokens, but the model's vocabulary only {}",
                model.string(), parts.tokenizer->vocab_size(), spec.vocab);
  }

  const KvGeometry geometry =
      parts.model->kv_geometry(parse_kv_type(settings.kv_type).value_or(KvType::bf16));
  FERRY_TRY(const int64_t model_len, choose_model_len(settings, spec));
  FERRY_TRY(parts.kv, KvCache::create(geometry, choose_pages(settings, geometry, model_len)));
  const int64_t cache_len = int64_t{parts.kv.pages()} * geometry.page_tokens;
  if (settings.max_model_len > cache_len) {
    return fail(
        ErrorCode::resource_exhausted,
        "--max-model-len {} does not fit the KV cache, which holds {} tokens; lower it, or raise --kv-cache "
        "to {}",
        settings.max_model_len, cache_len,
        to_string(
            ByteSize{static_cast<uint64_t>(pages_for(model_len, geometry) * geometry.bytes_per_page())}));
  }
  parts.max_model_len = static_cast<int32_t>(std::min(model_len, cache_len));

  parts.logit_rows = choose_logit_rows(settings);
  FERRY_TRY(parts.logits, Buffer::allocate(static_cast<size_t>(parts.logit_rows) *
                                           static_cast<size_t>(spec.vocab) * sizeof(float)));
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Loop>(std::move(parts))));
}

Engine::Engine(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Engine::~Engine() = default;

Result<EngineRequestId> Engine::submit(EngineRequest request, std::function<void(EngineEvent)> on_event) {
  return loop_->submit(std::move(request), std::move(on_event));
}
void Engine::cancel(EngineRequestId id) {
  loop_->cancel(id);
}
void Engine::probe(std::function<void()> done) {
  loop_->probe(std::move(done));
}

EngineStatus Engine::status() const {
  return loop_->status();
}
double Engine::queue_s() const {
  const EngineStatus now = status();
  if (now.running == 0) return 0;
  return static_cast<double>(now.waiting) * metrics().recent_inference_s.value() /
         static_cast<double>(now.running);
}
const EngineMetrics& Engine::metrics() const {
  return loop_->metrics();
}
const ArchSpec& Engine::spec() const {
  return loop_->parts().model->spec();
}
int32_t Engine::max_model_len() const {
  return loop_->parts().max_model_len;
}
int32_t Engine::max_answers() const {
  const EngineSettings& settings = loop_->parts().settings;
  return settings.max_running + settings.max_waiting;
}
std::string_view Engine::kernels() const {
  return loop_->parts().kernels;
}
int64_t Engine::weight_bytes() const {
  return loop_->parts().model->weight_bytes();
}

}  // namespace ferry
