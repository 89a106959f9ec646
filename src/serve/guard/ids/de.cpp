// Steuerliche Identifikationsnummer: Bundeszentralamt für Steuern, "Identifikationsnummer, Struktur und
// Prüfziffer": ISO 7064 MOD 11,10; not 0 at the beginning; of the first ten digits exactly one comes two or
// three times (three times since 2016) and the others at most once.

#include <algorithm>
#include <array>

#include "serve/guard/ids/checks.h"

namespace ferry {
namespace {

bool repeats_as_it_must(std::string_view digits) {
  std::array<int, 10> counts{};
  for (const char digit : digits) ++counts[static_cast<unsigned>(digit - '0') % 10];
  const auto twice = std::count(counts.begin(), counts.end(), 2);
  const auto thrice = std::count(counts.begin(), counts.end(), 3);
  return twice + thrice == 1 && std::count_if(counts.begin(), counts.end(), [](int n) { return n > 3; }) == 0;
}

}  // namespace

bool is_de_steuer_id(std::string_view digits) {
  if (digits[0] == '0' || !repeats_as_it_must(digits.substr(0, 10))) return false;
  int product = 10;
  for (int i = 0; i < 10; ++i) {
    int sum = (digits[i] - '0' + product) % 10;
    if (sum == 0) sum = 10;
    product = 2 * sum % 11;
  }
  return (11 - product) % 10 == digits[10] - '0';
}

}  // namespace ferry
