#pragma once
// One request on its way to an answer, and the ways to answer it.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "app/api/refusal.h"
#include "base/net/http_server.h"

namespace ferry::api {

inline constexpr std::string_view kJsonContentType = "application/json";

struct Call {
  std::shared_ptr<HttpExchange> exchange;
  std::string request_id;  // the client's x-request-id where it sent a sensible one
  std::string parameter;   // what stands in place of the route's {…}, decoded
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

// x-request-id, and `more`.
HttpHeaders reply_headers(const Call& call, HttpHeaders more = {});

void reply_json(const Call& call, int status, std::string_view body, HttpHeaders headers = {});
void reply(const Call& call, const Refusal& refusal);

// The line in the log that every finished request leaves.
void log_reply(const Call& call, int status);

// `prefix` and 32 random hexadecimal digits.
std::string random_id(std::string_view prefix);

// The client's own id where it is short, visible ASCII; otherwise a new one.
std::string request_id_for(const HttpRequest& request);

}  // namespace ferry::api
