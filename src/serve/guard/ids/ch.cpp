// AHV/AVS number: Bundesamt für Sozialversicherungen, NAVS13: country 756 and the check digit of EAN-13
// (GS1 General Specifications, 7.9).

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_ch_ahv(std::string_view digits) {
  int sum = 0;
  for (int i = 0; i < 13; ++i) sum += (i % 2 == 0 ? 1 : 3) * (digits[i] - '0');
  return digits.substr(0, 3) == "756" && sum % 10 == 0;
}

}  // namespace ferry
