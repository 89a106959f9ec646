#include "app/cli/chat.h"

#include <algorithm>

#include "app/cli/answer_printer.h"
#include "app/cli/signals.h"
#include "app/cli/text_table.h"
#include "base/core/nearest.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// "temperature 0.7" -> {"temperature", "0.7"}
std::pair<std::string_view, std::string_view> split_word(std::string_view text) {
  const size_t end = std::min(text.find_first_of(kSpace), text.size());
  return {text.substr(0, end), trim(text.substr(end))};
}

}  // namespace

std::span<const Chat::SlashCommand> Chat::commands() {
  static constexpr SlashCommand kCommands[] = {
      {"/help", "", "this list", &Chat::help},
      {"/clear", "", "forget what was said", &Chat::clear},
      {"/system", "TEXT", "tell the model who it is; without TEXT, no longer", &Chat::set_system},
      {"/set", "NAME VALUE", "set a parameter, such as temperature 0.7 or seed default", &Chat::set},
      {"/show", "", "the model, the system message and the parameters", &Chat::show},
      {"/save", "FILE", "write the conversation to a JSON file", &Chat::save},
      {"/load", "FILE", "go on with a saved conversation", &Chat::load},
      {"/exit", "", "leave; so does Ctrl-D", &Chat::exit},
  };
  return kCommands;
}

Chat::Chat(Provider& provider, Console& console, LineReader& reader, ChatSettings settings)
    : provider_(provider), console_(console), reader_(reader), settings_(std::move(settings)) {
  conversation_.set_system(settings_.system);
}

void Chat::run() {
  std::string message;
  while (!leaving_ && console_.out.good()) {
    const LineStatus status = read_message(reader_, message);
    if (status == LineStatus::end) return;
    if (status == LineStatus::interrupted) {
      console_.err << "(/exit or Ctrl-D leaves)\n" << std::flush;
    } else if (!trim(message).empty()) {
      take(message);
    }
  }
}

void Chat::take(const std::string& message) {
  if (!message.starts_with('/')) return ask(message);
  if (const auto done = run_command(trim(message)); !done) console_.err << done.error().message << '\n';
  console_.out.flush();
}

Result<void> Chat::run_command(std::string_view line) {
  const auto [name, argument] = split_word(line);
  std::vector<std::string> names;
  for (const SlashCommand& command : commands()) {
    if (command.name == name) return (this->*command.run)(argument);
    names.emplace_back(command.name);
  }
  const std::string nearest = nearest_name(name, names);
  return fail(ErrorCode::invalid_argument, "there is no {} here{}; /help lists what there is", name,
              nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

void Chat::ask(const std::string& message) {
  conversation_.add("user", message);
  GenerationRequest request;
  request.model = settings_.model;
  request.messages = conversation_.messages();
  request.sampling = settings_.parameters.sampling;
  request.stop = settings_.parameters.stop;
  request.thought = settings_.parameters.thought;
  const InterruptGuard guard;
  AnswerPrinter printer(console_);
  const auto answered = answer(
      provider_, std::move(request), [&](const AnswerPiece& piece) { printer.print(piece); },
      [&] { return !guard.take() && console_.out.good(); });
  printer.end();
  if (!answered) {
    conversation_.drop_last();
    console_.err << answered.error().message << '\n';
    return;
  }
  console_.out << (answered->interrupted ? " [interrupted]\n\n" : "\n\n") << std::flush;
  if (settings_.verbose && !answered->interrupted) console_.err << speed_text(*answered) << '\n';
  conversation_.add("assistant", answered->text);
}

Result<void> Chat::help(std::string_view /*argument*/) {
  TextTable table;
  for (const SlashCommand& command : commands()) {
    table.add({fmt::format("{} {}", command.name, command.argument), std::string(command.help)});
  }
  table.add({"\"\"\"", "begins a message of several lines, and ends it"});
  table.add({"\\", "at the end of a line: the message goes on in the next"});
  table.add({"Ctrl-C", "stops an answer"});
  table.print(console_.out);
  return {};
}

Result<void> Chat::clear(std::string_view /*argument*/) {
  conversation_.clear();
  return {};
}

Result<void> Chat::set_system(std::string_view argument) {
  conversation_.set_system(std::string(argument));
  return {};
}

Result<void> Chat::set(std::string_view argument) {
  const auto [name, value] = split_word(argument);
  if (value.empty()) return fail(ErrorCode::invalid_argument, "say what to set, as in /set temperature 0.7");
  return set_parameter(settings_.parameters, name, value);
}

Result<void> Chat::show(std::string_view /*argument*/) {
  TextTable table;
  table.add({"model", settings_.model});
  table.add({"system", conversation_.system().empty() ? "none" : conversation_.system()});
  table.add({"messages", fmt::format("{}", conversation_.turns().size())});
  for (const Parameter& parameter : all_parameters()) {
    table.add({std::string(parameter.name), parameter_text(settings_.parameters, parameter)});
  }
  table.print(console_.out);
  return {};
}

Result<void> Chat::save(std::string_view argument) {
  if (argument.empty()) return fail(ErrorCode::invalid_argument, "say where to, as in /save chat.json");
  return conversation_.save(argument);
}

Result<void> Chat::load(std::string_view argument) {
  if (argument.empty()) return fail(ErrorCode::invalid_argument, "say what to load, as in /load chat.json");
  return conversation_.load(argument);
}

Result<void> Chat::exit(std::string_view /*argument*/) {
  leaving_ = true;
  return {};
}

}  // namespace ferry::cli
