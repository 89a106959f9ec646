#include "serve/dialects/openai_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>

namespace ferry {
namespace {

constexpr int64_t kMaxTokens = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxStops = 64;
constexpr size_t kMaxTokenList = 4096;
constexpr size_t kMaxBadWords = 1024;
constexpr size_t kMaxBiases = 4096;
constexpr int kMaxPromptLogprobs = 20;
constexpr int kMaxChoices = 128;  // of one prompt
constexpr size_t kMaxSalt = 1024;
constexpr size_t kMaxId = 128;

// Of OpenAI's API and of the extensions that vLLM, SGLang and llama.cpp's server made to it.
constexpr auto kUnsupported = std::to_array<UnsupportedField>({
    {"use_beam_search", "false"},
    {"length_penalty", "1"},
    {"logprob_token_ids", ""},
    {"structured_outputs", ""},
    {"guided_json", ""},
    {"guided_regex", ""},
    {"guided_choice", ""},
    {"guided_grammar", ""},
    {"regex", ""},
    {"ebnf", ""},
    {"grammar", ""},
    {"json_schema", ""},
    {"thinking_token_budget", "-1"},
    {"repetition_detection", ""},
    {"watermarking", "false"},
    {"kv_transfer_params", ""},
    {"ec_transfer_params", ""},
    {"vllm_xargs", ""},
    {"routed_experts_prompt_start", "0"},
    {"stop_regex", ""},
    {"no_stop_trim", "false"},
    {"custom_logit_processor", ""},
    {"lora_path", ""},
    {"lora", ""},
    {"n_predict", "-1"},
    {"repeat_penalty", "1"},
    {"mirostat", "0"},
    {"dry_multiplier", "0"},
    {"xtc_probability", "0"},
    {"top_n_sigma", "-1"},
    {"dynatemp_range", "0"},
    {"store", "false"},
});

// They label a request, or advise queues, caches and the size of chunks; no answer depends on them. Our
// decoder puts no spaces between special tokens, whatever is said about it, and neither do the tokenizers of
// vLLM.
constexpr auto kHarmless = std::to_array<std::string_view>(
    {"metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier",
     "session_id", "stream_interval", "spaces_between_special_tokens", "return_token_offsets",
     "return_mm_kwargs"});

void read_stop_strings(FieldReader& fields, StopRequest& stop) {
  const json::value* value = fields.get("stop");
  if (value == nullptr) return;
  const std::span<const json::value> stops =
      value->is_array() ? std::span<const json::value>(value->get_array()) : std::span(value, 1);
  if (stops.size() > kMaxStops)
    return fields.refuse("stop", fmt::format("has more than {} strings", kMaxStops));
  for (const json::value& item : stops) {
    if (!item.is_string()) return fields.refuse("stop", "must be a string or an array of strings");
    if (item.get_string().empty()) return fields.refuse("stop", "must not hold an empty string");
    stop.strings.emplace_back(std::string_view(item.get_string()));
  }
}

void read_stop(FieldReader& fields, StopRequest& stop, int64_t least_tokens) {
  stop.max_tokens = fields.integer("max_tokens", least_tokens, kMaxTokens);
  // The newer name of the same thing.
  if (const auto newer = fields.integer("max_completion_tokens", least_tokens, kMaxTokens))
    stop.max_tokens = newer;
  stop.min_tokens = fields.integer("min_tokens", 0, kMaxTokens).value_or(0);
  if (stop.max_tokens && stop.min_tokens > *stop.max_tokens) {
    fields.refuse("min_tokens",
                  fmt::format("is {}, more than the {} of max_tokens", stop.min_tokens, *stop.max_tokens));
  }
  stop.ignore_eos = fields.boolean("ignore_eos").value_or(false);
  stop.include_in_text = fields.boolean("include_stop_str_in_output").value_or(false);
  read_stop_strings(fields, stop);
  stop.token_ids = fields.tokens("stop_token_ids", kMaxTokenList);
}

void read_logit_bias(FieldReader& fields, SamplingRequest& sampling) {
  const json::object* biases = fields.object("logit_bias");
  if (biases == nullptr) return;
  if (biases->size() > kMaxBiases) {
    return fields.refuse("logit_bias", fmt::format("has more than {} tokens", kMaxBiases));
  }
  std::map<TokenId, float> sorted;
  for (const auto& member : *biases) {
    const std::string_view key = member.key();
    TokenId id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0) {
      return fields.refuse("logit_bias", "must have token ids as its keys");
    }
    const double bias = member.value().is_number() ? member.value().to_number<double>() : 1e9;
    if (!(bias >= -100 && bias <= 100))
      return fields.refuse("logit_bias", "must have numbers of -100 to 100 as its values");
    sorted[id] = static_cast<float>(bias);
  }
  sampling.logit_bias.assign(sorted.begin(), sorted.end());
}

void read_bad_words(FieldReader& fields, SamplingRequest& sampling) {
  sampling.bad_words = fields.texts("bad_words", kMaxBadWords);
  for (const std::string& word : sampling.bad_words) {
    if (word.empty()) return fields.refuse("bad_words", "must not hold an empty string");
  }
}

void read_allowed_tokens(FieldReader& fields, SamplingRequest& sampling) {
  sampling.allowed_tokens = fields.tokens("allowed_token_ids", kMaxTokenList);
  const json::array* list = fields.array("allowed_token_ids");
  if (list != nullptr && list->empty()) fields.refuse("allowed_token_ids", "must allow at least one token");
}

void read_sampling(FieldReader& fields, SamplingRequest& sampling) {
  sampling.temperature = fields.number("temperature", 0, 2);
  sampling.top_p = fields.number("top_p", 0, 1);
  sampling.min_p = fields.number("min_p", 0, 1);
  sampling.typical_p = fields.number("typical_p", 0, 1);
  sampling.top_k = fields.integer("top_k", -1, kMaxTokens);
  if (sampling.top_k == -1) sampling.top_k = 0;  // how vLLM's clients say "off"
  sampling.presence_penalty = fields.number("presence_penalty", -2, 2);
  sampling.frequency_penalty = fields.number("frequency_penalty", -2, 2);
  sampling.repetition_penalty = fields.number("repetition_penalty", 0.01, 100);
  sampling.seed =
      fields.integer("seed", std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  read_logit_bias(fields, sampling);
  read_bad_words(fields, sampling);
  read_allowed_tokens(fields, sampling);
}

void read_stream(FieldReader& fields, GenerationRequest& request) {
  request.stream = fields.boolean("stream").value_or(false);
  const json::object* options = fields.object("stream_options");
  if (options == nullptr) return;
  if (!request.stream) return fields.refuse("stream_options", "is only allowed with \"stream\": true");
  FieldReader inner(*options, fields.path() + "stream_options.");
  request.stream_usage = inner.boolean("include_usage").value_or(false);
  constexpr UnsupportedField unsupported[] = {{"continuous_usage_stats", "false"}};
  inner.refuse_unsupported(unsupported);
  fields.take_failure(inner);
}

void read_prompt_options(FieldReader& fields, PromptRequest& prompt) {
  prompt.add_special_tokens = fields.boolean("add_special_tokens");
  prompt.truncate = fields.integer("truncate_prompt_tokens", -1, kMaxTokens);
  if (prompt.truncate == 0) fields.refuse("truncate_prompt_tokens", "must leave something: 1 or more, or -1");
  const std::string side = fields.text("truncation_side").value_or("left");
  if (side != "left" && side != "right") fields.refuse("truncation_side", "must be left or right");
  if (side == "right") prompt.truncate_side = PromptRequest::Side::right;
}

void read_report(FieldReader& fields, ReportRequest& report) {
  report.echo = fields.boolean("echo").value_or(false);
  if (const auto logprobs = fields.integer("prompt_logprobs", 0, kMaxPromptLogprobs)) {
    report.prompt_logprobs = static_cast<int>(*logprobs);
  }
  report.token_ids = fields.boolean("return_token_ids").value_or(false);
  report.tokens_as_ids = fields.boolean("return_tokens_as_token_ids").value_or(false);
  report.special_tokens = !fields.boolean("skip_special_tokens").value_or(true);
}

void read_queueing(FieldReader& fields, GenerationRequest& request) {
  constexpr int64_t least = std::numeric_limits<int32_t>::min();
  request.priority = static_cast<int>(fields.integer("priority", least, kMaxTokens).value_or(0));
  if (const auto salt = fields.text("cache_salt")) {
    if (salt->empty() || salt->size() > kMaxSalt) {
      fields.refuse("cache_salt", fmt::format("must have 1 to {} bytes", kMaxSalt));
    }
    request.cache_salt = *salt;
  }
  if (const auto id = fields.text("request_id")) {
    const bool sensible = !id->empty() && id->size() <= kMaxId &&
                          std::all_of(id->begin(), id->end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!sensible)
      fields.refuse("request_id", fmt::format("must be 1 to {} visible ASCII characters", kMaxId));
    request.id = *id;
  }
}

void read_response_format(FieldReader& fields) {
  const json::object* format = fields.object("response_format");
  if (format == nullptr) return;
  const json::value* type = format->if_contains("type");
  if (type != nullptr && type->is_string() && type->get_string() == "text") return;
  fields.refuse("response_format", "is not supported yet, other than {\"type\": \"text\"}",
                ErrorCode::unsupported);
}

}  // namespace

ApiResult<json::value> parse_openai_body(std::string_view body) {
  Result<json::value> parsed = parse_json(body, "request body");
  if (!parsed) return tl::unexpected(ApiError{std::move(parsed).error(), {}, "invalid_json"});
  if (!parsed->is_object()) {
    return tl::unexpected(
        ApiError{{ErrorCode::invalid_argument,
                  fmt::format("the request body must be a JSON object, not {}", json_kind(*parsed))},
                 {},
                 "invalid_type"});
  }
  return *std::move(parsed);
}

void read_common_fields(FieldReader& fields, GenerationRequest& request) {
  const bool is_chat = request.prompts.empty();
  request.model = fields.text("model").value_or("");
  if (request.model.empty()) fields.refuse_missing("model", "must name a model");
  request.n = static_cast<int>(fields.integer("n", 1, kMaxChoices).value_or(1));
  request.best_of = request.n;
  read_report(fields, request.report);
  read_sampling(fields, request.sampling);
  // A completion may be nothing but its own prompt, of which logprobs are wanted.
  read_stop(fields, request.stop, !is_chat && request.report.echo ? 0 : 1);
  read_prompt_options(fields, request.prompt);
  read_stream(fields, request);
  if (request.stream && request.report.prompt_logprobs) {
    fields.refuse("prompt_logprobs", "is for whole answers: set \"stream\": false", ErrorCode::unsupported);
  }
  read_queueing(fields, request);
  read_response_format(fields);
  request.user = fields.text("user").value_or("");
  fields.accept(kHarmless);
  fields.refuse_unsupported(kUnsupported);
}

}  // namespace ferry
