// DNI and NIE: Ministerio del Interior, "Cálculo del dígito de control del NIF-NIE": the number modulo 23
// picks a letter; X, Y and Z stand for 0, 1 and 2.

#include <string>

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_es_dni(std::string_view number) {
  return "TRWAGMYFPDXBNJZSQVHLCKE"[number_at(number, 0, 8) % 23] == number[8];
}

bool is_es_nie(std::string_view number) {
  std::string digits(number);
  digits[0] = static_cast<char>('0' + (number[0] - 'X'));
  return number[0] >= 'X' && number[0] <= 'Z' && is_es_dni(digits);
}

}  // namespace ferry
