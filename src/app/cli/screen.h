#pragma once
// The whole of a terminal, for a program that draws it anew again and again: what was on it before comes back
// when this ends.

#include <ostream>
#include <string>
#include <vector>

#include <termios.h>

namespace ferry::cli {

struct ScreenSize {
  int columns = 80;
  int lines = 24;
};

// Standard output's; the default where it does not say.
ScreenSize screen_size();

class Screen {
 public:
  // `out` is the terminal of standard output, and outlives this. Keys of standard input are neither shown nor
  // kept until a line's end.
  explicit Screen(std::ostream& out);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Lines that fit, without control characters.
  void draw(const std::vector<std::string>& lines);

 private:
  std::ostream& out_;
  bool has_keys_ = false;
  termios before_{};
};

}  // namespace ferry::cli
