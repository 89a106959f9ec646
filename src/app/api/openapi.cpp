#include "app/api/openapi.h"

#include <algorithm>
#include <cctype>

#include "app/api/handlers.h"
#include "app/api/routes.h"
#include "base/core/json.h"

namespace ferry::api {
namespace {

// A member of a request. Kinds beyond JSON's are spelled out in schema_of().
struct Member {
  std::string_view name;
  std::string_view kind;
};

constexpr Member kCommon[] = {
    {"model", "string"},
    {"temperature", "number"},
    {"top_p", "number"},
    {"min_p", "number"},
    {"typical_p", "number"},
    {"top_k", "integer"},
    {"frequency_penalty", "number"},
    {"presence_penalty", "number"},
    {"repetition_penalty", "number"},
    {"seed", "integer"},
    {"logit_bias", "object"},
    {"bad_words", "strings"},
    {"allowed_token_ids", "tokens"},
    {"max_tokens", "integer"},
    {"max_completion_tokens", "integer"},
    {"n_predict", "integer"},
    {"min_tokens", "integer"},
    {"stop", "string or strings"},
    {"stop_token_ids", "tokens"},
    {"include_stop_str_in_output", "boolean"},
    {"ignore_eos", "boolean"},
    {"n", "integer"},
    {"n_cmpl", "integer"},
    {"stream", "boolean"},
    {"skip_special_tokens", "boolean"},
    {"add_special_tokens", "boolean"},
    {"truncate_prompt_tokens", "integer"},
    {"truncation_side", "string"},
    {"priority", "integer"},
    {"cache_salt", "string"},
    {"request_id", "string"},
    {"user", "string"},
};

constexpr Member kOpenAi[] = {
    {"stream_options", "object"},
    {"echo", "boolean"},
    {"prompt_logprobs", "integer"},
    {"return_token_ids", "boolean"},
    {"return_tokens_as_token_ids", "boolean"},
};

constexpr Member kChat[] = {
    {"messages", "messages"},
    {"logprobs", "boolean"},
    {"top_logprobs", "integer"},
    {"return_prompt_text", "boolean"},
    {"add_generation_prompt", "boolean"},
    {"continue_final_message", "boolean"},
    {"chat_template_kwargs", "object"},
    {"documents", "objects"},
    {"reasoning_effort", "string"},
    {"tool_choice", "string"},
};

constexpr Member kCompletion[] = {
    {"prompt", "prompts"},
    {"logprobs", "integer"},
    {"best_of", "integer"},
    {"suffix", "string"},
};

constexpr Member kInfill[] = {
    {"input_prefix", "string"},     {"input_suffix", "string"}, {"input_extra", "files"},
    {"prompt", "string"},           {"samplers", "strings"},    {"return_tokens", "boolean"},
    {"response_fields", "strings"}, {"n_indent", "integer"},    {"t_max_predict_ms", "integer"},
};

constexpr Member kTokenize[] = {
    {"model", "string"},
    {"prompt", "string"},
    {"messages", "messages"},
    {"add_special_tokens", "boolean"},
    {"return_token_strs", "boolean"},
    {"add_generation_prompt", "boolean"},
    {"continue_final_message", "boolean"},
    {"chat_template_kwargs", "object"},
    {"documents", "objects"},
    {"reasoning_effort", "string"},
};

constexpr Member kEmbedding[] = {
    {"model", "string"},
    {"input", "prompts"},
    {"encoding_format", "string"},
    {"dimensions", "integer"},
    {"add_special_tokens", "boolean"},
    {"truncate_prompt_tokens", "integer"},
    {"truncation_side", "string"},
    {"user", "string"},
};

constexpr Member kRerank[] = {
    {"model", "string"},
    {"query", "string"},
    {"documents", "texts"},
    {"top_n", "integer"},
    {"return_documents", "boolean"},
    {"truncate_prompt_tokens", "integer"},
    {"truncation_side", "string"},
};

constexpr Member kScore[] = {
    {"model", "string"},           {"text_1", "text or texts"},    {"text_2", "text or texts"},
    {"queries", "text or texts"},  {"documents", "text or texts"}, {"truncate_prompt_tokens", "integer"},
    {"truncation_side", "string"},
};

constexpr Member kDetokenize[] = {{"model", "string"}, {"tokens", "tokens"}};

json::object list_of(json::object items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

json::object any_of(std::initializer_list<json::object> schemas) {
  json::array options;
  for (const json::object& schema : schemas) options.push_back(schema);
  return {{"anyOf", std::move(options)}};
}

json::object schema_of(std::string_view kind) {
  const json::object text = {{"type", "string"}};
  const json::object token = {{"type", "integer"}, {"minimum", 0}};
  if (kind == "strings") return list_of(text);
  if (kind == "tokens") return list_of(token);
  if (kind == "objects") return list_of({{"type", "object"}});
  const json::object with_text = {
      {"type", "object"}, {"properties", {{"text", text}}}, {"required", {"text"}}};
  if (kind == "files") {
    return list_of(
        {{"type", "object"}, {"properties", {{"filename", text}, {"text", text}}}, {"required", {"text"}}});
  }
  if (kind == "texts") return list_of(any_of({text, with_text}));
  if (kind == "text or texts") return any_of({text, list_of(any_of({text, with_text}))});
  if (kind == "string or strings") return any_of({text, list_of(text)});
  if (kind == "prompts") return any_of({text, list_of(token), list_of(any_of({text, list_of(token)}))});
  if (kind == "messages") {
    return list_of(
        {{"type", "object"},
         {"properties", {{"role", text}, {"content", any_of({text, list_of({{"type", "object"}})})}}},
         {"required", {"role"}}});
  }
  return {{"type", kind}};
}

json::object request_schema(std::initializer_list<std::span<const Member>> parts, json::array required) {
  json::object properties;
  for (const std::span<const Member> part : parts) {
    for (const Member& member : part) properties.emplace(member.name, schema_of(member.kind));
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

constexpr Member kMessages[] = {
    {"model", "string"},      {"max_tokens", "integer"},     {"system", "string"},
    {"messages", "messages"}, {"temperature", "number"},     {"top_p", "number"},
    {"top_k", "integer"},     {"stop_sequences", "strings"}, {"stream", "boolean"},
    {"thinking", "object"},   {"tool_choice", "object"},     {"metadata", "object"},
};

constexpr Member kFeedback[] = {
    {"exchange", "string"}, {"rating", "number"}, {"comment", "string"},
    {"edit", "string"},     {"truth", "string"},
};

json::object schemas() {
  const auto or_null = [](std::string_view kind) { return json::object{{"type", {kind, "null"}}}; };
  const json::object error = {{"type", "object"},
                              {"properties",
                               {{"message", {{"type", "string"}}},
                                {"type", {{"type", "string"}}},
                                {"param", or_null("string")},
                                {"code", or_null("string")}}}};
  return {{"ChatCompletionRequest", request_schema({kCommon, kOpenAi, kChat}, {"model", "messages"})},
          {"CompletionRequest", request_schema({kCommon, kOpenAi, kCompletion}, {"model", "prompt"})},
          {"AnthropicMessagesRequest", request_schema({kMessages}, {"model", "max_tokens", "messages"})},
          {"AnthropicCountRequest", request_schema({kMessages}, {"model", "messages"})},
          {"FeedbackRequest", request_schema({kFeedback}, {"exchange"})},
          {"EmbeddingRequest", request_schema({kEmbedding}, {"model", "input"})},
          {"RerankRequest", request_schema({kRerank}, {"model", "query", "documents"})},
          {"ScoreRequest", request_schema({kScore}, {"model"})},
          {"InfillRequest", request_schema({kCommon, kInfill}, {"input_prefix", "input_suffix"})},
          {"TokenizeRequest", request_schema({kTokenize}, {})},
          {"DetokenizeRequest", request_schema({kDetokenize}, {"tokens"})},
          {"Error", {{"type", "object"}, {"properties", {{"error", error}}}}}};
}

json::object reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

json::object in_json(json::object schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

// "POST /v1/chat/completions" -> "post_v1_chat_completions"
std::string operation_id(const Route& route) {
  std::string id = std::string(route.method) + std::string(route.path);
  for (char& c : id)
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::tolower(c)) : '_';
  while (id.ends_with('_')) id.pop_back();
  return id;
}

json::object operation(const Route& route) {
  json::object operation = {{"operationId", operation_id(route)}, {"summary", route.summary}};
  if (const size_t brace = route.path.find('{'); brace != std::string_view::npos) {
    const std::string_view name = route.path.substr(brace + 1, route.path.size() - brace - 2);
    operation.emplace(
        "parameters",
        json::array{{{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}});
  }
  if (!route.body.empty()) {
    operation.emplace("requestBody",
                      json::object{{"required", true}, {"content", in_json(reference(route.body))}});
  }
  if (route.access == Access::key) operation.emplace("security", json::array{{{"key", json::array()}}});
  operation.emplace(
      "responses",
      json::object{
          {"200", {{"description", "as asked"}}},
          {"default", {{"description", "refused, or failed"}, {"content", in_json(reference("Error"))}}}});
  return operation;
}

}  // namespace

std::string openapi_document(std::span<const Route> routes) {
  json::object paths;
  for (const Route& route : routes) {
    std::string method(route.method);
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    json::value& path = paths[route.path];
    if (path.is_null()) path.emplace_object();
    path.get_object().emplace(method, operation(route));
  }
  const json::object document = {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Ferry"}, {"version", FERRY_VERSION}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schemas()}, {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return to_json(document);
}

void openapi(const Service& /*service*/, Call call) {
  reply_json(call, 200, openapi_document(routes()));
}

}  // namespace ferry::api
