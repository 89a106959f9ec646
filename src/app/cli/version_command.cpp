#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

class VersionCommand final : public Command {
 public:
  Declaration declare() override { return {.about = "Prints the version.", .examples = {}, .options = {}}; }

  Result<int> run(Console& console) override {
    console.out << "ferry " FERRY_VERSION "\n";
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> make_version_command() {
  return std::make_unique<VersionCommand>();
}

}  // namespace ferry::cli
