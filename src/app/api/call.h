#pragma once
// One request on its way to an answer, and the ways to answer it.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "app/api/http_metrics.h"
#include "app/api/refusal.h"
#include "base/net/http_server.h"
#include "serve/accounts/principal.h"

namespace ferry::api {

inline constexpr std::string_view kJsonContentType = "application/json";

struct Call {
  std::shared_ptr<HttpExchange> exchange;
  std::string request_id;  // the client's x-request-id where it sent a sensible one
  HttpHeaders headers;     // that every answer to it has
  std::shared_ptr<HttpMetrics> metrics;
  std::string_view route = {};  // the path of the route that takes it, as routes.cpp writes it
  std::string parameter = {};   // what stands in place of the route's {…}, decoded
  std::string tenant = {};      // whose key it came with
  std::shared_ptr<const Principal> principal = {};  // the same, where there is a gateway
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

// Anthropic's clients say so with each request. They get errors and models in their form.
bool speaks_anthropic(const HttpRequest& request);

// The call's own headers, and `more`.
HttpHeaders reply_headers(const Call& call, HttpHeaders more = {});

void reply_json(const Call& call, int status, std::string_view body, HttpHeaders headers = {});
void reply_text(const Call& call, int status, std::string_view content_type, std::string_view body,
                HttpHeaders headers = {});
void reply_empty(const Call& call, int status, HttpHeaders headers = {});
void reply(const Call& call, const Refusal& refusal);

// How the server refuses what no handler sees: too large, too slow, not HTTP. `headers` are what every answer
// to the request has. Leaves a line in the log, and counts, too.
HttpRefusalBody reply_unread(int status, const std::string& message, const HttpRequest& request,
                             HttpHeaders headers, HttpMetrics& metrics);

// Every finished request leaves a line in the log and counts in the metrics.
void log_reply(const Call& call, int status);

inline constexpr std::string_view kRequestId = "x-request-id";

// The client's own id where it is short, visible ASCII; otherwise a new one.
std::string request_id_for(const HttpRequest& request);

}  // namespace ferry::api
