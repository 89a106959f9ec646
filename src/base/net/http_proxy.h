#pragma once
// The way to a server over an HTTP proxy, and when not to take it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

struct HttpProxy {
  std::string host = {};  // empty: no proxy
  uint16_t port = 0;
  std::string credentials = {};  // "user:password"; empty: none. Never logged

  bool operator==(const HttpProxy&) const = default;
};

// "http://[user[:password]@]host[:port]"; user and password may be percent-encoded, the port is 80 unless
// given. Errors do not repeat the credentials.
Result<HttpProxy> parse_http_proxy(std::string_view url);

// Whether a server is one that NO_PROXY names: a list, separated by commas, of "*" (all), names that stand
// for themselves and what ends in them ("example.com", ".example.com", "*.example.com"), addresses and
// networks
// ("10.0.0.0/8", "fd00::/8"), each with a port or not. Cases do not matter.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host, uint16_t port);

}  // namespace ferry
