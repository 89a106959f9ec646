#include <iterator>

#include "app/cli/gateway_check.h"
#include "app/cli/gateway_file.h"
#include "app/cli/verbs.h"
#include "base/core/file.h"
#include "base/settings/yaml.h"
#include "serve/route/config_diff.h"
#include "serve/route/config_fields.h"
#include "serve/route/config_history.h"
#include "serve/route/litellm_import.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kFileHelp = "the configuration; the file of FERRY_CONFIG where it is not given";
constexpr std::string_view kDataHelp = "the data folder, where it is not the one of the settings";
constexpr int kDiffers = 1;  // exit code, as diff(1) has it

std::string count_text(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

class ConfigCheckCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Reads a configuration as `ferry serve` would and tells everything that is wrong in it, each "
                "with its "
                "line; then whether the keys that it names are here.",
            .examples = "ferry config check ferry.yaml\nferry config check --no-secrets ferry.yaml",
            .options = {{"FILE", &file_, std::string(kFileHelp)},
                        {"--no-secrets", &no_secrets_,
                         "do not look at variables and files of keys: they are on another machine"}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const GatewayFile file, good_gateway_file(file_));
    for (const ConfigProblem& warning : file.reading.warnings)
      console.err << "warning: " << warning.text(file.path.string()) << '\n';
    const GatewayConfig& config = *file.reading.config;
    if (!no_secrets_) FERRY_TRY_VOID(check_secrets(config));
    console.out << fmt::format(
        "{} is good: {}, {}, {}\n", file.path.string(), count_text(config.providers.size(), "provider"),
        count_text(config.targets.size(), "target"), count_text(config.routes.size(), "route"));
    return 0;
  }

 private:
  std::string file_;
  bool no_secrets_ = false;
};

class ConfigDiffCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Tells what a configuration would change of the one that was applied last, by meaning: "
                "order, comments "
                "and defaults written out are no change. Exits with 1 where there is a change.",
            .examples = "ferry config diff ferry.yaml",
            .options = {{"FILE", &file_, std::string(kFileHelp)},
                        {"--data-dir", &data_dir_, std::string(kDataHelp)}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const GatewayFile file, good_gateway_file(file_));
    FERRY_TRY(const auto folder, config_history_folder(data_dir_, file.path.string()));
    FERRY_TRY(const GatewayConfigPtr before, last_applied(ConfigHistory(folder), file.path.parent_path()));
    if (!before) console.err << "No configuration was applied yet.\n";
    const std::vector<ConfigDifference> changes = diff_configs(before.get(), *file.reading.config);
    console.out << diff_text(changes);
    return changes.empty() ? 0 : kDiffers;
  }

 private:
  static Result<GatewayConfigPtr> last_applied(const ConfigHistory& history,
                                               const std::filesystem::path& folder) {
    FERRY_TRY(const std::vector<AppliedConfig> applied, history.list());
    if (applied.empty()) return GatewayConfigPtr();
    FERRY_TRY(const std::string yaml, history.text(applied.back().digest));
    ConfigReading reading = read_gateway_config(yaml, {.folder = folder});
    if (!reading.config) return tl::unexpected(reading.error("the configuration that was applied last"));
    return reading.config;
  }

  std::string file_;
  std::string data_dir_;
};

class ConfigHistoryCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Lists the configurations that were applied, the newest first; with a digest, prints that one.",
        .examples = "ferry config history\nferry config history 3f8a2c",
        .options = {{"DIGEST", &digest_, "the first digits of one"},
                    {"--data-dir", &data_dir_, std::string(kDataHelp)}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const auto folder, config_history_folder(data_dir_, ""));
    const ConfigHistory history(folder);
    if (!digest_.empty()) {
      FERRY_TRY(const std::string yaml, history.text(digest_));
      console.out << yaml;
      return 0;
    }
    FERRY_TRY(const std::vector<AppliedConfig> applied, history.list());
    for (auto one = applied.rbegin(); one != applied.rend(); ++one)
      console.out << fmt::format("{}  {}\n", one->time, one->digest.substr(0, 12));
    return 0;
  }

 private:
  std::string digest_;
  std::string data_dir_;
};

class ConfigRollbackCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Writes a configuration that was applied back into its file: the one before the last, or the "
                "one whose "
                "digest is given. A running `ferry serve` sees it and takes it.",
            .examples = "ferry config rollback ferry.yaml\nferry config rollback ferry.yaml --to 3f8a2c",
            .options = {{"FILE", &file_, "the file to write", true},
                        {"--to", &digest_, "the first digits of its digest (`ferry config history`)"},
                        {"--data-dir", &data_dir_, std::string(kDataHelp)}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const auto folder, config_history_folder(data_dir_, file_));
    const ConfigHistory history(folder);
    if (digest_.empty()) {
      FERRY_TRY(digest_, before_the_last(history));
    }
    FERRY_TRY(const std::string yaml, history.text(digest_));
    FERRY_TRY_VOID(write_file_atomic(file_, yaml));
    console.out << fmt::format("{} is {} again\n", file_, digest_.substr(0, 12));
    return 0;
  }

 private:
  static Result<std::string> before_the_last(const ConfigHistory& history) {
    FERRY_TRY(const std::vector<AppliedConfig> applied, history.list());
    if (applied.size() < 2) return fail(ErrorCode::not_found, "no configuration was applied before this one");
    return applied[applied.size() - 2].digest;
  }

  std::string file_;
  std::string digest_;
  std::string data_dir_;
};

class ConfigImportCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Turns the configuration of a LiteLLM proxy into one of Ferry's, on standard output. What has no "
            "counterpart is listed on standard error and as comments; keys are not copied.",
        .examples = "ferry config import litellm.yaml > ferry.yaml",
        .options = {{"FILE", &file_, "LiteLLM's config.yaml", true}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const std::string yaml, read_file(file_, YamlLimits().max_bytes));
    auto imported = import_litellm(yaml);
    if (!imported) return tl::unexpected(std::move(imported).error().within(file_));
    console.out << imported->yaml;
    for (const std::string& note : imported->notes) console.err << note << '\n';
    const ConfigReading reading = read_gateway_config(imported->yaml);
    if (!reading.config) return tl::unexpected(reading.error("what was imported still needs work"));
    return 0;
  }

 private:
  std::string file_;
};

class ConfigFieldsCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Prints every field of the gateway's configuration with its default and its meaning, as "
                "Markdown.",
            .examples = "ferry config fields",
            .options = {}};
  }

  Result<int> run(Console& console) override {
    console.out << fields_markdown();
    return 0;
  }
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

}  // namespace

std::span<const Verb> config_verbs() {
  static const Verb kVerbs[] = {
      {"check", "tell everything that is wrong in a configuration", make<ConfigCheckCommand>},
      {"diff", "tell what a configuration would change", make<ConfigDiffCommand>},
      {"history", "list the configurations that were applied", make<ConfigHistoryCommand>},
      {"rollback", "bring one of them back", make<ConfigRollbackCommand>},
      {"import", "turn LiteLLM's configuration into Ferry's", make<ConfigImportCommand>},
      {"fields", "print every field with its meaning", make<ConfigFieldsCommand>},
  };
  return kVerbs;
}

}  // namespace ferry::cli
