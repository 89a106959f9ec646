#include <csignal>

#include "app/cli/command_line.h"
#include "app/cli/verbs.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), not the end of the program
  ferry::cli::Console console = ferry::cli::system_console();
  return ferry::cli::run_command_line(ferry::cli::all_verbs(), {argv + 1, argv + argc}, console);
}
