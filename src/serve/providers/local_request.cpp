#include "serve/providers/local_request.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <random>
#include <span>

#include "serve/providers/chat_context.h"
#include "serve/providers/local_infill.h"

namespace ferry {
namespace {

uint64_t fresh_seed() {
  static std::atomic<uint64_t> next = std::random_device{}();
  return next.fetch_add(0x9E3779B97F4A7C15u);
}

int32_t clamp_count(int64_t count) {
  return static_cast<int32_t>(std::min<int64_t>(count, std::numeric_limits<int32_t>::max()));
}

ApiResult<PreparedPrompt> prepare_chat(const GenerationRequest& request, const HostedModel& model,
                                       const ModelVoice& voice) {
  auto context = chat_context(request, voice);
  if (!context) return tl::unexpected(std::move(context).error());
  Result<ChatPrompt> chat =
      chat_prompt(model, *std::move(context),
                  {.continue_final_message = request.prompt.continue_final_message,
                   .add_special_tokens = request.prompt.add_special_tokens.value_or(false)});
  if (!chat) return tl::unexpected(ApiError{std::move(chat).error(), prompt_field(request), {}});
  const ChatMessage& last = request.messages.back();
  return PreparedPrompt{.tokens = std::move(chat->tokens),
                        .text = std::move(chat->text),
                        .echo = last.role == "assistant" ? text_of(last) : std::string()};
}

PreparedPrompt prepare_raw(const Prompt& prompt, const GenerationRequest& request, const HostedModel& model) {
  const Tokenizer& tokenizer = *model.tokenizer;
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&prompt)) {
    const std::string text =
        request.report.echo ? tokenizer.decode(*tokens, !request.report.special_tokens) : "";
    return {.tokens = *tokens, .text = text, .echo = text};
  }
  const auto& text = std::get<std::string>(prompt);
  const EncodeOptions options{.add_special = request.prompt.add_special_tokens.value_or(true)};
  return {.tokens = tokenizer.encode(text, options), .text = text, .echo = text};
}

void truncate(PreparedPrompt& prompt, const GenerationRequest& request, const HostedModel& model) {
  if (!request.prompt.truncate) return;
  const int64_t answer = std::max<int64_t>(1, request.stop.max_tokens.value_or(1));
  const int64_t room = std::max<int64_t>(1, model.engine->max_model_len() - answer);
  const int64_t most = *request.prompt.truncate < 0 ? room : *request.prompt.truncate;
  if (std::ssize(prompt.tokens) <= most) return;
  const auto dropped = std::ssize(prompt.tokens) - static_cast<std::ptrdiff_t>(most);
  if (request.prompt.truncate_side == PromptRequest::Side::left) {
    prompt.tokens.erase(prompt.tokens.begin(), prompt.tokens.begin() + dropped);
  } else {
    prompt.tokens.erase(prompt.tokens.end() - dropped, prompt.tokens.end());
  }
  if (!request.prompts.empty()) {
    prompt.echo = model.tokenizer->decode(prompt.tokens, !request.report.special_tokens);
  }
}

// A word as it may stand in an answer: at its beginning, and after a space. As vLLM does, the second form
// only where the space is a part of the first token and not one of its own.
void add_bad_word(const Tokenizer& tokenizer, const std::string& word,
                  std::vector<std::vector<TokenId>>& words) {
  const std::string bare = word.substr(std::min(word.find_first_not_of(' '), word.size()));
  const auto encode = [&](const std::string& text) { return tokenizer.encode(text, {.add_special = false}); };
  std::vector<TokenId> first = encode(bare.empty() ? word : bare);
  if (first.empty()) return;
  std::vector<TokenId> spaced = encode(" " + bare);
  const bool differs = spaced.size() == first.size() && spaced.front() != first.front();
  words.push_back(std::move(first));
  if (differs) words.push_back(std::move(spaced));
}

AdjustmentParams adjustments_of(const SamplingRequest& asked, const HostedModel& model) {
  AdjustmentParams params;
  params.presence_penalty = static_cast<float>(asked.presence_penalty.value_or(0));
  params.frequency_penalty = static_cast<float>(asked.frequency_penalty.value_or(0));
  params.repetition_penalty = asked.repetition_penalty ? static_cast<float>(*asked.repetition_penalty)
                                                       : model.defaults.repetition_penalty.value_or(1.0f);
  params.logit_bias = asked.logit_bias;
  params.allowed = asked.allowed_tokens;
  for (const std::string& word : asked.bad_words) add_bad_word(*model.tokenizer, word, params.bad_words);
  return params;
}

SamplingParams sampling_of(const GenerationRequest& request, const HostedModel& model) {
  const SamplingRequest& asked = request.sampling;
  const GenerationDefaults& defaults = model.defaults;
  const auto real = [](const std::optional<double>& value, float otherwise) {
    return value ? static_cast<float>(*value) : otherwise;
  };
  SamplingParams params;
  params.temperature = real(asked.temperature, defaults.temperature.value_or(1.0f));
  params.top_p = real(asked.top_p, defaults.top_p.value_or(1.0f));
  params.top_k = static_cast<int32_t>(asked.top_k.value_or(defaults.top_k.value_or(0)));
  params.min_p = real(asked.min_p, 0.0f);
  params.typical_p = real(asked.typical_p, 1.0f);
  params.adjustments = adjustments_of(asked, model);
  params.seed = asked.seed ? static_cast<uint64_t>(*asked.seed) : fresh_seed();
  // The best of several is found by its tokens' logprobs.
  params.logprobs = request.report.top_logprobs.value_or(request.best_of > request.n ? 0 : -1);
  return params;
}

// How many of the likeliest tokens to report for each of the prompt's; -1: nothing.
int32_t prompt_logprobs_of(const GenerationRequest& request) {
  const ReportRequest& report = request.report;
  const bool echoes = report.echo && !request.prompts.empty();
  return std::max(report.prompt_logprobs.value_or(-1), echoes ? report.top_logprobs.value_or(-1) : -1);
}

ApiResult<void> check_tokens(std::string_view field, std::span<const TokenId> tokens,
                             const HostedModel& model) {
  const int32_t vocab = model.spec().vocab;
  for (const TokenId token : tokens) {
    if (token >= 0 && token < vocab) continue;
    return tl::unexpected(
        ApiError{{ErrorCode::invalid_argument,
                  fmt::format("{} has token {}, but the vocabulary ends at {}", field, token, vocab - 1)},
                 std::string(field),
                 "invalid_value"});
  }
  return {};
}

// A queue that is full empties; one that is too small never fits the request.
ApiResult<void> check_size(const GenerationRequest& request, const HostedModel& model) {
  const size_t prompts = std::max<size_t>(1, request.prompts.size());
  const size_t answers = prompts * static_cast<size_t>(request.best_of);
  const auto most = static_cast<size_t>(model.engine->max_answers());
  if (answers <= most) return {};
  return tl::unexpected(ApiError{
      {ErrorCode::invalid_argument,
       fmt::format("{} prompts with {} answers each are more than the {} that this server takes at once",
                   prompts, request.best_of, most)},
      prompts > 1 ? "prompt" : "n",
      "invalid_value"});
}

ApiResult<void> check_all_tokens(const GenerationRequest& request, const HostedModel& model) {
  std::vector<TokenId> biased;
  for (const auto& [token, bias] : request.sampling.logit_bias) biased.push_back(token);
  auto checked = check_tokens("logit_bias", biased, model);
  if (checked) checked = check_tokens("allowed_token_ids", request.sampling.allowed_tokens, model);
  if (checked) checked = check_tokens("stop_token_ids", request.stop.token_ids, model);
  for (const Prompt& prompt : request.prompts) {
    const auto* tokens = std::get_if<std::vector<TokenId>>(&prompt);
    if (checked && tokens != nullptr) checked = check_tokens("prompt", *tokens, model);
  }
  return checked;
}

}  // namespace

std::string prompt_field(const GenerationRequest& request) {
  return request.prompts.empty() ? "messages" : "prompt";
}

ApiResult<std::vector<PreparedPrompt>> prepare_prompts(const GenerationRequest& request,
                                                       const HostedModel& model, const ModelVoice& voice) {
  auto checked = check_size(request, model);
  if (checked) checked = check_all_tokens(request, model);
  if (!checked) return tl::unexpected(std::move(checked).error());
  std::vector<PreparedPrompt> prompts;
  if (request.prompts.empty()) {
    auto chat = prepare_chat(request, model, voice);
    if (!chat) return tl::unexpected(std::move(chat).error());
    prompts.push_back(*std::move(chat));
  }
  for (const Prompt& prompt : request.prompts) {
    if (!request.infill) {
      prompts.push_back(prepare_raw(prompt, request, model));
      continue;
    }
    auto infill = prepare_infill(prompt, request, model);
    if (!infill) return tl::unexpected(std::move(infill).error());
    prompts.push_back(*std::move(infill));
  }
  for (PreparedPrompt& prompt : prompts) {
    if (!request.infill) truncate(prompt, request, model);
    if (!prompt.tokens.empty()) continue;
    return tl::unexpected(ApiError{
        {ErrorCode::invalid_argument, fmt::format("{} gives no token at all", prompt_field(request))},
        prompt_field(request),
        "invalid_value"});
  }
  return prompts;
}

ApiResult<TokenizedPrompt> tokenize_prompt(const GenerationRequest& request, const HostedModel& model,
                                           const ModelVoice& voice) {
  PreparedPrompt prepared;
  if (request.prompts.empty()) {
    auto chat = prepare_chat(request, model, voice);
    if (!chat) return tl::unexpected(std::move(chat).error());
    prepared = *std::move(chat);
  } else {
    prepared = prepare_raw(request.prompts.front(), request, model);
  }
  TokenizedPrompt tokenized{.tokens = std::move(prepared.tokens), .texts = {}};
  for (const TokenId token : tokenized.tokens)
    tokenized.texts.emplace_back(model.tokenizer->token_text(token));
  return tokenized;
}

ApiResult<std::string> detokenize_tokens(std::span<const TokenId> tokens, const HostedModel& model) {
  if (auto checked = check_tokens("tokens", tokens, model); !checked) {
    return tl::unexpected(std::move(checked).error());
  }
  return model.tokenizer->decode(tokens, false);
}

EngineRequest engine_request(const GenerationRequest& request, const HostedModel& model, size_t index,
                             const PreparedPrompt& prompt) {
  EngineRequest engine;
  engine.prompt = prompt.tokens;
  engine.sampling = sampling_of(request, model);
  // Each prompt of one request, and each of its choices, draws numbers of its own.
  engine.sampling.seed += index * static_cast<size_t>(request.best_of);
  engine.n = request.best_of;
  // Where nothing but the prompt is wanted: the engine answers at least one token.
  const bool nothing = request.stop.max_tokens == 0;
  engine.max_tokens = nothing ? 1 : clamp_count(request.stop.max_tokens.value_or(0));
  engine.min_tokens = clamp_count(request.stop.min_tokens);
  engine.stop = request.stop.strings;
  engine.stop_tokens = request.stop.token_ids;
  if (request.infill && !request.stop.ignore_eos) add_middle_ends(model, engine.stop_tokens);
  engine.lines = {.least_indent = clamp_count(request.stop.least_indent), .end_ms = request.stop.lines_ms};
  engine.ignore_eos = request.stop.ignore_eos;
  engine.include_stop = request.stop.include_in_text;
  engine.skip_special = !request.report.special_tokens;
  engine.prompt_logprobs = prompt_logprobs_of(request);
  engine.priority = request.priority;
  engine.tenant = request.tenant;
  engine.cache_salt = request.cache_salt;
  return engine;
}

}  // namespace ferry
