#pragma once
// The name of an exchange: a UUID of version 7 (RFC 9562), so that ids sort by the time they were made.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

struct ExchangeId {
  uint64_t high =
      0;             // 48 bits of milliseconds since 1970, the version, 12 bits of the millisecond's fraction
  uint64_t low = 0;  // the variant, 62 random bits

  // Any thread; no locks. Two made at the same microsecond differ in their random bits only, which are good
  // for uniqueness, not for secrecy.
  static ExchangeId make(int64_t unix_us);
  // The smallest id of this moment or later: for ranges.
  static ExchangeId first_at(int64_t unix_us);
  // What to_string() wrote, in either case.
  static std::optional<ExchangeId> parse(std::string_view text);

  int64_t unix_ms() const { return static_cast<int64_t>(high >> 16); }
  std::string to_string() const;  // "019ab3c4-d5e6-7f01-8234-56789abcdef0"

  auto operator<=>(const ExchangeId&) const = default;
};

}  // namespace ferry
