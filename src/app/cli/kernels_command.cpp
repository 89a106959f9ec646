#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "infer/kernels/kernels.h"

namespace ferry::cli {
namespace {

class KernelsCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Lists the kernel tables in this binary, the best first: which instruction sets each needs, "
                "whether this machine has them, and which one is used unless the setting `kernels` says "
                "otherwise.",
            .examples = "ferry kernels\nferry serve --kernels reference",
            .options = {}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const kernels::KernelTable* chosen, kernels::choose_table());
    TextTable table;
    table.add({"NAME", "HERE", "NEEDS"});
    for (const kernels::KernelTable* candidate : kernels::all_tables()) {
      const char* here = candidate == chosen ? "used" : candidate->supported() ? "yes" : "no";
      table.add({std::string(candidate->name), here, std::string(candidate->description)});
    }
    table.print(console.out);
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> make_kernels_command() {
  return std::make_unique<KernelsCommand>();
}

}  // namespace ferry::cli
