#include "app/cli/text_table.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace ferry::cli {
namespace {

size_t code_points(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string scaled(double value, std::span<const std::string_view> units, std::string_view space) {
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}{}", value, decimals, space, units[unit]);
}

}  // namespace

void TextTable::print(std::ostream& out) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], code_points(row[i]));
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - code_points(row[i]) + 2, ' ');
    }
    out << '\n';
  }
}

std::string bytes_text(uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  return scaled(static_cast<double>(bytes), kUnits, " ");
}

std::string count_text(int64_t count) {
  constexpr std::string_view kUnits[] = {"", "K", "M", "B", "T"};
  return scaled(static_cast<double>(count), kUnits, "");
}

}  // namespace ferry::cli
