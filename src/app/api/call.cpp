#include "app/api/call.h"

#include <algorithm>

#include "base/core/random_id.h"
#include "base/observe/log.h"
#include "serve/dialects/anthropic_answer.h"

namespace ferry::api {
namespace {

constexpr size_t kMaxRequestId = 128;

std::string_view reason_of(int status) {
  switch (status) {
    case 408:
      return "request_timeout";
    case 413:
      return "request_too_large";
    case 431:
      return "headers_too_large";
    case 503:
      return "too_many_connections";
    default:
      return "invalid_http";
  }
}

std::string error_body(const HttpRequest& request, int status, const ApiError& error) {
  return speaks_anthropic(request) ? write_anthropic_error(status, error) : openai_error_json(status, error);
}

}  // namespace

bool speaks_anthropic(const HttpRequest& request) {
  return request.header("anthropic-version").has_value();
}

HttpHeaders reply_headers(const Call& call, HttpHeaders more) {
  more.insert(more.end(), call.headers.begin(), call.headers.end());
  return more;
}

void reply_text(const Call& call, int status, std::string_view content_type, std::string_view body,
                HttpHeaders headers) {
  call.exchange->respond(status, content_type, body, reply_headers(call, std::move(headers)));
  log_reply(call, status);
}

void reply_json(const Call& call, int status, std::string_view body, HttpHeaders headers) {
  reply_text(call, status, kJsonContentType, body, std::move(headers));
}

void reply_empty(const Call& call, int status, HttpHeaders headers) {
  reply_text(call, status, "", "", std::move(headers));
}

void reply(const Call& call, const Refusal& refusal) {
  reply_json(call, refusal.status, error_body(call.exchange->request(), refusal.status, refusal.error),
             refusal.headers);
}

HttpRefusalBody reply_unread(int status, const std::string& message, const HttpRequest& request,
                             HttpHeaders headers, HttpMetrics& metrics) {
  const std::string id = request_id_for(request);
  headers.push_back({std::string(kRequestId), id});
  metrics.count({}, request.method, status, 0);
  log_info("refused", {{"method", request.method},
                       {"path", request.path},
                       {"status", status},
                       {"reason", message},
                       {"from", request.remote_address},
                       {"request_id", id}});
  // The code is not what decides here: the status is there already.
  const ApiError error{{ErrorCode::invalid_argument, message}, {}, std::string(reason_of(status))};
  return {error_body(request, status, error), std::move(headers)};
}

void log_reply(const Call& call, int status) {
  const HttpRequest& request = call.exchange->request();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - call.began;
  call.metrics->count(call.route, request.method, status, took.count());
  // Probes come every few seconds for ever: they would bury the rest.
  const bool probe = request.path == "/health" || request.path == "/metrics";
  const LogLevel level = probe ? LogLevel::debug : LogLevel::info;
  log(level, "request",
      {{"method", request.method},
       {"path", request.path},
       {"status", status},
       {"ms", took.count() * 1000},
       {"from", request.remote_address},
       {"request_id", call.request_id}});
}

std::string request_id_for(const HttpRequest& request) {
  const auto given = request.header(kRequestId);
  const bool sensible = given && !given->empty() && given->size() <= kMaxRequestId &&
                        std::all_of(given->begin(), given->end(), [](char c) { return c > ' ' && c < 0x7f; });
  return sensible ? std::string(*given) : random_id("req-");
}

}  // namespace ferry::api
