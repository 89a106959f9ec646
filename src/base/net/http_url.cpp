#include "base/net/http_url.h"

#include <algorithm>
#include <charconv>

#include "base/net/http_types.h"

namespace ferry {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool take_scheme(std::string_view& url, std::string_view scheme) {
  if (url.size() < scheme.size() || !equal_ignoring_case(url.substr(0, scheme.size()), scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

// What may be part of a name or of an address. Names outside ASCII are written in their "xn--" form.
bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == ':';
}

bool is_port(std::string_view text, uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end && port != 0;
}

}  // namespace

std::string host_and_port(std::string_view host, uint16_t port) {
  const bool is_v6 = host.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

std::string HttpUrl::authority() const {
  std::string text = host_and_port(host, port);
  if (port == (tls ? kHttpsPort : kHttpPort)) text.erase(text.rfind(':'));
  return text;
}

Result<HttpUrl> parse_http_url(std::string_view url) {
  HttpUrl parsed;
  std::string_view rest = url;
  parsed.tls = take_scheme(rest, "https://");
  parsed.port = parsed.tls ? kHttpsPort : kHttpPort;
  std::string_view host = rest;
  if (!parsed.tls && !take_scheme(host, "http://")) {
    return fail(ErrorCode::unsupported, "{}: only http:// and https:// addresses can be called", url);
  }
  rest = host;
  host = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(host.size());
  rest = rest.substr(0, rest.find('#'));
  if (!rest.empty()) parsed.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);

  // Not repeated: what stands there may be a password.
  if (host.find('@') != std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "an address must not hold a user name or a password");
  }
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == std::string_view::npos)
      return fail(ErrorCode::invalid_argument, "{}: '[' without ']'", url);
    port = host.substr(bracket + 1);
    host = host.substr(1, bracket - 1);
  } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty()) return fail(ErrorCode::invalid_argument, "{}: no host", url);
  if (!std::all_of(host.begin(), host.end(), is_host_char))
    return fail(ErrorCode::invalid_argument, "{}: bad host", url);
  parsed.host = std::string(host);
  if (port.empty()) return parsed;
  if (port[0] != ':' || !is_port(port.substr(1), parsed.port)) {
    return fail(ErrorCode::invalid_argument, "{}: bad port", url);
  }
  return parsed;
}

}  // namespace ferry
