#pragma once
// Every way to say no, and the only place where an HTTP status is chosen.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/net/http_types.h"
#include "serve/dialects/openai_error.h"

namespace ferry::api {

struct Refusal {
  int status = 500;
  ApiError error;
  HttpHeaders headers = {};
};

int status_of(ErrorCode code);

// A failure of the request's reading, preparation or generation. What went wrong inside (io, internal,
// corrupt) is logged, and told as "internal error" only.
Refusal refusal_of(ApiError error);

// The server is told to stop: what a request that comes too late gets, and an answer that takes too long.
ApiError shutting_down();

Refusal no_such_path(std::string_view method, std::string_view path);
Refusal wrong_method(std::string_view method, std::string_view path, std::string_view allowed);
Refusal no_key(bool one_was_sent);
Refusal not_allowed(std::string_view what);
Refusal foreign_host(std::string_view host);
// A body that is not sent as JSON, if it is not.
std::optional<Refusal> check_json(const HttpRequest& request);
Refusal no_such_model(std::string_view wanted, std::span<const std::string> names);

}  // namespace ferry::api
