#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "base/core/json.h"
#include "infer/hub/hub.h"

namespace ferry::cli {
namespace {

class ListCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Lists the models on this machine: those in FERRY_HOME/models (~/.ferry/models where it is "
                "not set) and those that came with Ferry.",
            .examples = "ferry list\nferry list --json",
            .options = {{"--json", &json_, "print a JSON array"}}};
  }

  Result<int> run(Console& console) override {
    const HubFolders folders = HubFolders::from_environment();
    const std::vector<LocalModel> models = list_models(folders);
    if (json_) {
      print_json(console, models);
    } else if (models.empty()) {
      console.err << "There are no models yet: put one into " << (folders.home / "models").string() << ".\n";
    } else {
      print_table(console, models);
    }
    return 0;
  }

 private:
  static void print_table(Console& console, const std::vector<LocalModel>& models) {
    TextTable table;
    table.add({"NAME", "FORMAT", "SIZE", "PATH"});
    for (const LocalModel& model : models) {
      table.add({model.name, model.format, bytes_text(model.bytes),
                 model.path.string() + (model.bundled ? " (bundled)" : "")});
    }
    table.print(console.out);
  }

  static void print_json(Console& console, const std::vector<LocalModel>& models) {
    std::string text;
    JsonWriter w(text);
    w.begin_array();
    for (const LocalModel& model : models) {
      w.begin_object();
      w.member("name", model.name);
      w.member("format", model.format);
      w.member("bytes", model.bytes);
      w.member("path", model.path.string());
      w.member("bundled", model.bundled);
      w.end_object();
    }
    w.end_array();
    console.out << text << '\n';
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_list_command() {
  return std::make_unique<ListCommand>();
}

}  // namespace ferry::cli
