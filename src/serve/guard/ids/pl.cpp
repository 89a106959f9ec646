// PESEL: Ustawa o ewidencji ludności (Dz.U. 2010 nr 217 poz. 1427), art. 15-19: date of birth with the
// century in the month (+80: 1800, +0: 1900, +20: 2000, …), weights 1 3 7 9.

#include <array>

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_pl_pesel(std::string_view digits) {
  constexpr std::array<int, 4> kWeights{1, 3, 7, 9};
  int sum = digits[10] - '0';
  for (int i = 0; i < 10; ++i) sum += kWeights[i % 4] * (digits[i] - '0');
  return sum % 10 == 0 && is_day(number_at(digits, 2, 2) % 20, number_at(digits, 4, 2));
}

}  // namespace ferry
