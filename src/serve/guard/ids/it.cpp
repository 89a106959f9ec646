// Codice fiscale: Decreto del Ministero delle Finanze 23/12/1976: surname and name (3 letters each), year,
// month letter, day (plus 40 for women), place (a letter and 3 digits), check letter. In numbers that would
// be given twice, digits become letters from the right: L M N P Q R S T U V.

#include <array>

#include "serve/guard/ids/checks.h"

namespace ferry {
namespace {

constexpr std::string_view kOmocodia = "LMNPQRSTUV";
constexpr std::array<int, 36> kOdd{1,  0,  5, 7, 9, 13, 15, 17, 19, 21,               // 0-9
                                   1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,   // A-M
                                   20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};  // N-Z

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

// -1: neither a digit nor the letter of one.
int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  const size_t place = kOmocodia.find(c);
  return place == kOmocodia.npos ? -1 : static_cast<int>(place);
}

bool has_form(std::string_view number) {
  for (size_t i = 0; i < 16; ++i) {
    const bool digit = i == 6 || i == 7 || i == 9 || i == 10 || (i >= 12 && i <= 14);
    if (digit ? digit_of(number[i]) < 0 : !is_capital(number[i])) return false;
  }
  const int day = digit_of(number[9]) * 10 + digit_of(number[10]);
  return std::string_view("ABCDEHLMPRST").find(number[8]) != std::string_view::npos && day % 40 >= 1 &&
         day % 40 <= 31 && day <= 71;
}

}  // namespace

bool is_it_codice_fiscale(std::string_view number) {
  if (!has_form(number)) return false;
  int sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const int place = is_digit(number[i]) ? number[i] - '0' : number[i] - 'A' + 10;
    // The first place is odd.
    sum += i % 2 == 0 ? kOdd[place] : is_digit(number[i]) ? place : place - 10;
  }
  return number[15] == 'A' + sum % 26;
}

}  // namespace ferry
