#pragma once
// Groups of digits with single separators between them: "078-05-1120", "4111 1111 1111 1111".

#include <array>
#include <cstddef>
#include <string_view>

#include "serve/guard/window.h"

namespace ferry {

struct DigitGroup {
  size_t begin = 0;
  int digits = 0;
  char separator = 0;  // after it, before the next group; 0: the last. A no-break space counts as ' '
};

// The run that begins at a digit. Longer ones are read up to these limits.
struct NumberRun {
  static constexpr int kMaxGroups = 8;
  static constexpr int kMaxDigits = 24;  // of a group and of all; a group that is longer has kMaxDigits + 1

  std::array<DigitGroup, kMaxGroups> groups{};
  int count = 0;
  std::array<char, kMaxDigits + 1> digits{};
  int total = 0;
};

NumberRun read_number_run(const Window& window, size_t begin);

// How many groups the form takes when the run begins with it, and ends there or goes on behind a separator
// that no number goes over ("." and "-" join, and so does a letter); 0: it does not. A form is lengths and
// separators: "3-2-4".
int match_form(const Window& window, const NumberRun& run, std::string_view form);

// Of the first `groups`.
std::string_view digits_of(const NumberRun& run, int groups);
size_t end_of(const NumberRun& run, int groups);

}  // namespace ferry
