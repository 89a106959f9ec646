#include "serve/mock/answer.h"

#include <algorithm>

namespace ferry::mock {
namespace {

constexpr std::string_view kBreak = "the mock was told to fail here";
constexpr int64_t kCreated = 1'700'000'000;

std::string_view openai_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string openai_error(int status, std::string_view message) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.member("message", message);
  w.member("type", openai_type(status));
  w.key("param");
  w.null();
  w.key("code");
  w.null();
  w.end_object();
  w.end_object();
  return text;
}

std::string anthropic_error(int status, std::string_view message) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.member("type", "error");
  w.key("error");
  w.begin_object();
  w.member("type", anthropic_type(status));
  w.member("message", message);
  w.end_object();
  w.member("request_id", "req_mock");
  w.end_object();
  return text;
}

void write_model(JsonWriter& w, Dialect dialect, std::string_view name) {
  w.begin_object();
  w.member("id", name);
  if (dialect == Dialect::openai) {
    w.member("object", "model");
    w.member("created", kCreated);
    w.member("owned_by", "mock");
  } else {
    w.member("type", "model");
    w.member("display_name", name);
    w.member("created_at", "2023-11-14T22:13:20Z");
  }
  w.end_object();
}

}  // namespace

Answer error_answer(Dialect dialect, int status, std::string_view message) {
  const bool is_openai = dialect == Dialect::openai;
  return {.status = status,
          .body = is_openai ? openai_error(status, message) : anthropic_error(status, message)};
}

std::string error_event(Dialect dialect) {
  if (dialect == Dialect::openai) return fmt::format("data: {}\n\n", openai_error(500, kBreak));
  return fmt::format("event: error\ndata: {}\n\n", anthropic_error(529, kBreak));
}

std::string models_body(Dialect dialect, const std::vector<std::string>& models, std::string_view name) {
  std::string text;
  JsonWriter w(text);
  if (!name.empty()) {
    write_model(w, dialect, name);
    return text;
  }
  w.begin_object();
  if (dialect == Dialect::openai) w.member("object", "list");
  w.key("data");
  w.begin_array();
  for (const std::string& model : models) write_model(w, dialect, model);
  w.end_array();
  if (dialect == Dialect::anthropic) {
    w.member("has_more", false);
    w.member("first_id", models.empty() ? std::string_view() : std::string_view(models.front()));
    w.member("last_id", models.empty() ? std::string_view() : std::string_view(models.back()));
  }
  w.end_object();
  return text;
}

}  // namespace ferry::mock
