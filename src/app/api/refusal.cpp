#include "app/api/refusal.h"

#include <algorithm>
#include <cmath>

#include "base/core/nearest.h"
#include "base/observe/log.h"

namespace ferry::api {
namespace {

// OpenAI's clients take no longer times for serious.
constexpr double kMaxRetryAfterSeconds = 60;

ApiError error_of(ErrorCode code, std::string message, std::string reason = {}, std::string param = {}) {
  return {{code, std::move(message)}, std::move(param), std::move(reason)};
}

// Whole seconds, at least one.
std::string retry_after(double seconds) {
  return fmt::format("{:.0f}", std::ceil(std::clamp(seconds, 1.0, kMaxRetryAfterSeconds)));
}

bool is_our_fault(ErrorCode code) {
  return code == ErrorCode::corrupt || code == ErrorCode::io || code == ErrorCode::internal;
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported:         // a parameter that is known but not honoured
    case ErrorCode::resource_exhausted:  // a limit of the model or the pool that this request can never fit
      return 400;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::overloaded:
      return 429;
    case ErrorCode::cancelled:
    case ErrorCode::unavailable:  // the server stops, or stands still: another try may succeed
      return 503;
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

Refusal refusal_of(ApiError error) {
  Refusal refusal{status_of(error.error.code), std::move(error)};
  if (refusal.status == 429 && refusal.error.reason.empty()) refusal.error.reason = "rate_limit_exceeded";
  if (refusal.status == 429 || refusal.status == 503) {
    refusal.headers.push_back({"Retry-After", retry_after(refusal.error.retry_after_s)});
  }
  if (is_our_fault(refusal.error.error.code)) {
    log_error("request failed", {{"error", refusal.error.error.message}});
    refusal.error.error.message = "internal error; the server's log says more";
  }
  return refusal;
}

ApiError shutting_down() {
  return error_of(ErrorCode::unavailable, "the server is shutting down", "shutting_down");
}

Refusal no_such_path(std::string_view method, std::string_view path) {
  return {404,
          error_of(ErrorCode::not_found, fmt::format("there is no {} {} here", method, path), "unknown_url")};
}

Refusal wrong_method(std::string_view method, std::string_view path, std::string_view allowed) {
  return {405,
          error_of(ErrorCode::invalid_argument, fmt::format("{} takes {}, not {}", path, allowed, method),
                   "method_not_allowed"),
          {{"Allow", std::string(allowed)}}};
}

Refusal no_key(bool one_was_sent) {
  return {401,
          error_of(ErrorCode::invalid_argument,
                   one_was_sent ? "the API key is not one of this server's"
                                : "an API key is needed: send the header Authorization: Bearer KEY",
                   "invalid_api_key"),
          {{"WWW-Authenticate", one_was_sent ? "Bearer error=\"invalid_token\"" : "Bearer"}}};
}

Refusal not_allowed(std::string_view what) {
  return {403, error_of(ErrorCode::invalid_argument, fmt::format("this API key may not {}", what),
                        "permission_denied")};
}

Refusal foreign_host(std::string_view host) {
  return {403, error_of(ErrorCode::invalid_argument,
                        fmt::format("without API keys this server answers as localhost or by address only, "
                                    "not as {}; set a key to use other names",
                                    host),
                        "foreign_host")};
}

std::optional<Refusal> check_json(const HttpRequest& request) {
  const std::string_view sent = request.header("Content-Type").value_or("");
  std::string_view type = sent.substr(0, sent.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (equal_ignoring_case(type, "application/json")) return std::nullopt;
  return Refusal{415, error_of(ErrorCode::invalid_argument,
                               fmt::format("the body must be sent as Content-Type: application/json, not {}",
                                           sent.empty() ? "without a type" : sent),
                               "unsupported_media_type")};
}

Refusal no_such_model(std::string_view wanted, std::span<const std::string> names) {
  return {404, error_of(ErrorCode::not_found,
                        fmt::format("there is no model \"{}\" here; there are: {}", wanted,
                                    fmt::join(nearest_first(wanted, names), ", ")),
                        "model_not_found", "model")};
}

}  // namespace ferry::api
