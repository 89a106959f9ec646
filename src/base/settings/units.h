#pragma once
// Sizes and durations as people write them: "4GiB", "30s".

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

// A count of bytes that prints and parses as "512", "64KiB", "4GiB", "4GB" (powers of 1000).
struct ByteSize {
  uint64_t bytes = 0;
  auto operator<=>(const ByteSize&) const = default;
};

using Duration = std::chrono::milliseconds;

// "64KiB", "1.5 GiB", "100MB", "4G" (binary, as most tools mean it), "512" (bytes). Negative or
// overflowing values are invalid_argument.
Result<ByteSize> parse_byte_size(std::string_view text);
// The largest binary unit that divides it: "4GiB", "1500".
std::string to_string(ByteSize size);

// "250ms", "30s", "5m", "2h", "1d", "1.5s"; a bare number means seconds.
Result<Duration> parse_duration(std::string_view text);
std::string to_string(Duration duration);

}  // namespace ferry
