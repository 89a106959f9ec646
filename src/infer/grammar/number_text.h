#pragma once
// The decimal texts of the numbers in an interval.

#include <cstdint>
#include <optional>
#include <string>

#include "base/core/json.h"
#include "infer/grammar/regex_pool.h"

namespace ferry {

// An exact decimal number: no leading zeros in `whole` (but "0"), no trailing ones in `fraction`, no negative
// zero.
struct Decimal {
  bool negative = false;
  std::string whole = "0";
  std::string fraction = {};

  // Doubles are taken to 15 digits, which is how they were written. They must be finite.
  static Decimal of(const json::value& number);
  static Decimal parse(std::string_view text);  // digits with an optional sign, point and exponent
  std::string text() const;
  bool is_zero() const { return whole == "0" && fraction.empty(); }
  bool is_whole() const { return fraction.empty(); }
  Decimal abs() const { return {false, whole, fraction}; }
  bool operator==(const Decimal&) const = default;
};
// <0, 0, >0 as a is less than, equal to, or greater than b.
int compare(const Decimal& a, const Decimal& b);
// a / b is an integer; b > 0. Nothing when the numbers are too long to tell here (more than 1000 digits).
std::optional<bool> is_multiple(const Decimal& a, const Decimal& b);

struct Interval {
  std::optional<Decimal> min = {};
  std::optional<Decimal> max = {};
  bool min_excluded = false;
  bool max_excluded = false;

  void at_least(const Decimal& bound, bool excluded);
  void at_most(const Decimal& bound, bool excluded);
  bool contains(const Decimal& number) const;
};

// Integers as JSON has them. Without bounds on a side, at most 40 digits.
RegexId integers_in(RegexPool& pool, const Interval& interval);
// Numbers without exponent, at most 40 digits (or as many as the bounds have) on each side of the point.
RegexId decimals_in(RegexPool& pool, const Interval& interval);

}  // namespace ferry
