#include "serve/route/decimal_shift.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

constexpr size_t kMostDigits = 40;
constexpr int kMostExponent = 30;

std::optional<int> parse_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || exponent < -kMostExponent || exponent > kMostExponent) return std::nullopt;
  return exponent;
}

}  // namespace

std::optional<std::string> shift_decimal(std::string_view number, int places) {
  const size_t e = std::min(number.find_first_of("eE"), number.size());
  int exponent = places;
  if (e < number.size()) {
    const auto written = parse_exponent(number.substr(e + 1));
    if (!written) return std::nullopt;
    exponent += *written;
  }
  const std::string_view mantissa = number.substr(0, e);
  std::string digits;
  for (const char c : mantissa) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (c != '.')
      return std::nullopt;
  }
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  if (digits.empty() || digits.size() > kMostDigits || digits.size() + 1 < mantissa.size())
    return std::nullopt;
  int whole = static_cast<int>(point) + exponent;  // digits before the point
  if (whole <= 0) {
    digits.insert(0, static_cast<size_t>(1 - whole), '0');
    whole = 1;
  }
  if (digits.size() < static_cast<size_t>(whole))
    digits.append(static_cast<size_t>(whole) - digits.size(), '0');
  std::string places_text = digits.substr(static_cast<size_t>(whole));
  places_text.resize(places_text.find_last_not_of('0') + 1);  // npos + 1 is 0
  digits.resize(static_cast<size_t>(whole));
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return places_text.empty() ? digits : digits + "." + places_text;
}

}  // namespace ferry
