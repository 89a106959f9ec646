#include "serve/dialects/openai_embeddings.h"

#include <bit>
#include <cstring>
#include <span>

#include "serve/dialects/base64.h"
#include "serve/dialects/embedding_fields.h"
#include "serve/dialects/json_span.h"
#include "serve/dialects/openai_reading.h"
#include "serve/dialects/openai_request.h"
#include "serve/dialects/prompts.h"
#include "serve/dialects/upstream_error.h"
#include "serve/dialects/wire_json.h"

namespace ferry {
namespace {

constexpr size_t kMaxInputs = 2048;  // OpenAI's own limit
constexpr int64_t kMaxDimensions = 1 << 20;

bool is_empty(const Prompt& input) {
  return std::visit([](const auto& value) { return value.empty(); }, input);
}

bool read_base64(FieldReader& fields) {
  const std::string format = fields.text("encoding_format").value_or("float");
  if (format != "float" && format != "base64") {
    fields.refuse("encoding_format",
                  fmt::format("must be \"float\" or \"base64\", not \"{}\"", format.substr(0, 40)));
  }
  return format == "base64";
}

void write_vector(JsonWriter& w, std::span<const float> vector, bool as_base64) {
  static_assert(std::endian::native == std::endian::little);
  if (as_base64) return w.value(base64(std::as_bytes(vector)));
  w.begin_array();
  for (const float value : vector) w.value(value);
  w.end_array();
}

}  // namespace

namespace {

ApiResult<OpenAiEmbeddingRequest> read_request(std::string_view text, bool for_our_engine) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  OpenAiEmbeddingRequest out;
  EmbeddingRequest& request = out.request;
  request.model = read_model(fields);
  settle_embedding_fields(fields);
  request.inputs = read_prompts(fields, "input", kMaxInputs);
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    if (is_empty(request.inputs[i])) fields.refuse("input", fmt::format("has nothing in it at index {}", i));
  }
  request.add_special_tokens = fields.boolean("add_special_tokens").value_or(true);
  request.truncate = read_truncation(fields);
  request.dimensions = fields.integer("dimensions", 1, kMaxDimensions);
  out.base64 = read_base64(fields);
  if (for_our_engine) fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  out.ignored = fields.unknown();
  out.foreign = fields.take_rest();
  out.met = fields.uses();
  return out;
}

void write_input(JsonWriter& w, const Prompt& input) {
  if (const auto* text = std::get_if<std::string>(&input)) return w.value(*text);
  w.begin_array();
  for (const TokenId token : std::get<std::vector<TokenId>>(input)) w.value(token);
  w.end_array();
}

std::optional<std::vector<float>> vector_of(const json::value& value) {
  std::vector<float> vector;
  if (const json::string* text = value.if_string()) {
    const auto bytes = from_base64(*text);
    if (!bytes || bytes->size() % sizeof(float) != 0) return std::nullopt;
    vector.resize(bytes->size() / sizeof(float));
    std::memcpy(vector.data(), bytes->data(), bytes->size());
    return vector;
  }
  const json::array* numbers = value.if_array();
  if (numbers == nullptr) return std::nullopt;
  for (const json::value& number : *numbers) {
    if (!number.is_number()) return std::nullopt;
    vector.push_back(static_cast<float>(number.to_number<double>()));
  }
  return vector;
}

// One for each input, in whatever order they come.
std::optional<ApiError> read_vectors(const json::array& data, size_t inputs, EmbeddingResult& result) {
  if (data.size() != inputs)
    return unreadable(fmt::format("{} vectors came for {} inputs", data.size(), inputs));
  result.vectors.resize(inputs);
  for (size_t i = 0; i < inputs; ++i) {
    const int64_t index = wire_integer(data[i], "index").value_or(static_cast<int64_t>(i));
    const json::value* embedding = wire_member(data[i], "embedding");
    const bool is_new = index >= 0 && index < static_cast<int64_t>(inputs) &&
                        result.vectors[static_cast<size_t>(index)].empty();
    auto vector = embedding == nullptr ? std::nullopt : vector_of(*embedding);
    if (!is_new || !vector || vector->empty()) return unreadable(fmt::format("vector {} is none", i));
    result.vectors[static_cast<size_t>(index)] = *std::move(vector);
  }
  return std::nullopt;
}

}  // namespace

ApiResult<OpenAiEmbeddingRequest> parse_openai_embeddings(std::string_view body) {
  return read_request(body, true);
}

ApiResult<OpenAiEmbeddingRequest> read_openai_embeddings(std::string_view body) {
  return read_request(body, false);
}

ApiResult<std::string> patch_openai_embeddings(std::string_view body, std::string_view model) {
  Result<std::string> text = with_member(body, "model", json_string(model));
  if (!text) return tl::unexpected(ApiError{std::move(text).error(), {}, "invalid_json"});
  return *std::move(text);
}

std::string write_openai_embeddings(const OpenAiEmbeddingRequest& request, std::string_view model) {
  const EmbeddingRequest& asked = request.request;
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("model", model);
  w.key("input");
  if (asked.inputs.size() == 1) {
    write_input(w, asked.inputs.front());
  } else {
    w.begin_array();
    for (const Prompt& input : asked.inputs) write_input(w, input);
    w.end_array();
  }
  if (request.base64) w.member("encoding_format", "base64");
  if (asked.dimensions) w.member("dimensions", *asked.dimensions);
  if (asked.truncate) w.member("truncate_prompt_tokens", *asked.truncate);
  if (!asked.add_special_tokens) w.member("add_special_tokens", false);
  for (const auto& [name, value] : request.foreign) w.member(name, value);
  w.end_object();
  return out;
}

ApiResult<EmbeddingResult> read_openai_embeddings_answer(std::string_view body,
                                                         std::optional<size_t> inputs) {
  const Result<json::value> parsed = parse_json(body, "answer");
  if (!parsed) return tl::unexpected(unreadable(parsed.error().message));
  if (wire_member(*parsed, "error") != nullptr) return tl::unexpected(read_openai_error(0, {}, body));
  const json::array* data = wire_array(*parsed, "data");
  if (data == nullptr) return tl::unexpected(unreadable("it has no data"));
  EmbeddingResult result;
  if (auto error = read_vectors(*data, inputs.value_or(data->size()), result))
    return tl::unexpected(*std::move(error));
  if (const json::value* usage = wire_member(*parsed, "usage"))
    result.prompt_tokens = wire_count(*usage, "prompt_tokens");
  return result;
}

std::string openai_embeddings_response(std::string_view model, const EmbeddingResult& result, bool base64) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("object", "list");
  w.key("data");
  w.begin_array();
  for (size_t i = 0; i < result.vectors.size(); ++i) {
    w.begin_object();
    w.member("object", "embedding");
    w.member("index", i);
    w.key("embedding");
    write_vector(w, result.vectors[i], base64);
    w.end_object();
  }
  w.end_array();
  w.member("model", model);
  write_prompt_usage(w, result.prompt_tokens);
  w.end_object();
  return out;
}

}  // namespace ferry
