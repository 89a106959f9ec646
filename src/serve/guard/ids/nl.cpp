// Burgerservicenummer: Logisch Ontwerp BSN (RvIG), "elfproef": weights 9 to 2 and -1, sum divisible by 11.

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_nl_bsn(std::string_view digits) {
  int sum = -(digits[8] - '0');
  for (int i = 0; i < 8; ++i) sum += (9 - i) * (digits[i] - '0');
  return sum % 11 == 0 && number_at(digits, 0, 9) != 0;
}

}  // namespace ferry
