#include "app/cli/command_line.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "app/cli/configuration.h"
#include "app/cli/text_table.h"
#include "base/core/nearest.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kIntroduction =
    "Ferry serves open-weight language models from one binary: to a terminal, and to\n"
    "applications over OpenAI's API.\n";

constexpr std::string_view kFirstSteps =
    "First steps:\n"
    "  ferry list                  which models are there\n"
    "  ferry run pilot             talk to the one that comes with Ferry\n"
    "  ferry serve pilot           serve it on http://127.0.0.1:8080/v1\n"
    "\n"
    "`ferry help VERB` says more about one verb.\n";

constexpr size_t kWidth = 80;  // of help text

const Verb* find_verb(std::span<const Verb> verbs, std::string_view name) {
  const auto found =
      std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name == name; });
  return found == verbs.end() ? nullptr : &*found;
}

void print_verbs(std::span<const Verb> verbs, std::ostream& out) {
  out << "Verbs:\n";
  TextTable table;
  for (const Verb& verb : verbs) table.add({"  " + std::string(verb.name), std::string(verb.summary)});
  table.print(out);
}

void print_help(std::span<const Verb> verbs, std::ostream& out) {
  out << kIntroduction << "\nUsage: ferry VERB [OPTIONS]\n\n";
  print_verbs(verbs, out);
  out << '\n' << kFirstSteps;
}

void print_group_help(const Verb& group, std::ostream& out) {
  out << fmt::format("Usage: ferry {} VERB [OPTIONS]\n\n", group.name);
  print_verbs(group.verbs, out);
  out << fmt::format("\n`ferry {} VERB --help` says more about one of them.\n", group.name);
}

int usage_error(Console& console, std::string_view what, std::string_view help) {
  console.err << "ferry: " << what << "\nTry `" << help << "`.\n";
  return kExitUsage;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(wanted, names);
  return nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest);
}

std::string unknown_verb(std::string_view word, std::span<const Verb> verbs) {
  std::vector<std::string> names = {"help"};
  for (const Verb& verb : verbs) names.emplace_back(verb.name);
  return fmt::format("there is no verb \"{}\"{}", word, did_you_mean(word, names));
}

std::string unknown_word(std::string_view word, const CLI::App& app) {
  if (!word.starts_with('-')) return fmt::format("there is one argument too many: \"{}\"", word);
  const std::string flag(word.substr(0, word.find('=')));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return fmt::format("there is no option {}{}", flag, did_you_mean(flag, names));
}

void add_option(CLI::App& app, const Option& option) {
  const auto add = [&](auto* target) -> CLI::Option* {
    using T = std::remove_pointer_t<decltype(target)>;
    if constexpr (std::is_same_v<T, bool>) {
      return app.add_flag(option.name, *target, option.help);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      // A repeated option takes one word each time; what follows may be an argument.
      CLI::Option* list = app.add_option(option.name, *target, option.help);
      return option.name.starts_with('-') ? list->allow_extra_args(false) : list;
    } else {
      return app.add_option(option.name, *target, option.help);
    }
  };
  CLI::Option* added = std::visit(add, option.target);
  if (option.required) added->required();
}

// Lines of at most kWidth characters; line breaks stay.
std::string wrapped(std::string_view text) {
  std::string out;
  size_t column = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    if (column > 0 && column + 1 + (end - begin) > kWidth) {
      out += '\n';
      column = 0;
    }
    if (column > 0) out += ' ';
    column += (end - begin) + (column > 0 ? 1 : 0);
    out += text.substr(begin, end - begin);
    if (end < text.size() && text[end] == '\n') {
      out += '\n';
      column = 0;
    }
    begin = end + 1;
  }
  return out;
}

// CLI11 puts two empty lines between groups.
std::string help_text(const CLI::App& app) {
  std::string text = app.help();
  for (size_t at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at))
    text.erase(at, 1);
  return text;
}

void describe(CLI::App& app, const Declaration& declaration) {
  app.description(wrapped(declaration.about) + "\n");
  if (!declaration.examples.empty()) {
    std::string footer = "Examples:\n  " + declaration.examples;
    for (size_t at = footer.find('\n', 11); at != std::string::npos; at = footer.find('\n', at + 1)) {
      footer.insert(at + 1, "  ");
    }
    app.footer(footer);
  }
  app.get_formatter()->column_width(34);
}

// The words that were given for each setting's flag.
using GivenFlags = std::map<std::string, std::vector<std::string>>;

// "an integer" -> "INTEGER", "a list, separated by commas" -> "LIST".
std::string value_name(const Setting& setting) {
  if (!setting.choice_names().empty()) return fmt::format("{}", fmt::join(setting.choice_names(), "|"));
  std::string_view type = setting.type();
  type = type.substr(0, type.find(','));
  std::string name(type.substr(type.rfind(' ') + 1));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return name;
}

void add_setting(CLI::App& app, const Setting& setting, const std::string& group, GivenFlags& given) {
  std::vector<std::string>& values = given[setting.name()];
  if (setting.is_switch()) {
    app.add_flag(setting.flag(), values, setting.help())->group(group);
    return;
  }
  CLI::Option* option = app.add_option(setting.flag(), values, setting.help())->group(group);
  option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  const std::string builtin = setting.default_text();
  option->option_text(value_name(setting) + (builtin.empty() ? "" : fmt::format(" [{}]", builtin)));
}

void add_settings(CLI::App& app, const Declaration& declaration, std::string& config_file,
                  GivenFlags& given) {
  if (declaration.configuration == nullptr) return;
  app.add_option("--config", config_file,
                 "YAML file with settings; flags and FERRY_... variables go before it")
      ->option_text("FILE");
  const auto& settings = declaration.configuration->settings().all();
  for (const Configuration::Group& group : declaration.configuration->groups()) {
    const auto& flags = declaration.flag_groups;
    if (std::find(flags.begin(), flags.end(), group.title) == flags.end()) continue;
    for (size_t i = group.begin; i < group.end; ++i) add_setting(app, settings[i], group.title, given);
  }
}

Result<void> apply_settings(const Declaration& declaration, const std::string& config_file,
                            const GivenFlags& given) {
  if (declaration.configuration == nullptr) return {};
  for (Setting& setting : declaration.configuration->settings().all()) {
    const auto found = given.find(setting.name());
    if (found == given.end() || found->second.empty()) continue;
    const std::string value = fmt::format("{}", fmt::join(found->second, ","));
    FERRY_TRY_VOID(setting.set(value, SettingSource::flag, setting.flag()));
  }
  return declaration.configuration->load(config_file);
}

int report(const Result<int>& result, Console& console) {
  if (!result) {
    console.out.flush();
    console.err << "ferry: " << result.error().message << '\n';
    return kExitFailure;
  }
  // Somebody closed the pipe, or the disk is full: there is nobody to tell, but it is no success.
  return console.out.flush().good() ? *result : kExitFailure;
}

bool asks_for_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

// `name` is what was typed to get here: "ferry list", "ferry key create".
int run_leaf(const Verb& verb, const std::string& name, std::vector<std::string> words, Console& console) {
  const std::unique_ptr<Command> command = verb.make();
  const Declaration declaration = command->declare();
  CLI::App app("", name);
  app.set_help_flag("-h,--help", "print this help");
  app.allow_extras();
  describe(app, declaration);
  for (const Option& option : declaration.options) add_option(app, option);
  std::string config_file;
  GivenFlags given;
  add_settings(app, declaration, config_file, given);
  try {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the end
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    console.out << help_text(app);
    return report(0, console);
  } catch (const CLI::ParseError& error) {
    return usage_error(console, error.what(), name + " --help");
  }
  if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) {
    return usage_error(console, unknown_word(extra.front(), app), name + " --help");
  }
  if (const auto applied = apply_settings(declaration, config_file, given); !applied) {
    return usage_error(console, applied.error().message, name + " --help");
  }
  return report(command->run(console), console);
}

int run_group(const Verb& group, const std::vector<std::string>& words, Console& console) {
  const std::string name = fmt::format("ferry {}", group.name);
  if (words.empty()) {
    print_group_help(group, console.err);
    return kExitUsage;
  }
  if (asks_for_help(words[0])) {
    print_group_help(group, console.out);
    return report(0, console);
  }
  const Verb* verb = find_verb(group.verbs, words[0]);
  if (verb == nullptr) return usage_error(console, unknown_verb(words[0], group.verbs), name + " help");
  return run_leaf(*verb, fmt::format("{} {}", name, verb->name), {words.begin() + 1, words.end()}, console);
}

int run_verb(std::span<const Verb> verbs, const std::string& name, const std::vector<std::string>& words,
             Console& console) {
  const Verb* verb = find_verb(verbs, name);
  if (verb == nullptr) return usage_error(console, unknown_verb(name, verbs), "ferry help");
  if (verb->make == nullptr) return run_group(*verb, words, console);
  return run_leaf(*verb, fmt::format("ferry {}", verb->name), words, console);
}

// `ferry help`, `ferry help list`, `ferry help key create`.
int run_help(std::span<const Verb> verbs, const std::vector<std::string>& words, Console& console) {
  if (words.size() < 2) {
    print_help(verbs, console.out);
    return report(0, console);
  }
  std::vector<std::string> asked(words.begin() + 2, words.end());
  asked.emplace_back("--help");
  return run_verb(verbs, words[1], asked, console);
}

}  // namespace

int run_command_line(std::span<const Verb> verbs, const std::vector<std::string>& words, Console& console) {
  if (words.empty() || asks_for_help(words[0])) return run_help(verbs, words, console);
  const std::string name = words[0] == "--version" || words[0] == "-V" ? "version" : words[0];
  return run_verb(verbs, name, {words.begin() + 1, words.end()}, console);
}

}  // namespace ferry::cli
