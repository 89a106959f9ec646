#include "serve/dialects/vllm_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "serve/dialects/embedding_fields.h"
#include "serve/dialects/openai_request.h"

namespace ferry {
namespace {

constexpr size_t kMaxTexts = 2048;

// A string, or an object with a string "text".
std::optional<std::string> document_text(const json::value& value) {
  const json::value* text = &value;
  if (const json::object* object = value.if_object()) text = object->if_contains("text");
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return std::string(std::string_view(text->get_string()));
}

std::vector<std::string> read_list(FieldReader& fields, std::string_view name, const json::array& items) {
  std::vector<std::string> texts;
  if (items.empty() || items.size() > kMaxTexts) {
    fields.refuse(name, fmt::format("must have 1 to {} texts, not {}", kMaxTexts, items.size()));
    return texts;
  }
  for (const json::value& item : items) {
    std::optional<std::string> text = document_text(item);
    if (!text) {
      fields.refuse(name, "must be a list of strings, or of objects with a \"text\"");
      return {};
    }
    texts.push_back(*std::move(text));
  }
  return texts;
}

// A string or a list.
std::vector<std::string> read_texts(FieldReader& fields, std::string_view name) {
  const json::value* value = fields.get(name);
  if (value == nullptr) {
    fields.refuse_missing(name, "must be a string or a list of strings");
  } else if (value->is_string()) {
    return {std::string(std::string_view(value->get_string()))};
  } else if (value->is_array()) {
    return read_list(fields, name, value->get_array());
  } else {
    fields.refuse(name, "must be a string or a list of strings");
  }
  return {};
}

// The name under which the request has it; the first one where it has none.
std::string name_in(FieldReader& fields, std::initializer_list<std::string_view> names) {
  std::string found;
  for (const std::string_view name : names) {
    if (fields.get(name) != nullptr && found.empty()) found = name;
  }
  return found.empty() ? std::string(*names.begin()) : found;
}

void begin_answer(JsonWriter& w, const ExchangeIdentity& identity) {
  w.begin_object();
  w.member("id", identity.id);
}

}  // namespace

ApiResult<VllmScoreRequest> parse_vllm_score(std::string_view text) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  VllmScoreRequest out;
  ScoreRequest& request = out.request;
  request.model = read_model(fields);
  settle_embedding_fields(fields);
  request.first_field = name_in(fields, {"text_1", "queries", "data_1"});
  request.second_field = name_in(fields, {"text_2", "documents", "items", "data_2"});
  request.first = read_texts(fields, request.first_field);
  request.second = read_texts(fields, request.second_field);
  if (request.first.size() > 1 && request.first.size() != request.second.size()) {
    fields.refuse(request.first_field,
                  fmt::format("has {} texts and {} has {}: there must be one, or as many",
                              request.first.size(), request.second_field, request.second.size()));
  }
  request.truncate = read_truncation(fields);
  fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  out.ignored = fields.unknown();
  return out;
}

std::string vllm_score_response(const ExchangeIdentity& identity, const ScoreResult& result) {
  std::string out;
  JsonWriter w(out);
  begin_answer(w, identity);
  w.member("object", "list");
  w.member("created", identity.created);
  w.member("model", identity.model);
  w.key("data");
  w.begin_array();
  for (size_t i = 0; i < result.scores.size(); ++i) {
    w.begin_object();
    w.member("index", i);
    w.member("object", "score");
    w.member("score", result.scores[i]);
    w.end_object();
  }
  w.end_array();
  write_prompt_usage(w, result.prompt_tokens);
  w.end_object();
  return out;
}

ApiResult<RerankRequest> parse_rerank(std::string_view text) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  RerankRequest out;
  out.request.model = read_model(fields);
  settle_embedding_fields(fields);
  out.request.first_field = "query";
  out.request.second_field = "documents";
  const std::optional<std::string> query = fields.text("query");
  if (!query && !fields.failed()) fields.refuse_missing("query", "must be a string");
  out.request.first.push_back(query.value_or(""));
  if (const json::array* documents = fields.array("documents")) {
    out.request.second = read_list(fields, "documents", *documents);
  } else {
    fields.refuse_missing("documents", "must be a list of strings");
  }
  out.top_n = static_cast<size_t>(fields.integer("top_n", 0, INT32_MAX).value_or(0));
  out.return_documents = fields.boolean("return_documents").value_or(true);
  out.request.truncate = read_truncation(fields);
  fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  out.ignored = fields.unknown();
  return out;
}

std::string rerank_response(const ExchangeIdentity& identity, const RerankRequest& request,
                            const ScoreResult& result) {
  std::vector<size_t> order(result.scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) {
    return std::isnan(result.scores[i]) ? -INFINITY : result.scores[i];
  });
  if (request.top_n > 0) order.resize(std::min(order.size(), request.top_n));

  std::string out;
  JsonWriter w(out);
  begin_answer(w, identity);
  w.member("model", identity.model);
  write_prompt_usage(w, result.prompt_tokens);
  w.key("results");
  w.begin_array();
  for (const size_t i : order) {
    w.begin_object();
    w.member("index", i);
    if (request.return_documents) {
      w.key("document");
      w.begin_object();
      w.member("text", request.request.second[i]);
      w.end_object();
    }
    w.member("relevance_score", result.scores[i]);
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out;
}

}  // namespace ferry
