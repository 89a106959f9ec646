#include "infer/grammar/number_text.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

constexpr uint32_t kMaxDigits = 40;
constexpr int kMaxExponent = 400;

int compare_whole(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int compare_abs(const Decimal& a, const Decimal& b) {
  const int whole = compare_whole(a.whole, b.whole);
  return whole != 0 ? whole : a.fraction.compare(b.fraction);
}

std::string plus_one(std::string digits) {
  size_t i = digits.size();
  while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
  if (i == 0) return "1" + digits;
  ++digits[i - 1];
  return digits;
}

// digits > 0
std::string minus_one(std::string digits) {
  size_t i = digits.size();
  while (digits[i - 1] == '0') digits[--i] = '9';
  --digits[i - 1];
  if (digits.size() > 1 && digits[0] == '0') digits.erase(0, 1);
  return digits;
}

// Texts of non-negative numbers.
class Digits {
 public:
  explicit Digits(RegexPool& pool) : pool_(pool) {}

  RegexId range(char first, char last) {
    if (first > last) return RegexPool::kNothing;
    return pool_.bytes(ByteSet::range(static_cast<uint8_t>(first), static_cast<uint8_t>(last)));
  }
  RegexId any(uint32_t min, uint32_t max) { return pool_.repeat(range('0', '9'), min, max); }

  // Integers >= the bound, which has no sign.
  RegexId whole_from(std::string_view bound) {
    const auto n = static_cast<uint32_t>(bound.size());
    const uint32_t most = std::max(kMaxDigits, n);
    RegexId same_length = RegexPool::kEmpty;
    for (uint32_t i = n; i > 0; --i) {
      const char digit = bound[i - 1];
      const RegexId greater = pool_.cat(range(static_cast<char>(digit + 1), '9'), any(n - i, n - i));
      same_length = pool_.alt(greater, pool_.cat(range(digit, digit), same_length));
    }
    if (n == most) return same_length;
    return pool_.alt(same_length, pool_.cat(range('1', '9'), any(n, most - 1)));
  }

  RegexId whole_to(std::string_view bound) {
    const auto n = static_cast<uint32_t>(bound.size());
    RegexId same_length = RegexPool::kEmpty;
    for (uint32_t i = n; i > 0; --i) {
      const char digit = bound[i - 1];
      const char least = i == 1 && n > 1 ? '1' : '0';
      const RegexId less = pool_.cat(range(least, static_cast<char>(digit - 1)), any(n - i, n - i));
      same_length = pool_.alt(less, pool_.cat(range(digit, digit), same_length));
    }
    if (n == 1) return same_length;
    const RegexId shorter = n == 2 ? RegexPool::kEmpty : any(0, n - 2);
    return pool_.alt({same_length, range('0', '0'), pool_.cat(range('1', '9'), shorter)});
  }

  RegexId any_fraction() { return pool_.optional(pool_.cat(pool_.literal("."), any(1, kMaxDigits))); }

  RegexId from(const Decimal& bound, bool excluded) {
    const RegexId more = pool_.cat(whole_from(plus_one(bound.whole)), any_fraction());
    return pool_.alt(more, pool_.cat(pool_.literal(bound.whole), fraction_from(bound.fraction, excluded)));
  }

  RegexId to(const Decimal& bound, bool excluded) {
    const RegexId same = pool_.cat(pool_.literal(bound.whole), fraction_to(bound.fraction, excluded));
    if (bound.whole == "0") return same;
    return pool_.alt(same, pool_.cat(whole_to(minus_one(bound.whole)), any_fraction()));
  }

 private:
  RegexId not_all_zeros() {
    return pool_.cat({pool_.repeat(range('0', '0'), 0, kMaxDigits), range('1', '9'), any(0, kMaxDigits)});
  }

  RegexId fraction_from(std::string_view bound, bool excluded) {
    if (bound.empty()) return excluded ? pool_.cat(pool_.literal("."), not_all_zeros()) : any_fraction();
    RegexId rest = excluded ? not_all_zeros() : any(0, kMaxDigits);
    for (size_t i = bound.size(); i > 0; --i) {
      const char digit = bound[i - 1];
      const RegexId greater = pool_.cat(range(static_cast<char>(digit + 1), '9'), any(0, kMaxDigits));
      rest = pool_.alt(greater, pool_.cat(range(digit, digit), rest));
    }
    return pool_.cat(pool_.literal("."), rest);
  }

  RegexId fraction_to(std::string_view bound, bool excluded) {
    const RegexId zeros = pool_.cat(pool_.literal("."), pool_.repeat(range('0', '0'), 1, kMaxDigits));
    if (bound.empty()) return excluded ? RegexPool::kNothing : pool_.optional(zeros);
    RegexId rest = excluded ? RegexPool::kNothing : pool_.repeat(range('0', '0'), 0, kMaxDigits);
    for (size_t i = bound.size(); i > 0; --i) {
      const char digit = bound[i - 1];
      const RegexId less = pool_.cat(range('0', static_cast<char>(digit - 1)), any(0, kMaxDigits));
      rest = pool_.alt(less, pool_.cat(range(digit, digit), rest));
      if (i > 1) rest = pool_.optional(rest);  // ending early is less: the bound has no zeros at its end
    }
    return pool_.optional(pool_.cat(pool_.literal("."), rest));
  }

  RegexPool& pool_;
};

// The interval's numbers without their sign, once of those >= 0 and once of those < 0. `texts` gives the
// texts of numbers from a bound to a bound.
template <class Texts>
RegexId signed_texts(RegexPool& pool, const Interval& interval, Texts texts) {
  const Decimal zero;
  RegexId positive = RegexPool::kNothing;
  if (!interval.max || !interval.max->negative) {
    Interval part = interval;
    part.at_least(zero, false);
    positive = texts(part);
  }
  if (interval.min && !interval.min->negative) return positive;
  Interval mirrored;
  mirrored.at_least(zero, true);
  if (interval.max && interval.max->negative) mirrored.at_least(interval.max->abs(), interval.max_excluded);
  if (interval.min) mirrored.at_most(interval.min->abs(), interval.min_excluded);
  return pool.alt(positive, pool.cat(pool.literal("-"), texts(mirrored)));
}

}  // namespace

Decimal Decimal::parse(std::string_view text) {
  Decimal decimal;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != text.npos) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    exponent = std::clamp(exponent, -kMaxExponent, kMaxExponent);
    text = text.substr(0, e);
  }
  const size_t point = std::min(text.find('.'), text.size());
  decimal.whole = text.substr(0, point);
  decimal.fraction = text.substr(std::min(point + 1, text.size()));
  for (; exponent > 0; --exponent) {
    decimal.whole += decimal.fraction.empty() ? '0' : decimal.fraction[0];
    if (!decimal.fraction.empty()) decimal.fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    decimal.fraction.insert(0, 1, decimal.whole.empty() ? '0' : decimal.whole.back());
    if (!decimal.whole.empty()) decimal.whole.pop_back();
  }
  decimal.whole.erase(0, std::min(decimal.whole.find_first_not_of('0'), decimal.whole.size()));
  if (decimal.whole.empty()) decimal.whole = "0";
  while (decimal.fraction.ends_with('0')) decimal.fraction.pop_back();
  decimal.negative = negative && !decimal.is_zero();
  return decimal;
}

Decimal Decimal::of(const json::value& number) {
  if (number.is_int64()) return parse(fmt::format("{}", number.get_int64()));
  if (number.is_uint64()) return parse(fmt::format("{}", number.get_uint64()));
  return parse(fmt::format("{:.15g}", number.get_double()));
}

std::string Decimal::text() const {
  std::string out = negative ? "-" + whole : whole;
  return fraction.empty() ? out : out + "." + fraction;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  return a.negative ? compare_abs(b, a) : compare_abs(a, b);
}

std::optional<bool> is_multiple(const Decimal& a, const Decimal& b) {
  // Both as integers in units of the longer fraction; long division by the digits of a.
  const size_t places = std::max(a.fraction.size(), b.fraction.size());
  const auto scaled = [&](const Decimal& d) {
    return d.whole + d.fraction + std::string(places - d.fraction.size(), '0');
  };
  const std::string divisor_digits = scaled(b);
  const std::string digits = scaled(a);
  uint64_t divisor = 0;
  const auto [end, error] =
      std::from_chars(divisor_digits.data(), divisor_digits.data() + divisor_digits.size(), divisor);
  if (error != std::errc() || divisor == 0 || divisor > UINT64_MAX / 16 || digits.size() > 1000)
    return std::nullopt;
  uint64_t rest = 0;
  for (const char digit : digits) rest = (rest * 10 + static_cast<uint64_t>(digit - '0')) % divisor;
  return rest == 0;
}

void Interval::at_least(const Decimal& bound, bool excluded) {
  const int order = min ? compare(bound, *min) : 1;
  if (order > 0) {
    min = bound;
    min_excluded = excluded;
  } else if (order == 0) {
    min_excluded |= excluded;
  }
}

void Interval::at_most(const Decimal& bound, bool excluded) {
  const int order = max ? compare(bound, *max) : -1;
  if (order < 0) {
    max = bound;
    max_excluded = excluded;
  } else if (order == 0) {
    max_excluded |= excluded;
  }
}

bool Interval::contains(const Decimal& number) const {
  if (min) {
    const int order = compare(number, *min);
    if (order < 0 || (order == 0 && min_excluded)) return false;
  }
  if (max) {
    const int order = compare(number, *max);
    if (order > 0 || (order == 0 && max_excluded)) return false;
  }
  return true;
}

RegexId integers_in(RegexPool& pool, const Interval& interval) {
  return signed_texts(pool, interval, [&](const Interval& part) {
    Digits digits(pool);
    // Both bounds are not negative here. Up to the next integer, down to the last.
    const bool up = !part.min->is_whole() || part.min_excluded;
    const RegexId from = digits.whole_from(up ? plus_one(part.min->whole) : part.min->whole);
    if (!part.max) return from;
    const bool down = part.max->is_whole() && part.max_excluded;
    if (down && part.max->whole == "0") return RegexPool::kNothing;
    return pool.both(from, digits.whole_to(down ? minus_one(part.max->whole) : part.max->whole));
  });
}

RegexId decimals_in(RegexPool& pool, const Interval& interval) {
  return signed_texts(pool, interval, [&](const Interval& part) {
    Digits digits(pool);
    const RegexId from = digits.from(*part.min, part.min_excluded);
    return part.max ? pool.both(from, digits.to(*part.max, part.max_excluded)) : from;
  });
}

}  // namespace ferry
