#include "serve/guard/ids/checks.h"

namespace ferry {

bool has_luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    int value = digits[i] - '0';
    if (twice) value = value > 4 ? 2 * value - 9 : 2 * value;
    sum += value;
  }
  return sum % 10 == 0;
}

long long number_at(std::string_view digits, size_t begin, size_t length) {
  long long value = 0;
  for (size_t i = begin; i < begin + length && i < digits.size(); ++i) value = value * 10 + (digits[i] - '0');
  return value;
}

bool is_day(long long month, long long day) {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= (month == 2 ? 29 : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31);
}

}  // namespace ferry
