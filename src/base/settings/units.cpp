#include "base/settings/units.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

namespace ferry {
namespace {

struct Unit {
  std::string_view name;  // lower case
  double factor;
};

constexpr Unit kByteUnits[] = {
    {"", 1},         {"b", 1},      {"k", 0x1p10},   {"kb", 1e3},     {"kib", 0x1p10},
    {"m", 0x1p20},   {"mb", 1e6},   {"mib", 0x1p20}, {"g", 0x1p30},   {"gb", 1e9},
    {"gib", 0x1p30}, {"t", 0x1p40}, {"tb", 1e12},    {"tib", 0x1p40},
};

constexpr Unit kTimeUnits[] = {{"", 1e3},     {"ms", 1},     {"s", 1e3},    {"m", 60e3},
                               {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

// The number and the factor of the unit behind it, multiplied; nothing where the text is no such thing.
std::optional<double> parse_quantity(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::string name;
  for (const char c : rest) name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  for (const Unit& unit : units) {
    if (name == unit.name) return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

Result<ByteSize> parse_byte_size(std::string_view text) {
  const std::optional<double> bytes = parse_quantity(text, kByteUnits);
  if (!bytes) return fail(ErrorCode::invalid_argument, "must be a size such as 512MiB or 4GiB");
  if (*bytes > 0x1p53) return fail(ErrorCode::invalid_argument, "must be at most 8PiB");
  return ByteSize{static_cast<uint64_t>(*bytes)};
}

std::string to_string(ByteSize size) {
  constexpr std::string_view names[] = {"", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  uint64_t number = size.bytes;
  while (number != 0 && number % 1024 == 0 && unit + 1 < std::size(names)) {
    number /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", number, names[unit]);
}

Result<Duration> parse_duration(std::string_view text) {
  const std::optional<double> ms = parse_quantity(text, kTimeUnits);
  if (!ms) return fail(ErrorCode::invalid_argument, "must be a duration such as 500ms, 30s or 5m");
  // Beyond a century, and near where clocks overflow, nobody means it.
  if (*ms > 3.2e12) return fail(ErrorCode::invalid_argument, "must be at most a century");
  return Duration(static_cast<int64_t>(std::llround(*ms)));
}

std::string to_string(Duration duration) {
  const int64_t ms = duration.count();
  if (ms == 0) return "0s";
  if (ms % 86400000 == 0) return fmt::format("{}d", ms / 86400000);
  if (ms % 3600000 == 0) return fmt::format("{}h", ms / 3600000);
  if (ms % 60000 == 0) return fmt::format("{}m", ms / 60000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

}  // namespace ferry
