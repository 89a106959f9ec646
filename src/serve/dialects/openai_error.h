#pragma once
// Errors as OpenAI's clients expect them: {"error": {"message", "type", "param", "code"}}.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

// What went wrong at an upstream: what it means for a retry, a breaker, a fallback.
enum class ErrorKind : uint8_t {
  none,              // ours, not an upstream's
  bad_request,       // the caller's fault
  authentication,    // the key
  permission,        // what the key may do
  billing,           // an account without money or quota
  not_found,         // the model, or the path
  too_large,         // the body
  context_too_long,  // the prompt and the answer for the model
  content_filter,    // the vendor refuses the content
  rate_limited,      // too much for this key
  overloaded,        // too much for the upstream
  timeout,           // the upstream waited too long for itself
  server,            // the upstream's own fault
  unreadable,        // it does not speak the dialect
};

std::string_view to_string(ErrorKind kind);  // "rate_limited"

// A failure that an application caused or sees. `param` is the request's field at fault ("messages[2].role"),
// `reason` OpenAI's short machine-readable code ("model_not_found", "invalid_value"); both empty where there
// is none.
struct ApiError {
  Error error;
  std::string param;
  std::string reason;
  double retry_after_s = 0;  // of rate limits and overloads: when another try may succeed; 0: not known
  ErrorKind kind = ErrorKind::none;
  int upstream_status = 0;  // the HTTP status that an upstream gave; 0: none
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

// The body for a response with this HTTP status (which app/api decides), or the data of a stream's last
// event.
std::string openai_error_json(int status, const ApiError& error);

}  // namespace ferry
