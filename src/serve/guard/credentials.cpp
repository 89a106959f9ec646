#include <algorithm>

#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"

namespace ferry {
namespace {

bool is_base64url(int byte) {
  return is_alnum(byte) || byte == '-' || byte == '_';
}
bool is_scheme_byte(int byte) {
  return is_alnum(byte) || byte == '+' || byte == '-' || byte == '.';
}
bool ends_url(int byte) {
  return byte < 0 || is(byte, kSpace) || byte == '"' || byte == '\'' || byte == '<' || byte == '>' ||
         byte == '`';
}

constexpr size_t kMaxScheme = 20;
constexpr size_t kMaxUserInfo = 256;
constexpr size_t kMaxUrlTail = 512;

// Where the '@' behind "user:password" stands; `begin`: nowhere.
size_t user_info_end(const Window& window, size_t begin) {
  bool has_colon = false;
  size_t last = begin;  // a password may have an '@' in it: the last one counts
  for (size_t at = begin; at - begin < kMaxUserInfo; ++at) {
    const int byte = window.at(at);
    if (ends_url(byte) || byte == '/' || byte == '?' || byte == '#') break;
    if (byte == '@' && has_colon && window.at(at - 1) != ':') last = at;
    has_colon |= byte == ':';
  }
  return last;
}

}  // namespace

std::optional<Finding> find_password_url(const Window& window, size_t colon) {
  if (!window.starts_with(colon, "://")) return std::nullopt;
  size_t begin = colon;
  while (begin > 0 && colon - begin < kMaxScheme && is_scheme_byte(window.at(begin - 1))) --begin;
  while (begin < colon && !is(window.at(begin), kLetter)) ++begin;
  if (begin == colon) return std::nullopt;
  const size_t user = colon + 3;
  size_t end = user_info_end(window, user);
  if (end == user) return std::nullopt;
  while (end - user < kMaxUrlTail && !ends_url(window.at(end))) ++end;
  while (window.at(end - 1) == '.' || window.at(end - 1) == ',' || window.at(end - 1) == ')') --end;
  return Finding{begin, end, FindingKind::secret, Confidence::certain, "url_password"};
}

std::optional<Finding> find_jwt(const Window& window, size_t j) {
  if (j < 2 || window.at(j - 1) != 'y' || window.at(j - 2) != 'e') return std::nullopt;
  const size_t begin = j - 2;
  if (begin > 0 && is_base64url(window.at(begin - 1))) return std::nullopt;
  size_t at = begin;
  for (int part = 0; part < 3; ++part) {
    const size_t part_begin = at;
    while (at - begin < kMaxJwtBytes && is_base64url(window.at(at))) ++at;
    const bool is_object = window.starts_with(part_begin, "eyJ") && at - part_begin >= 8;
    if (part < 2 && (!is_object || window.at(at) != '.')) return std::nullopt;
    if (part < 2) ++at;
  }
  return Finding{begin, at, FindingKind::secret, Confidence::certain, "jwt"};
}

std::optional<Finding> find_private_key(const Window& window, size_t hyphen) {
  if (!window.starts_with(hyphen, "-----BEGIN ")) return std::nullopt;
  constexpr size_t kMaxLabel = 64;
  size_t at = hyphen + 11;
  size_t label_end = at;
  while (label_end - at < kMaxLabel &&
         (is(window.at(label_end), kLetter | kDigit) || window.at(label_end) == ' '))
    ++label_end;
  if (!window.starts_with(label_end, "-----")) return std::nullopt;
  const std::string_view label = window.text().substr(at, label_end - at);
  if (label.find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
  Finding found{hyphen, label_end + 5, FindingKind::secret, Confidence::certain, "private_key"};
  // Quoted into JSON or source its line breaks are "\n", so anything may stand before the end's line.
  for (at = found.end; at - hyphen < kMaxPrivateKeyBytes; ++at) {
    const int byte = window.at(at);
    if (byte < 0) break;
    if (byte != '-' || !window.starts_with(at, "-----END ") || !window.starts_with(at + 9, label)) continue;
    if (!window.starts_with(at + 9 + label.size(), "-----")) continue;
    found.end = at + 9 + label.size() + 5;
    return found;
  }
  found.end = at;
  return found;
}

}  // namespace ferry
