#include "base/core/nearest.h"

#include <algorithm>
#include <numeric>

namespace ferry {
namespace {

// Longer names are compared by their beginnings: nobody mistypes more, and the cost is quadratic.
constexpr size_t kCompared = 128;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kCompared);
  b = b.substr(0, kCompared);
  std::vector<size_t> two_above;
  std::vector<size_t> above;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    two_above = std::move(above);
    above = std::move(row);
    row.assign(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_first(std::string_view wanted, std::span<const std::string> names) {
  std::vector<std::string> sorted(names.begin(), names.end());
  std::stable_sort(sorted.begin(), sorted.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(wanted, a) < edit_distance(wanted, b);
  });
  return sorted;
}

std::string nearest_name(std::string_view wanted, std::span<const std::string> names) {
  const std::vector<std::string> sorted = nearest_first(wanted, names);
  if (sorted.empty()) return {};
  const size_t tolerated = std::max<size_t>(1, std::min(wanted.size(), sorted.front().size()) / 3);
  return edit_distance(wanted, sorted.front()) <= tolerated ? sorted.front() : std::string();
}

}  // namespace ferry
