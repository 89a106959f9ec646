#include "base/net/http_proxy.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "base/net/http_types.h"
#include "base/net/http_url.h"

namespace ferry {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> address_of(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  return error ? std::nullopt : std::optional(address);
}

bool is_in_network(const ip::address& address, std::string_view network) {
  const size_t slash = network.find('/');
  const auto base = address_of(network.substr(0, slash));
  int bits = -1;
  const char* end = network.data() + network.size();
  const auto [stop, error] = std::from_chars(network.data() + slash + 1, end, bits);
  if (!base || error != std::errc() || stop != end || bits < 0) return false;
  if (address.is_v4() && base->is_v4() && bits <= 32) {
    const auto prefix = static_cast<unsigned short>(bits);
    return ip::make_network_v4(address.to_v4(), prefix).canonical() ==
           ip::make_network_v4(base->to_v4(), prefix).canonical();
  }
  if (address.is_v6() && base->is_v6() && bits <= 128) {
    const auto prefix = static_cast<unsigned short>(bits);
    return ip::make_network_v6(address.to_v6(), prefix).canonical() ==
           ip::make_network_v6(base->to_v6(), prefix).canonical();
  }
  return false;
}

// "example.com" is itself and every name below it.
bool is_name_or_below(std::string_view host, std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.starts_with('.')) name.remove_prefix(1);
  if (name.empty() || host.size() < name.size()) return false;
  if (!equal_ignoring_case(host.substr(host.size() - name.size()), name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

// Takes ":8080" from the end of an entry that has a port; an IPv6 address without brackets has none.
std::optional<std::string_view> take_port(std::string_view& entry) {
  const size_t colon = entry.rfind(':');
  if (colon == std::string_view::npos || entry.ends_with(']')) return std::nullopt;
  if (entry.find(':') != colon && !entry.starts_with('[')) return std::nullopt;
  const std::string_view port = entry.substr(colon + 1);
  entry = entry.substr(0, colon);
  return port;
}

bool entry_matches(std::string_view entry, std::string_view host, uint16_t port) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string_view::npos) {
    const auto address = address_of(host);
    return address && is_in_network(*address, entry);
  }
  const std::optional<std::string_view> wanted = take_port(entry);
  if (wanted && *wanted != std::to_string(port)) return false;
  if (const auto address = address_of(entry)) return address_of(host) == address;
  return is_name_or_below(host, entry);
}

}  // namespace

Result<HttpProxy> parse_http_proxy(std::string_view url) {
  HttpProxy proxy;
  std::string plain(url);
  const size_t scheme = url.find("://");
  const size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const size_t at = url.substr(0, end).rfind('@');
  if (at != std::string_view::npos && at >= begin) {
    Result<std::string> credentials = percent_decode(url.substr(begin, at - begin));
    if (!credentials || !holds_no_control(*credentials)) {
      return fail(ErrorCode::invalid_argument,
                  "the proxy's user name or password is not percent-encoded as it must be");
    }
    proxy.credentials = *std::move(credentials);
    if (proxy.credentials.find(':') == std::string::npos) proxy.credentials.push_back(':');
    plain = std::string(url.substr(0, begin)) + std::string(url.substr(at + 1));
  }
  if (scheme == std::string_view::npos) plain.insert(0, "http://");
  FERRY_TRY(const HttpUrl parsed, parse_http_url(plain));
  if (parsed.tls) {
    return fail(ErrorCode::unsupported,
                "{}: proxies are reached over http://; what goes through them may be https", plain);
  }
  proxy.host = parsed.host;
  proxy.port = parsed.port;
  return proxy;
}

bool bypasses_proxy(std::string_view no_proxy, std::string_view host, uint16_t port) {
  while (!no_proxy.empty()) {
    const size_t comma = std::min(no_proxy.find(','), no_proxy.size());
    std::string_view entry = no_proxy.substr(0, comma);
    no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (!entry.empty() && entry_matches(entry, host, port)) return true;
  }
  return false;
}

}  // namespace ferry
