#include "serve/traffic/exchange_id.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

constexpr uint64_t kVersion = uint64_t{7} << 12;
constexpr uint64_t kVariant = uint64_t{2} << 62;

uint64_t time_bits(int64_t unix_us) {
  const uint64_t us = static_cast<uint64_t>(std::max<int64_t>(unix_us, 0));
  const uint64_t fraction = us % 1000 * 4096 / 1000;  // RFC 9562, 6.2, method 3
  return us / 1000 << 16 | kVersion | fraction;
}

uint64_t random_bits() {
  thread_local Rng rng([] {
    std::random_device device;
    return static_cast<uint64_t>(device()) << 32 | device();
  }());
  return rng.next();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_dash_at(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

ExchangeId ExchangeId::make(int64_t unix_us) {
  return {time_bits(unix_us), kVariant | random_bits() >> 2};
}

ExchangeId ExchangeId::first_at(int64_t unix_us) {
  return {time_bits(unix_us), kVariant};
}

std::optional<ExchangeId> ExchangeId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  ExchangeId id;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_dash_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    id.high = id.high << 4 | id.low >> 60;
    id.low = id.low << 4 | static_cast<uint64_t>(digit);
  }
  return id;
}

std::string ExchangeId::to_string() const {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF,
                     low >> 48, low & 0xFFFFFFFFFFFF);
}

}  // namespace ferry
