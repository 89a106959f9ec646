#pragma once
// A frame of `ferry top` as lines of text.

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/top_reading.h"

namespace ferry::cli {

struct TopSize {
  int columns = 80;
  int lines = 0;  // 0: as many as there are
};

// The tables of routes, targets and keys. No line is longer than the columns (in code points), nor has a
// control character, whatever the server calls its routes. Where there are more rows than lines, the last
// ones of each table are left out, and said so.
std::vector<std::string> top_lines(const TopFrame& frame, std::string_view server, TopSize size);

// At most `columns` code points, none of which a terminal would obey.
std::string plain_text(std::string_view text, size_t columns);

// "0.4ms", "32ms", "1.20s", "320s": at most six characters.
std::string seconds_text(double seconds);

}  // namespace ferry::cli
