#pragma once
// Where a command reads and writes, so that tests can hand it strings.

#include <istream>
#include <ostream>

namespace ferry::cli {

struct Console {
  std::istream& in;
  std::ostream& out;  // what was asked for
  std::ostream& err;  // everything else: progress, hints, errors
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

// Standard input, output and error.
Console system_console();

}  // namespace ferry::cli
