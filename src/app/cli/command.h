#pragma once
// What a verb of `ferry` is: it declares what it accepts, then runs. Each verb is one file; verbs.cpp lists
// them, command_line.cpp turns declarations into flags.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/cli/console.h"
#include "base/core/result.h"

namespace ferry::cli {

class Configuration;

// A flag ("--json"), an option with a value ("--seed") or a positional argument ("MODEL"): what it is follows
// from the name and the target. What is not given leaves the target as it is.
struct Option {
  using Target = std::variant<bool*, std::string*, std::vector<std::string>*, std::optional<int64_t>*,
                              std::optional<double>*>;

  std::string name;  // "--max-tokens", "-v,--verbose"; positional arguments have no dashes
  Target target;
  std::string help;
  bool required = false;
};

struct Declaration {
  std::string about;     // paragraphs under the usage line
  std::string examples;  // lines at the end of the help
  std::vector<Option> options;
  // For verbs with settings: they are read before the verb runs, and those of the named groups are flags.
  Configuration* configuration = nullptr;
  std::vector<std::string_view> flag_groups = {};
};

class Command {
 public:
  virtual ~Command() = default;
  // The targets must live as long as the command.
  virtual Declaration declare() = 0;
  // The exit code. Errors are printed as "ferry: what" and exit with 1.
  virtual Result<int> run(Console& console) = 0;
};

struct Verb {
  std::string_view name;
  std::string_view summary;                      // one line of `ferry help`
  std::unique_ptr<Command> (*make)() = nullptr;  // null for a verb that others follow
  std::span<const Verb> verbs = {};  // `create` and `list` of `ferry key`; these have none of their own
};

}  // namespace ferry::cli
