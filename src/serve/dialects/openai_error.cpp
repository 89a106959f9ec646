#include "serve/dialects/openai_error.h"

#include "base/core/json.h"

namespace ferry {
namespace {

std::string_view type_of(int status) {
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

void member_or_null(JsonWriter& w, std::string_view name, const std::string& value) {
  w.key(name);
  if (value.empty()) {
    w.null();
  } else {
    w.value(value);
  }
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::none:
      return "none";
    case ErrorKind::bad_request:
      return "bad_request";
    case ErrorKind::authentication:
      return "authentication";
    case ErrorKind::permission:
      return "permission";
    case ErrorKind::billing:
      return "billing";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::context_too_long:
      return "context_too_long";
    case ErrorKind::content_filter:
      return "content_filter";
    case ErrorKind::rate_limited:
      return "rate_limited";
    case ErrorKind::overloaded:
      return "overloaded";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::server:
      return "server";
    case ErrorKind::unreadable:
      return "unreadable";
  }
  return "none";
}

std::string openai_error_json(int status, const ApiError& error) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.member("message", error.error.message);
  w.member("type", type_of(status));
  member_or_null(w, "param", error.param);
  member_or_null(w, "code", error.reason);
  w.end_object();
  w.end_object();
  return out;
}

}  // namespace ferry
