#include "serve/dialects/openai_request.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "base/core/json_names.h"
#include "serve/dialects/known_fields.h"
#include "serve/dialects/openai_format.h"

namespace ferry {
namespace {

constexpr int64_t kMaxTokens = std::numeric_limits<int32_t>::max();
constexpr int64_t kNoLimit = -1;
constexpr size_t kMaxStops = 64;
constexpr size_t kMaxTokenList = 4096;
constexpr size_t kMaxBadWords = 1024;
constexpr size_t kMaxBiases = 4096;
constexpr double kMaxBias = 100;
constexpr int kMaxPromptLogprobs = 20;
constexpr int kMaxChoices = 128;  // of one prompt
constexpr size_t kMaxSalt = 1024;
constexpr size_t kMaxId = 128;

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

void read_max_tokens(FieldReader& fields, StopRequest& stop, int64_t least) {
  stop.max_tokens = fields.integer("max_tokens", least, kMaxTokens);
  // The newer name of the same thing, and llama.cpp's.
  if (const auto newer = fields.integer("max_completion_tokens", least, kMaxTokens)) stop.max_tokens = newer;
  const std::optional<int64_t> predict = fields.integer("n_predict", kNoLimit, kMaxTokens);
  if (!predict || *predict == kNoLimit) return;
  if (*predict < least) return fields.refuse("n_predict", "must be 1 or more, or -1 for no limit");
  if (!stop.max_tokens) stop.max_tokens = predict;
}

void read_stop(FieldReader& fields, StopRequest& stop, int64_t least_tokens) {
  read_max_tokens(fields, stop, least_tokens);
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

// A number, or false: never.
std::optional<float> bias_of(const json::value& value) {
  if (value.is_bool() && !value.get_bool()) return -std::numeric_limits<float>::infinity();
  const double bias = value.is_number() ? value.to_number<double>() : kMaxBias + 1;
  if (!(bias >= -kMaxBias && bias <= kMaxBias)) return std::nullopt;
  return static_cast<float>(bias);
}

std::optional<TokenId> token_of(std::string_view text) {
  TokenId id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) return std::nullopt;
  return id;
}

std::optional<TokenId> token_of(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > kMaxTokens) return std::nullopt;
  return static_cast<TokenId>(value.get_int64());
}

using Bias = std::pair<std::optional<TokenId>, const json::value*>;

// OpenAI's {"17": -5}, or llama.cpp's [[17, -5], [18, false]].
std::optional<std::vector<Bias>> biases_of(const json::value& value) {
  std::vector<Bias> biases;
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object)
      biases.emplace_back(token_of(std::string_view(member.key())), &member.value());
    return biases;
  }
  if (!value.is_array()) return std::nullopt;
  for (const json::value& pair : value.get_array()) {
    if (!pair.is_array() || pair.get_array().size() != 2) return std::nullopt;
    biases.emplace_back(token_of(pair.get_array()[0]), &pair.get_array()[1]);
  }
  return biases;
}

void read_logit_bias(FieldReader& fields, SamplingRequest& sampling) {
  const json::value* value = fields.get("logit_bias");
  if (value == nullptr) return;
  const auto biases = biases_of(*value);
  if (!biases) {
    return fields.refuse("logit_bias", "must be an object, or an array of pairs of a token id and a number");
  }
  if (biases->size() > kMaxBiases) {
    return fields.refuse("logit_bias", fmt::format("has more than {} tokens", kMaxBiases));
  }
  std::map<TokenId, float> sorted;
  for (const auto& [token, number] : *biases) {
    const std::optional<float> bias = bias_of(*number);
    if (!token) return fields.refuse("logit_bias", "must name tokens by their ids");
    if (!bias) return fields.refuse("logit_bias", "must have numbers of -100 to 100 as its values");
    sorted[*token] = *bias;
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
  if (sampling.seed == -1) sampling.seed.reset();  // how clients of vLLM and llama.cpp say "any"
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
  constexpr std::string_view accepted[] = {"include_obfuscation"};
  inner.accept(accepted);
  inner.take_rest();
  fields.take_member("stream_options", inner);
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

}  // namespace

ApiResult<json::value> parse_openai_body(std::string_view body) {
  Result<json::value> parsed = parse_json(body, "request body");
  if (!parsed) return tl::unexpected(ApiError{std::move(parsed).error(), {}, "invalid_json"});
  if (auto unique = check_unique_names(body, *parsed, "request body"); !unique)
    return tl::unexpected(ApiError{std::move(unique).error(), {}, "invalid_json"});
  if (!parsed->is_object()) {
    return tl::unexpected(
        ApiError{{ErrorCode::invalid_argument,
                  fmt::format("the request body must be a JSON object, not {}", json_kind(*parsed))},
                 {},
                 "invalid_type"});
  }
  return *std::move(parsed);
}

ApiResult<GenerationRequest> finish_openai_request(FieldReader& fields, bool for_our_engine,
                                                   GenerationRequest request) {
  if (for_our_engine) fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  request.ignored = fields.unknown();
  request.foreign = fields.take_rest();
  request.met = fields.uses();
  return request;
}

void read_common_fields(FieldReader& fields, GenerationRequest& request) {
  const bool is_chat = request.prompts.empty();
  request.model = fields.text("model").value_or("");
  if (request.model.empty()) fields.refuse_missing("model", "must name a model");
  // A completion may be nothing but its own prompt, of which logprobs are wanted.
  const bool may_be_nothing = !is_chat && fields.boolean("echo").value_or(false);
  read_generation_fields(fields, request, may_be_nothing ? 0 : 1);
  settle_openai_fields(fields);
}

void read_generation_fields(FieldReader& fields, GenerationRequest& request, int64_t least_tokens) {
  const auto choices = fields.integer("n", 1, kMaxChoices);
  const auto also_choices = fields.integer("n_cmpl", 1, kMaxChoices);  // llama.cpp's name of it
  request.n = static_cast<int>(choices.value_or(also_choices.value_or(1)));
  request.best_of = request.n;
  read_report(fields, request.report);
  read_sampling(fields, request.sampling);
  read_stop(fields, request.stop, least_tokens);
  read_prompt_options(fields, request.prompt);
  read_stream(fields, request);
  if (request.stream && request.report.prompt_logprobs) {
    fields.note("prompt_logprobs", "is for whole answers: set \"stream\": false", Feature::foreign);
  }
  read_queueing(fields, request);
  read_output_format(fields, request);
  request.user = fields.text("user").value_or("");
  settle_common_fields(fields);
}

}  // namespace ferry
