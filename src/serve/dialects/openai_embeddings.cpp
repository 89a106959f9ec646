#include "serve/dialects/openai_embeddings.h"

#include <bit>
#include <span>

#include "serve/dialects/base64.h"
#include "serve/dialects/embedding_fields.h"
#include "serve/dialects/openai_request.h"
#include "serve/dialects/prompts.h"

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

ApiResult<OpenAiEmbeddingRequest> parse_openai_embeddings(std::string_view text) {
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
  if (fields.failed()) return tl::unexpected(fields.failure());
  out.ignored = fields.unknown();
  return out;
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
