#pragma once
// For tests: a console of strings.

#include <sstream>
#include <string>

#include "app/cli/console.h"

namespace ferry::cli {

struct TestConsole {
  explicit TestConsole(std::string input = {}) : in(std::move(input)) {}

  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{in, out, err};
};

}  // namespace ferry::cli
