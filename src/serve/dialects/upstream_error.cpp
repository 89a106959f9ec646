#include "serve/dialects/upstream_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ferry {
namespace {

constexpr size_t kMaxMessage = 2000;
constexpr double kMaxRetryAfterS = 86400;

// Messages may quote the request: what would blame the upstream is looked for in codes alone.
struct Words {
  std::string_view words;  // in lower case
  ErrorKind kind;
  bool only_in_code = false;
};

constexpr auto kWords = std::to_array<Words>({
    {"context_length_exceeded", ErrorKind::context_too_long},
    {"maximum context length", ErrorKind::context_too_long},
    {"prompt is too long", ErrorKind::context_too_long},
    {"exceed context limit", ErrorKind::context_too_long},
    {"exceeds the available context size", ErrorKind::context_too_long},
    {"longer than the maximum model length", ErrorKind::context_too_long},
    {"content_filter", ErrorKind::content_filter},
    {"content_policy_violation", ErrorKind::content_filter},
    {"insufficient_quota", ErrorKind::billing, true},
    {"billing", ErrorKind::billing, true},
    {"your credit balance is too low", ErrorKind::billing},
});

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

ErrorCode code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_request:
    case ErrorKind::too_large:
    case ErrorKind::context_too_long:
    case ErrorKind::content_filter:
      return ErrorCode::invalid_argument;
    case ErrorKind::not_found:
      return ErrorCode::not_found;
    case ErrorKind::rate_limited:
      return ErrorCode::overloaded;
    case ErrorKind::none:
    case ErrorKind::authentication:
    case ErrorKind::permission:
    case ErrorKind::billing:
    case ErrorKind::overloaded:
    case ErrorKind::timeout:
    case ErrorKind::server:
    case ErrorKind::unreadable:
      return ErrorCode::unavailable;
  }
  return ErrorCode::unavailable;
}

std::string_view reason_of(ErrorKind kind) {
  if (kind == ErrorKind::context_too_long) return "context_length_exceeded";
  if (kind == ErrorKind::rate_limited) return "rate_limit_exceeded";
  if (kind == ErrorKind::not_found) return "model_not_found";
  return kind == ErrorKind::none ? std::string_view() : to_string(kind);
}

double seconds_in(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0)) return 0;
  return std::min(seconds, kMaxRetryAfterS);
}

}  // namespace

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorKind::authentication;
    case 402:
      return ErrorKind::billing;
    case 403:
      return ErrorKind::permission;
    case 404:
      return ErrorKind::not_found;
    case 408:
    case 504:
      return ErrorKind::timeout;
    case 413:
      return ErrorKind::too_large;
    case 429:
      return ErrorKind::rate_limited;
    case 503:
    case 529:
      return ErrorKind::overloaded;
    default:
      return status >= 400 && status < 500 ? ErrorKind::bad_request : ErrorKind::server;
  }
}

ErrorKind kind_of_words(ErrorKind kind, std::string_view code, std::string_view message) {
  const std::string codes = lower(code);
  const std::string said = lower(message.substr(0, kMaxMessage));
  for (const auto& [words, meant, only_in_code] : kWords) {
    const bool is_said = !only_in_code && said.find(words) != std::string::npos;
    if (is_said || codes.find(words) != std::string::npos) return meant;
  }
  return kind;
}

ApiError upstream_error(ErrorKind kind, int status, std::string_view message) {
  std::string said(message.substr(0, kMaxMessage));
  if (said.empty())
    said = status > 0 ? fmt::format("the upstream answered with status {}", status)
                      : std::string("the upstream reported an error without a word");
  return {.error = {code_of(kind), std::move(said)},
          .param = {},
          .reason = std::string(reason_of(kind)),
          .kind = kind,
          .upstream_status = status};
}

double retry_after_of(const WireHeaders& headers) {
  double seconds = 0;
  for (const auto& [name, value] : headers) {
    if (name == "retry-after-ms") return seconds_in(value) / 1000;
    if (name == "retry-after") seconds = seconds_in(value);
  }
  return seconds;
}

ApiError unreadable(std::string_view what) {
  return upstream_error(ErrorKind::unreadable, 0,
                        fmt::format("the upstream's answer cannot be read: {}", what));
}

}  // namespace ferry
