#include "app/cli/console.h"

#include <iostream>

#include <unistd.h>

namespace ferry::cli {

Console system_console() {
  return {std::cin,
          std::cout,
          std::cerr,
          ::isatty(STDIN_FILENO) == 1,
          ::isatty(STDOUT_FILENO) == 1,
          ::isatty(STDERR_FILENO) == 1};
}

}  // namespace ferry::cli
