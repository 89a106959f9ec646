#include "app/cli/screen.h"

#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include "app/cli/signals.h"

namespace ferry::cli {
namespace {

// As xterm and all that came after it understand them.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // the other screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

}  // namespace

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

Screen::Screen(std::ostream& out) : out_(out) {
  remember_terminal();
  if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios modes = before_;
    modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // signals stay: Ctrl-C ends the program
    has_keys_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0;
  }
  out_ << kEnter << std::flush;
}

Screen::~Screen() {
  out_ << kLeave << std::flush;
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void Screen::draw(const std::vector<std::string>& lines) {
  std::string frame(kHome);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) frame += "\r\n";
    frame += lines[i];
    frame += kClearLine;
  }
  frame += kClearBelow;
  out_ << frame << std::flush;
}

}  // namespace ferry::cli
