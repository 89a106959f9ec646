#include "infer/host/host.h"

#include <algorithm>

#include "infer/hub/model_texts.h"

namespace ferry {
namespace {

// What transformers' generate() would do by default: sample only if do_sample says so.
Result<GenerationDefaults> read_defaults(const json::object& config, const std::string& where) {
  GenerationDefaults defaults;
  const auto number = [&](std::string_view key, std::optional<float>& into) -> Result<void> {
    FERRY_TRY(const std::optional<double> found, json_optional<double>(config, key, where));
    if (found) into = static_cast<float>(*found);
    return {};
  };
  FERRY_TRY_VOID(number("temperature", defaults.temperature));
  FERRY_TRY_VOID(number("top_p", defaults.top_p));
  FERRY_TRY_VOID(number("repetition_penalty", defaults.repetition_penalty));
  FERRY_TRY(const std::optional<int64_t> top_k, json_optional<int64_t>(config, "top_k", where));
  if (top_k) defaults.top_k = static_cast<int32_t>(*top_k);
  FERRY_TRY(const std::optional<bool> samples, json_optional<bool>(config, "do_sample", where));
  if (samples == false) defaults.temperature = 0.0f;
  return defaults;
}

// A stretch of the prompt that may hold special tokens: the template's own text, and the two special tokens
// that it gets as variables.
bool is_trusted(const Origin& origin) {
  return origin.message < 0 && (origin.field == "bos_token" || origin.field == "eos_token");
}

std::vector<TextPiece> pieces_of(const RenderedChat& chat) {
  const std::string_view text = chat.text;
  std::vector<TextPiece> pieces;
  size_t done = 0;
  for (const Origin& origin : chat.origins) {
    if (is_trusted(origin)) continue;
    pieces.push_back({text.substr(done, origin.begin - done), true});
    pieces.push_back({text.substr(origin.begin, origin.end - origin.begin), false});
    done = origin.end;
  }
  pieces.push_back({text.substr(done), true});
  return pieces;
}

// Cuts the text where the last message's content ends: what follows would end its turn.
Result<void> cut_after_final_message(const HostedModel& model, const json::object& context,
                                     RenderedChat& chat) {
  const json::value* messages = context.if_contains("messages");
  const auto last = messages == nullptr ? int32_t{-1} : static_cast<int32_t>(messages->as_array().size()) - 1;
  const auto origin = std::find_if(chat.origins.rbegin(), chat.origins.rend(), [&](const Origin& candidate) {
    return candidate.message == last && candidate.field.starts_with("content");
  });
  if (last < 0 || origin == chat.origins.rend()) {
    return fail(
        ErrorCode::invalid_argument,
        "continue_final_message: the prompt that model {}'s chat template makes does not show the last "
        "message's content, so there is nothing to continue",
        model.name);
  }
  chat.text.resize(origin->end);
  chat.origins.erase(origin.base(), chat.origins.end());
  return {};
}

std::string text_of_token(const Tokenizer& tokenizer, std::optional<TokenId> id) {
  return id ? std::string(tokenizer.token_text(*id)) : std::string();
}

}  // namespace

Result<void> check_makes_text(const HostedModel& model) {
  if (!model.embedder) return {};
  const bool judges = model.embedder->is_classifier();
  return fail(ErrorCode::unsupported, "model {} makes {}, not text; send it to {}", model.name,
              judges ? "scores" : "embeddings", judges ? "/v1/rerank or /v1/score" : "/v1/embeddings");
}

Result<void> check_makes_vectors(const HostedModel& model) {
  if (model.embedder) return {};
  return fail(ErrorCode::unsupported,
              "model {} makes text; started with --pooling last (or mean) it makes embeddings instead",
              model.name);
}

Result<ChatPrompt> chat_prompt(const HostedModel& model, json::object context, ChatOptions options) {
  FERRY_TRY_VOID(check_makes_text(model));
  if (model.chat_template == nullptr) {
    return fail(
        ErrorCode::unsupported,
        "model {} has no chat template, so it cannot take messages; use completions with a prompt instead",
        model.name);
  }
  context.insert_or_assign("bos_token", model.bos_text);
  context.insert_or_assign("eos_token", model.eos_text);
  FERRY_TRY(RenderedChat chat, model.chat_template->render(context));
  if (options.continue_final_message) FERRY_TRY_VOID(cut_after_final_message(model, context, chat));
  ChatPrompt prompt;
  prompt.tokens = model.tokenizer->encode_pieces(pieces_of(chat), options.add_special_tokens);
  prompt.text = std::move(chat.text);
  return prompt;
}

Result<std::shared_ptr<HostedModel>> load_model(const LocalModel& source, const HostSettings& settings,
                                                const std::function<void(double)>& progress) {
  auto model = std::make_shared<HostedModel>();
  model->name = source.name;
  model->source = source;
  FERRY_TRY(model->tokenizer, Tokenizer::open(source.path));
  model->bos_text = text_of_token(*model->tokenizer, model->tokenizer->bos());
  model->eos_text = text_of_token(*model->tokenizer, model->tokenizer->eos());
  FERRY_TRY(const bool embeds, is_embedding_model(source.path, settings.embed));
  if (embeds) {
    FERRY_TRY(model->embedder,
              Embedder::load(source.path, *model->tokenizer, settings.engine, settings.embed, progress));
    return model;
  }
  FERRY_TRY(ModelTexts texts, read_model_texts(source.path));
  if (!texts.chat_template.empty()) {
    FERRY_TRY(model->chat_template,
              ChatTemplate::parse(std::move(texts.chat_template), source.name + ": chat template"));
  }
  FERRY_TRY(model->defaults,
            read_defaults(texts.generation_config, (source.path / "generation_config.json").string()));
  FERRY_TRY(model->engine, Engine::load(source.path, model->tokenizer, settings.engine, progress));
  model->grammars = std::make_unique<GrammarCache>(model->tokenizer, model->engine->end_tokens(),
                                                   model->engine->spec().vocab);
  return model;
}

void Host::add(std::shared_ptr<HostedModel> model) {
  const std::lock_guard lock(mutex_);
  std::string name = model->name;
  models_.insert_or_assign(std::move(name), std::move(model));
}

std::shared_ptr<HostedModel> Host::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<HostedModel>> Host::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<HostedModel>> models;
  for (const auto& [name, model] : models_) models.push_back(model);
  return models;
}

}  // namespace ferry
