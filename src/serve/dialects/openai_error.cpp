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
