#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"

namespace ferry {
namespace {

struct Parsed {
  size_t end = 0;
  uint32_t address = 0;
  bool valid = false;
};

// Four numbers of 0 to 255 without leading zeros.
Parsed parse_ipv4(const Window& window, size_t at) {
  Parsed parsed;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && window.at(at++) != '.') return {};
    unsigned value = 0;
    int digits = 0;
    for (; digits < 4 && is(window.at(at), kDigit); ++digits, ++at)
      value = value * 10 + (window.at(at) - '0');
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && window.at(at - digits) == '0')) return {};
    parsed.address = parsed.address << 8 | value;
  }
  parsed.end = at;
  parsed.valid = true;
  return parsed;
}

bool goes_on(const Window& window, size_t end) {
  const int next = window.at(end);
  return is_alnum(next) || next == '_' || (next == '.' && is(window.at(end + 1), kDigit));
}

struct Groups {
  size_t end = 0;
  int count = 0;  // of 16 bits
  bool has_gap = false;
  bool has_digit = false;
};

// Groups of up to four hexadecimal digits with colons between them, once two; at most 8 groups.
Groups parse_groups(const Window& window, size_t at) {
  Groups groups;
  if (window.at(at) == ':' && window.at(at + 1) == ':') {
    groups.has_gap = true;
    at += 2;
    groups.end = at;
  }
  while (groups.count < 8) {
    if (groups.count >= 1 && groups.count <= 6) {
      if (const Parsed tail = parse_ipv4(window, at); tail.valid) {
        groups.count += 2;
        groups.has_digit = true;
        groups.end = tail.end;
        break;
      }
    }
    int digits = 0;
    for (; digits < 5 && is(window.at(at), kHex); ++digits, ++at)
      groups.has_digit |= is(window.at(at), kDigit);
    if (digits == 0) break;
    if (digits > 4) return {};
    groups.end = at;
    ++groups.count;
    if (window.at(at) != ':') break;
    if (window.at(at + 1) == ':') {
      if (groups.has_gap) return {};
      groups.has_gap = true;
      groups.end = at + 2;
      at += 2;
    } else {
      ++at;
    }
  }
  return groups;
}

bool says_version(const Window& window, size_t begin) {
  return has_context(window, begin, "version|ver.|release|section|§");
}

}  // namespace

std::optional<Finding> find_ipv4(const Window& window, size_t digit) {
  if (digit > 0 && window.at(digit - 1) == '.') return std::nullopt;
  const Parsed parsed = parse_ipv4(window, digit);
  if (!parsed.valid || goes_on(window, parsed.end)) return std::nullopt;
  const uint32_t first = parsed.address >> 24;
  if (first == 0 || first == 127 || parsed.address == 0xFFFFFFFF) return std::nullopt;
  const Confidence confidence = says_version(window, digit) ? Confidence::possible : Confidence::likely;
  return Finding{digit, parsed.end, FindingKind::ip, confidence, "ipv4"};
}

std::optional<Finding> find_ipv6(const Window& window, size_t colon) {
  size_t begin = colon;
  while (begin > 0 && colon - begin < 5 && is(window.at(begin - 1), kHex)) --begin;
  if (colon - begin > 4) return std::nullopt;
  if (begin > 0 && (is_alnum(window.at(begin - 1)) || window.at(begin - 1) == ':')) return std::nullopt;
  const Groups groups = parse_groups(window, begin);
  if (!groups.has_digit || (groups.has_gap ? groups.count > 7 || groups.count < 2 : groups.count != 8))
    return std::nullopt;
  const int next = window.at(groups.end);
  if (is_alnum(next) || next == '_' || (next == ':' && is(window.at(groups.end + 1), kHex)))
    return std::nullopt;
  return Finding{begin, groups.end, FindingKind::ip, Confidence::certain, "ipv6"};
}

}  // namespace ferry
