#pragma once
// Errors as OpenAI's clients expect them: {"error": {"message", "type", "param", "code"}}.

#include <string>

#include "base/core/result.h"

namespace ferry {

// A failure that an application caused or sees. `param` is the request's field at fault ("messages[2].role"),
// `reason` OpenAI's short machine-readable code ("model_not_found", "invalid_value"); both empty where there
// is none.
struct ApiError {
  Error error;
  std::string param;
  std::string reason;
  double retry_after_s = 0;  // of overloaded: when another try may succeed; 0: not known
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

// The body for a response with this HTTP status (which app/api decides), or the data of a stream's last
// event.
std::string openai_error_json(int status, const ApiError& error);

}  // namespace ferry
