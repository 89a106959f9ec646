#pragma once
// The chat of `ferry run`: messages go to the model, lines that begin with a slash to the chat itself.

#include <span>
#include <string>
#include <string_view>

#include "app/cli/console.h"
#include "app/cli/conversation.h"
#include "app/cli/line_reader.h"
#include "app/cli/parameters.h"
#include "serve/providers/provider.h"

namespace ferry::cli {

struct ChatSettings {
  std::string model;  // what the provider calls it
  std::string system;
  Parameters parameters;
  bool verbose = false;  // speed after each answer
};

class Chat {
 public:
  Chat(Provider& provider, Console& console, LineReader& reader, ChatSettings settings);

  // Until /exit or the end of the input. Failures are printed and the chat goes on.
  void run();

 private:
  struct SlashCommand {
    std::string_view name;
    std::string_view argument;  // for the help: "FILE"; empty: takes none
    std::string_view help;
    Result<void> (Chat::*run)(std::string_view argument);
  };
  static std::span<const SlashCommand> commands();

  void take(const std::string& message);
  Result<void> run_command(std::string_view line);
  void ask(const std::string& message);

  Result<void> help(std::string_view argument);
  Result<void> clear(std::string_view argument);
  Result<void> set_system(std::string_view argument);
  Result<void> set(std::string_view argument);
  Result<void> show(std::string_view argument);
  Result<void> save(std::string_view argument);
  Result<void> load(std::string_view argument);
  Result<void> exit(std::string_view argument);

  Provider& provider_;
  Console& console_;
  LineReader& reader_;
  ChatSettings settings_;
  Conversation conversation_;
  bool leaving_ = false;
};

}  // namespace ferry::cli
