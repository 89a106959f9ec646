#pragma once
// From the words after `ferry` to a verb that runs, with help and with messages that say what was meant.

#include <span>
#include <string>
#include <vector>

#include "app/cli/command.h"

namespace ferry::cli {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line itself is wrong

// `words` are the arguments without the program's name. Returns the exit code; never throws.
int run_command_line(std::span<const Verb> verbs, const std::vector<std::string>& words, Console& console);

}  // namespace ferry::cli
