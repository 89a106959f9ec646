#include "serve/dialects/openai_request.h"

#include <array>
#include <charconv>
#include <limits>
#include <map>

namespace ferry {
namespace {

constexpr int64_t kMaxTokens = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxStops = 64;
constexpr size_t kMaxStopTokens = 1024;
constexpr size_t kMaxBiases = 4096;

// Of OpenAI's API and of the extensions that vLLM, SGLang and llama.cpp's server made to it.
constexpr auto kUnsupported = std::to_array<UnsupportedField>({
    {"n", "1"},
    {"best_of", "1"},
    {"use_beam_search", "false"},
    {"length_penalty", "1"},
    {"include_stop_str_in_output", "false"},
    {"skip_special_tokens", "true"},
    {"spaces_between_special_tokens", "true"},
    {"truncate_prompt_tokens", ""},
    {"truncation_side", ""},
    {"prompt_logprobs", "false"},
    {"allowed_token_ids", ""},
    {"bad_words", ""},
    {"echo", "false"},
    {"priority", "0"},
    {"request_id", ""},
    {"cache_salt", ""},
    {"return_tokens_as_token_ids", "false"},
    {"return_token_ids", "false"},
    {"return_prompt_text", "false"},
    {"kv_transfer_params", ""},
    {"vllm_xargs", ""},
    {"repetition_detection", ""},
    {"structured_outputs", ""},
    {"guided_json", ""},
    {"guided_regex", ""},
    {"guided_choice", ""},
    {"guided_grammar", ""},
    {"regex", ""},
    {"ebnf", ""},
    {"grammar", ""},
    {"json_schema", ""},
    {"typical_p", "1"},
    {"mirostat", "0"},
    {"store", "false"},
});

// They label a request, or advise queues and caches; no answer depends on them.
constexpr auto kHarmless = std::to_array<std::string_view>(
    {"metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier"});

std::optional<TokenId> token_of(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > kMaxTokens) return std::nullopt;
  return static_cast<TokenId>(value.get_int64());
}

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

void read_stop_tokens(FieldReader& fields, StopRequest& stop) {
  const json::array* ids = fields.array("stop_token_ids");
  if (ids == nullptr) return;
  if (ids->size() > kMaxStopTokens) {
    return fields.refuse("stop_token_ids", fmt::format("has more than {} tokens", kMaxStopTokens));
  }
  for (const json::value& item : *ids) {
    const std::optional<TokenId> id = token_of(item);
    if (!id) return fields.refuse("stop_token_ids", "must be an array of token ids");
    stop.token_ids.push_back(*id);
  }
}

void read_stop(FieldReader& fields, StopRequest& stop) {
  stop.max_tokens = fields.integer("max_tokens", 1, kMaxTokens);
  // The newer name of the same thing.
  if (const auto newer = fields.integer("max_completion_tokens", 1, kMaxTokens)) stop.max_tokens = newer;
  stop.min_tokens = fields.integer("min_tokens", 0, kMaxTokens).value_or(0);
  if (stop.max_tokens && stop.min_tokens > *stop.max_tokens) {
    fields.refuse("min_tokens",
                  fmt::format("is {}, more than the {} of max_tokens", stop.min_tokens, *stop.max_tokens));
  }
  stop.ignore_eos = fields.boolean("ignore_eos").value_or(false);
  read_stop_strings(fields, stop);
  read_stop_tokens(fields, stop);
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

void read_sampling(FieldReader& fields, SamplingRequest& sampling) {
  sampling.temperature = fields.number("temperature", 0, 2);
  sampling.top_p = fields.number("top_p", 0, 1);
  sampling.min_p = fields.number("min_p", 0, 1);
  sampling.top_k = fields.integer("top_k", -1, kMaxTokens);
  if (sampling.top_k == -1) sampling.top_k = 0;  // how vLLM's clients say "off"
  sampling.presence_penalty = fields.number("presence_penalty", -2, 2);
  sampling.frequency_penalty = fields.number("frequency_penalty", -2, 2);
  sampling.repetition_penalty = fields.number("repetition_penalty", 0, 2);
  if (sampling.repetition_penalty == 0.0) fields.refuse("repetition_penalty", "must be more than 0");
  sampling.seed =
      fields.integer("seed", std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  read_logit_bias(fields, sampling);
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
  if (!parsed) return tl::unexpected(ApiError{std::move(parsed).error(), {}, {}});
  if (!parsed->is_object()) {
    return tl::unexpected(
        ApiError{{ErrorCode::invalid_argument,
                  fmt::format("the request body must be a JSON object, not {}", json_kind(*parsed))},
                 {},
                 {}});
  }
  return *std::move(parsed);
}

void read_common_fields(FieldReader& fields, GenerationRequest& request) {
  request.model = fields.text("model").value_or("");
  if (request.model.empty()) fields.refuse("model", "must name a model");
  read_sampling(fields, request.sampling);
  read_stop(fields, request.stop);
  read_stream(fields, request);
  read_response_format(fields);
  request.user = fields.text("user").value_or("");
  fields.accept(kHarmless);
  fields.refuse_unsupported(kUnsupported);
}

}  // namespace ferry
