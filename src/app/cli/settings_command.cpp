#include "app/cli/configuration.h"
#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kPreface =
    "# Settings\n\n"
    "Each is a flag of `ferry serve` (`--max-body 8MiB`), an environment variable (`FERRY_MAX_BODY=8MiB`) "
    "and a\n"
    "key of the file that `--config` or FERRY_CONFIG names (`max_body: 8MiB`). A flag goes before a "
    "variable, a\n"
    "variable before the file, the file before the default.\n\n";

class SettingsCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about = "Prints every setting with its default and its meaning, as Markdown.",
            .examples = "ferry settings",
            .options = {}};
  }

  Result<int> run(Console& console) override {
    Configuration configuration;
    console.out << kPreface << configuration.settings().markdown();
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> make_settings_command() {
  return std::make_unique<SettingsCommand>();
}

}  // namespace ferry::cli
