// NINO: HMRC, National Insurance Manual NIM39110: neither letter of the prefix is D, F, I, Q, U or V, the
// second is not O, and BG, GB, NK, KN, TN, NT and ZZ are not given; the suffix is A to D.
// NHS number: NHS Data Dictionary: weights 10 to 2, check digit 11 minus the sum modulo 11 (11 is 0; 10 is
// not given).

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_uk_nino(std::string_view number) {
  constexpr std::string_view kNeither = "DFIQUV";
  if (kNeither.find(number[0]) != kNeither.npos || kNeither.find(number[1]) != kNeither.npos) return false;
  if (number[1] == 'O') return false;
  const std::string_view prefix = number.substr(0, 2);
  for (const std::string_view never : {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}) {
    if (prefix == never) return false;
  }
  return number[8] >= 'A' && number[8] <= 'D';
}

bool is_uk_nhs(std::string_view digits) {
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += (10 - i) * (digits[i] - '0');
  const int check = (11 - sum % 11) % 11;
  return check == digits[9] - '0' && digits != "0000000000";
}

}  // namespace ferry
