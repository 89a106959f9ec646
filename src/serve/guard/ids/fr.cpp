// Numéro d'inscription au répertoire: INSEE, arrêté du 22 janvier 1982 on the RNIPP: sex, year, month, place
// of birth, serial; key = 97 - number modulo 97, with 2A as 19 and 2B as 18 for Corsica.
// Months: 1 to 12, 20 to 42 and 50 to 99 where the month is not known.

#include <string>

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_fr_nir(std::string_view number) {
  std::string digits(number);
  if (digits[5] == '2' && digits[6] == 'A') digits.replace(5, 2, "19");
  if (digits[5] == '2' && digits[6] == 'B') digits.replace(5, 2, "18");
  const char sex = digits[0];
  if (sex != '1' && sex != '2' && sex != '3' && sex != '4' && sex != '7' && sex != '8') return false;
  const long long month = number_at(digits, 3, 2);
  if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
  return 97 - number_at(digits, 0, 13) % 97 == number_at(digits, 13, 2);
}

}  // namespace ferry
