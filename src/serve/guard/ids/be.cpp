// Rijksregisternummer / numéro national: Royal Decree of 3 April 1984: date of birth, serial, and 97 minus
// the nine digits modulo 97, with a 2 before them for births from 2000 on. The month is 20 or 40 higher in a
// bis number (Royal Decree of 8 February 1991), 0 where it is not known.

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_be_national(std::string_view digits) {
  const long long month = number_at(digits, 2, 2);
  if (month > 52 || month % 20 > 12 || number_at(digits, 4, 2) > 31) return false;
  const long long number = number_at(digits, 0, 9);
  const long long check = number_at(digits, 9, 2);
  return 97 - number % 97 == check || 97 - (2'000'000'000 + number) % 97 == check;
}

}  // namespace ferry
