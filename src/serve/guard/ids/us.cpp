// SSN: Social Security Administration, "Social Security Number Randomization": area 000, 666 and 900 to 999,
// group 00 and serial 0000 are never given; 078-05-1120 and 219-09-9999 were printed as samples.
// ITIN: Internal Revenue Service, Publication 1915 and IRM 3.21.263: 9xx, fourth and fifth digit 50-65,
// 70-88, 90-92, 94-99.

#include "serve/guard/ids/checks.h"

namespace ferry {

bool is_us_ssn(std::string_view digits) {
  const long long area = number_at(digits, 0, 3);
  if (area == 0 || area == 666 || area >= 900) return false;
  if (digits == "078051120" || digits == "219099999" || digits == "457555462") return false;
  return number_at(digits, 3, 2) != 0 && number_at(digits, 5, 4) != 0;
}

bool is_us_itin(std::string_view digits) {
  const long long group = number_at(digits, 3, 2);
  return digits[0] == '9' && group >= 50 && group != 66 && group != 67 && group != 68 && group != 69 &&
         group != 89 && group != 93;
}

}  // namespace ferry
