#pragma once
// Addresses of HTTP servers, taken apart.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

struct HttpUrl {
  bool tls = false;  // https
  std::string host;  // without the brackets of an IPv6 address
  uint16_t port = 80;
  std::string target = "/";  // path and query

  // "host:port", as Host and CONNECT want it: brackets around an IPv6 address, no port where it is the
  // scheme's.
  std::string authority() const;
};

// "http[s]://host[:port][/path][?query]"; a fragment is dropped. Other schemes are unsupported; user names
// and passwords in an address are refused, for addresses end up in logs.
Result<HttpUrl> parse_http_url(std::string_view url);

// "127.0.0.1:80", "[::1]:80", "host:80"
std::string host_and_port(std::string_view host, uint16_t port);

}  // namespace ferry
