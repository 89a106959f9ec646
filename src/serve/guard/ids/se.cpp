// Personnummer: Skatteverket, SKV 704: date of birth, serial, Luhn over the ten digits; samordningsnummer
// (SKV 707) has 60 added to the day.

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_se_personnummer(std::string_view digits) {
  const long long day = number_at(digits, 4, 2);
  return is_day(number_at(digits, 2, 2), day > 60 ? day - 60 : day) && has_luhn(digits);
}

}  // namespace ferry
