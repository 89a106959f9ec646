#pragma once
// What server and client share: headers, requests, percent-encoding.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct HttpHeader {
  std::string name;
  std::string value;
};

using HttpHeaders = std::vector<HttpHeader>;

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// Whether a text may be a method or a header's name (RFC 9110 section 5.6.2).
bool is_http_token(std::string_view text);
// Whether a text may be a header's value: no control characters but tabs, which CR, LF and NUL are.
bool holds_no_control(std::string_view text);

// The first header of that name (in any case), or nothing.
std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name);
// All of that name, as one list (RFC 9110 section 5.3): "a, b". Empty: there is none.
std::string join_headers(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method;  // as sent: "GET"; methods are case-sensitive
  std::string target;  // as sent: "/v1/models?limit=3"
  std::string path;    // the target up to '?', still percent-encoded; "*" only for OPTIONS
  std::string query;   // after '?', still percent-encoded
  HttpHeaders headers;
  std::string body;
  std::string remote_address;  // "127.0.0.1:51234", "[::1]:51234"
  bool is_http_1_0 = false;

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
};

// "a%20b" -> "a b". '+' stays. A '%' without two hex digits is invalid_argument.
Result<std::string> percent_decode(std::string_view text);

// The decoded value of `name` in "a=1&name=x+y" ('+' means space here); nothing when absent or malformed.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// "Not Found" for 404; "Unknown" for codes outside the registry.
std::string_view http_reason(int status);

}  // namespace ferry
