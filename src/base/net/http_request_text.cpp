#include "base/net/http_request_text.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace ferry {
namespace {

// Where the message ends, and for whom it is, is for the pool to say.
constexpr std::string_view kOwnHeaders[] = {"host",
                                            "content-length",
                                            "transfer-encoding",
                                            "connection",
                                            "upgrade",
                                            "proxy-authorization",
                                            "proxy-connection",
                                            "keep-alive",
                                            "expect",
                                            "trailer",
                                            "te"};

bool is_own(std::string_view name) {
  return std::any_of(std::begin(kOwnHeaders), std::end(kOwnHeaders),
                     [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

// Path and query: no spaces, no control characters, no fragment; what is not ASCII is percent-encoded by the
// caller.
bool is_target(std::string_view target) {
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u > 0x20 && u < 0x7f && c != '#';
         });
}

std::string printable(std::string_view name) {
  std::string text(name.substr(0, 64));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Result<void> check_call(const HttpPoolCall& call) {
  if (!is_http_token(call.method) || call.method == "CONNECT") {
    return fail(ErrorCode::invalid_argument, "\"{}\" is not a method that can be sent",
                printable(call.method));
  }
  if (!is_target(call.target)) {
    return fail(ErrorCode::invalid_argument,
                "the target must be a path and a query, percent-encoded and without spaces");
  }
  for (const auto& [name, value] : call.headers) {
    if (!is_http_token(name))
      return fail(ErrorCode::invalid_argument, "\"{}\" is not a header's name", printable(name));
    if (!holds_no_control(value)) {
      return fail(ErrorCode::invalid_argument,
                  "the value of the header {} holds a line break or another control character", name);
    }
    if (is_own(name)) return fail(ErrorCode::invalid_argument, "the header {} cannot be set", name);
  }
  return {};
}

void append_request_head(std::string& out, const HttpPoolCall& call, const HttpRequestFrame& frame) {
  out.append(call.method).append(" ").append(frame.target_prefix).append(call.target);
  out.append(" HTTP/1.1\r\nHost: ").append(frame.host).append("\r\n").append(frame.proxy_headers);
  for (const auto& [name, value] : call.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  const size_t length = call.body ? call.body->size() : 0;
  // A method that usually has a body says so when it has none (RFC 9110 section 8.6).
  if (length > 0 || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", length);
  }
  out.append("\r\n");
}

std::string tunnel_request(std::string_view host_and_port, std::string_view proxy_headers) {
  return fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", host_and_port, host_and_port,
                     proxy_headers);
}

}  // namespace ferry
