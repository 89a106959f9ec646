#include "serve/route/provider_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include <arpa/inet.h>

#include "base/core/file.h"

namespace ferry {
namespace {

constexpr uint64_t kMostSecretBytes = 16 << 10;
constexpr size_t kMostUrlBytes = 2048;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool is_visible(char c) {
  return c > ' ' && c < 0x7F;
}

tl::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorCode::invalid_argument, "{}", what);
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Takes the host off the front of "host:port" or "[::1]:port".
Result<std::string> take_host(std::string_view& rest) {
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad("has no ] behind its IPv6 address");
    std::string host(rest.substr(1, end - 1));
    in6_addr address{};
    if (::inet_pton(AF_INET6, host.c_str(), &address) != 1)
      return bad("has no IPv6 address between its brackets");
    rest.remove_prefix(end + 1);
    return lower(host);
  }
  std::string host = lower(rest.substr(0, rest.find(':')));
  rest.remove_prefix(host.size());
  if (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), is_host_char))
    return bad("must have a host name of letters, digits, '-' and '.'");
  return host;
}

Result<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return bad("must have a port of 1 to 65535");
  return port;
}

struct Network {
  std::array<uint8_t, 16> bytes;
  int bits;
};

bool lies_in(const Network& network, const uint8_t* address) {
  for (int i = 0; i < network.bits; ++i) {
    const auto mask = static_cast<uint8_t>(0x80u >> (i % 8));
    if (((network.bytes[static_cast<size_t>(i / 8)] ^ address[i / 8]) & mask) != 0) return false;
  }
  return true;
}

// IANA's registries of special-purpose addresses: what is not globally reachable, and multicast.
constexpr Network kPrivate4[] = {
    {{0}, 8},         {{10}, 8},       {{100, 64}, 10},      {{127}, 8},
    {{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24},    {{192, 0, 2}, 24},
    {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
    {{224}, 4},       {{240}, 4},
};
constexpr Network kPrivate6[] = {
    {{}, 127},  // :: and ::1
    {{0x01}, 8}, {{0x20, 0x01, 0x0D, 0xB8}, 32}, {{0xFC}, 7}, {{0xFE, 0x80}, 10}, {{0xFE, 0xC0}, 10},
    {{0xFF}, 8},
};
// An IPv4 address stands in the bytes from `at` on.
struct Embedding {
  Network network;
  int at;
};
constexpr Embedding kEmbeddings[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}, 12},  // mapped
    {{{}, 96}, 12},                                          // compatible
    {{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12},                    // NAT64
    {{{0x20, 0x02}, 16}, 2},                                 // 6to4
};

bool is_private4(const uint8_t* address) {
  return std::any_of(std::begin(kPrivate4), std::end(kPrivate4),
                     [&](const Network& network) { return lies_in(network, address); });
}

bool is_private6(const uint8_t* address) {
  for (const Embedding& embedding : kEmbeddings) {
    if (lies_in(embedding.network, address) && is_private4(address + embedding.at)) return true;
  }
  return std::any_of(std::begin(kPrivate6), std::end(kPrivate6),
                     [&](const Network& network) { return lies_in(network, address); });
}

// What resolvers take for an IPv4 address beside four numbers: "2130706433", "0x7f.1", "127.1".
bool looks_numeric(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  return !last.empty() && last[0] >= '0' && last[0] <= '9';
}

// "claude-opus-4-6-20260101" → {4, 6}; a number of more than two digits is a date, and no version. {0, 0}:
// there is none in it.
std::pair<int, int> version_of(std::string_view claude) {
  std::vector<int> numbers;
  while (!claude.empty() && numbers.size() < 2) {
    const std::string_view word = claude.substr(0, claude.find_first_of("-.@:"));
    claude.remove_prefix(std::min(word.size() + 1, claude.size()));
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = error == std::errc() && end == word.data() + word.size() && word.size() <= 2;
    if (is_number) numbers.push_back(number);
    if (!is_number && !numbers.empty()) break;
  }
  numbers.resize(2);
  return {numbers[0], numbers[1]};
}

}  // namespace

FeatureSet lacks_of_vendor(const ProviderConfig& provider) {
  const bool is_openai = provider.dialect == ProviderDialect::openai && provider.url.host == "api.openai.com";
  if (!is_openai) return {};
  return {Feature::signed_thoughts, Feature::unsigned_thoughts, Feature::cache_control};
}

bool thinks_adaptively(const ProviderConfig& provider, std::string_view model) {
  if (const auto found = provider.models.find(model); found != provider.models.end()) {
    if (found->second.adaptive_thinking) return *found->second.adaptive_thinking;
  }
  constexpr std::string_view kClaude = "claude-";
  const size_t at = model.find(kClaude);
  return at != std::string_view::npos && version_of(model.substr(at + kClaude.size())) >= std::pair(4, 6);
}

std::string SecretRef::text() const {
  return (from == From::environment ? "env:" : "file:") + name;
}

Result<std::string> resolve(const SecretRef& secret) {
  std::string content;
  if (secret.from == SecretRef::From::environment) {
    const char* value = std::getenv(secret.name.c_str());
    if (value == nullptr) return fail(ErrorCode::not_found, "the variable {} is not set", secret.name);
    content = value;
  } else {
    FERRY_TRY(content, read_file(secret.name, kMostSecretBytes));
  }
  const std::string_view value = trimmed(content);
  if (value.empty()) return fail(ErrorCode::invalid_argument, "{} is empty", secret.text());
  if (!std::all_of(value.begin(), value.end(), is_visible)) {
    return fail(ErrorCode::invalid_argument, "{} must be one word of visible ASCII characters",
                secret.text());
  }
  return std::string(value);
}

std::string UpstreamUrl::text() const {
  const bool usual = port == (tls ? 443 : 80);
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return fmt::format("{}://{}{}{}", tls ? "https" : "http", shown, usual ? "" : fmt::format(":{}", port),
                     path);
}

Result<UpstreamUrl> parse_upstream_url(std::string_view text) {
  if (text.size() > kMostUrlBytes) return bad("must have at most 2048 bytes");
  if (!std::all_of(text.begin(), text.end(), is_visible))
    return bad("must have no blanks and no special characters");
  UpstreamUrl url;
  const std::string scheme = lower(text.substr(0, 8));
  url.tls = scheme.starts_with("https://");
  if (!url.tls && !scheme.starts_with("http://")) return bad("must begin with https:// or http://");
  text.remove_prefix(url.tls ? 8 : 7);
  std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  const std::string_view path = text.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) return bad("must not have a user or password; use keys");
  if (path.find_first_of("?#\\") != std::string_view::npos) return bad("must not have a query or a fragment");
  FERRY_TRY(url.host, take_host(authority));
  url.port = url.tls ? 443 : 80;
  if (!authority.empty()) {
    if (!authority.starts_with(':')) return bad("has something between host and port");
    FERRY_TRY(url.port, parse_port(authority.substr(1)));
  }
  url.path = path;
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

bool is_private_host(std::string_view host) {
  std::string name = lower(host);
  while (name.ends_with('.')) name.pop_back();
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return is_private4(reinterpret_cast<const uint8_t*>(&v4));
  if (::inet_pton(AF_INET6, name.c_str(), &v6) == 1) return is_private6(v6.s6_addr);
  if (looks_numeric(name)) return true;
  if (name.find('.') == std::string::npos) return true;  // "localhost", a name of the own network
  for (const std::string_view ending : {".localhost", ".local", ".internal", ".lan", ".home.arpa"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace ferry
