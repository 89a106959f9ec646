#include "infer/engine/engine.h"

#include <algorithm>

#include "base/core/compute_cores.h"
#include "base/core/memory.h"
#include "infer/draft/model_drafter.h"
#include "infer/draft/ngram_drafter.h"
#include "infer/draft/vocabulary_match.h"
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
// quarter of the memory that is free. page_bytes: of one more page, the draft model's included.
int32_t choose_pages(const EngineSettings& settings, const KvGeometry& geometry, int64_t page_bytes,
                     int64_t model_len) {
  int64_t pages = pages_for(model_len, geometry) * settings.max_running;
  if (settings.kv_cache.bytes > 0) {
    pages = static_cast<int64_t>(settings.kv_cache.bytes) / page_bytes;
  } else {
    pages = std::min(pages, static_cast<int64_t>(available_memory() / 4) / page_bytes);
  }
  return static_cast<int32_t>(std::clamp<int64_t>(pages, 1, int64_t{1} << 30));
}

int64_t tokens_in(const KvCache& kv) {
  return int64_t{kv.pages()} * kv.geometry().page_tokens;
}

Result<KvCache> make_cache(const EngineSettings& settings, const KvGeometry& geometry, int64_t page_bytes,
                           int64_t model_len) {
  FERRY_TRY(KvCache kv, KvCache::create(geometry, choose_pages(settings, geometry, page_bytes, model_len)));
  if (settings.max_model_len <= tokens_in(kv)) return kv;
  return fail(ErrorCode::resource_exhausted,
              "--max-model-len {} does not fit the KV cache, which holds {} tokens; lower it, or raise "
              "--kv-cache to {}",
              settings.max_model_len, tokens_in(kv),
              to_string(ByteSize{static_cast<uint64_t>(pages_for(model_len, geometry) * page_bytes)}));
}

// One for each running answer, and some for guesses: with many answers there is little to win by them.
int32_t choose_logit_rows(const EngineSettings& settings) {
  const bool speculates = settings.drafter || settings.speculate != "off" || !settings.draft.empty();
  const int guesses = speculates ? std::min(settings.max_running * settings.speculate_tokens, 64) : 0;
  return std::min(settings.max_running + guesses, settings.max_step_tokens);
}

// The part of the way that loading has come when the draft model's turn comes.
constexpr double kModelPart = 0.9;

std::function<void(double)> part_of(const std::function<void(double)>& progress, double begin, double end) {
  if (!progress) return {};
  return [&progress, begin, end](double part) { progress(begin + part * (end - begin)); };
}

// Before anything is loaded.
Result<void> check_draft(const EngineSettings& settings, const Tokenizer& tokenizer,
                         const std::string& model) {
  if (settings.draft.empty()) return {};
  if (settings.speculate == "ngram") {
    return fail(
        ErrorCode::invalid_argument,
        "--speculate ngram and --draft {} are two ways to guess an answer's next tokens; leave one of them "
        "out",
        settings.draft);
  }
  FERRY_TRY(const auto draft_tokenizer, Tokenizer::open(settings.draft));
  return check_same_vocabulary(tokenizer, model, *draft_tokenizer, settings.draft);
}

Result<std::unique_ptr<Model>> load_text_model(const std::filesystem::path& path, const ModelOptions& options,
                                               ThreadPool& threads) {
  FERRY_TRY(auto model, Model::load(path, options, threads));
  if (model->spec().makes_text()) return model;
  return fail(ErrorCode::unsupported,
              "{}: this {} model has no head that predicts tokens, so it makes no text", path.string(),
              model->spec().family);
}

// Null where there is none.
Result<std::unique_ptr<Model>> load_draft(const EngineSettings& settings, ModelOptions options,
                                          ThreadPool& threads) {
  if (settings.draft.empty()) return nullptr;
  options.max_rows = ModelDrafter::kMaxRows;
  return load_text_model(settings.draft, options, threads);
}

// With a page for each of the model's: as many tokens, of which the model's pages may hold some only once.
Result<std::unique_ptr<Drafter>> make_drafter(const EngineSettings& settings, std::unique_ptr<Model> draft,
                                              const KvCache& kv, int32_t vocab, ThreadPool& threads) {
  if (settings.drafter) return settings.drafter();
  if (draft != nullptr) {
    FERRY_TRY(KvCache draft_kv, KvCache::create(draft->kv_geometry(kv.geometry().type), kv.pages()));
    return ModelDrafter::create(std::move(draft), std::move(draft_kv), vocab, threads);
  }
  if (settings.speculate == "ngram") return std::make_unique<NgramDrafter>();
  return nullptr;  // no guesses, or none but what grammars force
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

  FERRY_TRY_VOID(check_draft(settings, *parts.tokenizer, model.string()));
  FERRY_TRY(ModelOptions options, make_model_options(settings.kernels, settings.arithmetic));
  if (settings.keep_packed) options.packed_folder = settings.packed_folder;
  parts.kernels = std::string(options.table->name);
  options.max_rows = settings.max_step_tokens;
  options.progress = part_of(progress, 0, settings.draft.empty() ? 1 : kModelPart);
  FERRY_TRY(parts.model, load_text_model(model, options, *parts.threads));
  options.progress = part_of(progress, kModelPart, 1);
  FERRY_TRY(std::unique_ptr<Model> draft, load_draft(settings, options, *parts.threads));
  const ArchSpec& spec = parts.model->spec();
  if (parts.tokenizer->vocab_size() > spec.vocab) {
    return fail(ErrorCode::corrupt, "{}: the tokenizer has {} tokens, but the model's vocabulary only {}",
                model.string(), parts.tokenizer->vocab_size(), spec.vocab);
  }
  parts.weight_bytes = parts.model->weight_bytes() + (draft ? draft->weight_bytes() : 0);

  const KvType kv_type = parse_kv_type(settings.kv_type).value_or(KvType::bf16);
  const KvGeometry geometry = parts.model->kv_geometry(kv_type);
  const int64_t page_bytes =
      geometry.bytes_per_page() + (draft ? draft->kv_geometry(kv_type).bytes_per_page() : 0);
  FERRY_TRY(const int64_t model_len, choose_model_len(settings, spec));
  FERRY_TRY(parts.kv, make_cache(settings, geometry, page_bytes, model_len));
  parts.max_model_len = static_cast<int32_t>(std::min(model_len, tokens_in(parts.kv)));
  FERRY_TRY(parts.drafter, make_drafter(settings, std::move(draft), parts.kv, spec.vocab, *parts.threads));

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
std::span<const TokenId> Engine::end_tokens() const {
  return loop_->end_tokens();
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
  return loop_->parts().weight_bytes;
}

}  // namespace ferry
