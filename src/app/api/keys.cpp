#include "app/api/keys.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "base/core/file.h"
#include "base/net/http_types.h"

namespace ferry::api {
namespace {

constexpr uint64_t kMaxKeyFile = 1 << 20;
constexpr std::string_view kScheme = "Bearer ";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Looks at every byte, whatever the first difference.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

Result<std::vector<std::string>> read_key_file(const std::string& file) {
  FERRY_TRY(const std::string content, read_file(file, kMaxKeyFile));
  std::vector<std::string> keys;
  for (std::string_view rest = content; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    if (!line.empty() && line.front() != '#') keys.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (keys.empty()) return fail(ErrorCode::invalid_argument, "{}: has no API key in it", file);
  return keys;
}

bool is_address(std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  const std::string text(host);
  return ::inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

// "localhost:8080" -> "localhost", "[::1]:8080" -> "::1".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

Result<ApiKeys> ApiKeys::load(const std::vector<std::string>& keys, const std::string& file) {
  ApiKeys loaded;
  loaded.keys_ = keys;
  if (!file.empty()) {
    FERRY_TRY(const std::vector<std::string> more, read_key_file(file));
    loaded.keys_.insert(loaded.keys_.end(), more.begin(), more.end());
  }
  for (size_t i = 0; i < loaded.keys_.size(); ++i) {
    if (loaded.keys_[i].empty() || !is_visible_ascii(loaded.keys_[i])) {
      return fail(ErrorCode::invalid_argument,
                  "API key number {} is empty or has a character that is not visible ASCII", i + 1);
    }
  }
  return loaded;
}

std::optional<size_t> ApiKeys::find(std::optional<std::string_view> authorization) const {
  if (keys_.empty()) return 0;
  if (!authorization || authorization->size() < kScheme.size()) return std::nullopt;
  if (!equal_ignoring_case(authorization->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const std::string_view given = trim(authorization->substr(kScheme.size()));
  std::optional<size_t> found;
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (equal_in_constant_time(given, keys_[i])) found = i;
  }
  return found;
}

bool is_loopback(std::string_view host) {
  if (equal_ignoring_case(host, "localhost") || host == "::1") return true;
  return host.starts_with("127.") && is_address(host);
}

Result<void> check_exposure(std::string_view host, const ApiKeys& keys, bool allow_no_key) {
  if (!keys.empty() || allow_no_key || is_loopback(host)) return {};
  return fail(ErrorCode::invalid_argument,
              "listening on {} lets everybody who reaches this machine use the models: set a key with "
              "--api-key-file or FERRY_API_KEY, listen on 127.0.0.1, or say --allow-no-key",
              host);
}

bool names_this_machine(std::string_view host_header) {
  const std::string_view host = without_port(host_header);
  constexpr std::string_view kLocal = "localhost";
  if (is_address(host) || equal_ignoring_case(host, kLocal)) return true;
  return host.size() > kLocal.size() && host[host.size() - kLocal.size() - 1] == '.' &&
         equal_ignoring_case(host.substr(host.size() - kLocal.size()), kLocal);
}

}  // namespace ferry::api
