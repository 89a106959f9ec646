#include "base/core/money.h"

#include <algorithm>
#include <array>

namespace ferry {
namespace {

constexpr Nanomoney kUnit = 1'000'000'000;
constexpr size_t kDecimals = 9;
constexpr size_t kMaxWholeDigits = 10;
constexpr Nanomoney kMost = kUnit * kUnit;  // a billion: nine times as much fits

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Of at most ten digits.
int64_t number_of(std::string_view digits) {
  int64_t number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

Result<Nanomoney> parse_money(std::string_view text) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (whole.empty() || fraction.empty() || !all_digits(whole) || !all_digits(fraction)) {
    return fail(ErrorCode::invalid_argument, "must be an amount such as 10 or 0.25");
  }
  if (fraction.size() > kDecimals) return fail(ErrorCode::invalid_argument, "has more than nine decimals");
  std::array<char, kDecimals> padded{};
  padded.fill('0');
  std::copy(fraction.begin(), fraction.end(), padded.begin());
  const int64_t units = whole.size() > kMaxWholeDigits ? kMost : number_of(whole);
  const Nanomoney amount =
      std::min(units, kMost / kUnit + 1) * kUnit + number_of({padded.data(), padded.size()});
  if (amount > kMost) return fail(ErrorCode::invalid_argument, "must be at most a billion");
  return amount;
}

std::string money_text(Nanomoney amount) {
  const auto magnitude = amount < 0 ? ~static_cast<uint64_t>(amount) + 1 : static_cast<uint64_t>(amount);
  std::string text = fmt::format("{}{}.{:09}", amount < 0 ? "-" : "", magnitude / kUnit, magnitude % kUnit);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace ferry
