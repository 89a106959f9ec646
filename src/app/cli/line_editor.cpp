#include <cerrno>
#include <clocale>
#include <cstring>

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#include "app/cli/line_reader.h"
#include "app/cli/signals.h"
#include "base/core/result.h"
#include "base/core/utf8.h"

namespace ferry::cli {
namespace {

constexpr int kHistoryLines = 1000;

// libedit shows characters as the locale encodes them; without a UTF-8 locale (a bare container) it would
// show \303\251 for é.
void use_utf8_locale() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

class LineEditor final : public LineReader {
 public:
  explicit LineEditor(const std::filesystem::path& history_file) : history_file_(history_file.string()) {
    use_utf8_locale();
    remember_terminal();
    std::error_code error;  // without the folder there is no history file, and that is all
    std::filesystem::create_directories(history_file.parent_path(), error);
    history_ = ::history_init();
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, kHistoryLines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    ::history(history_, &event, H_LOAD, history_file_.c_str());
    edit_ = ::el_init("ferry", stdin, stdout, stderr);
    ::el_set(edit_, EL_CLIENTDATA, this);
    ::el_set(edit_, EL_PROMPT, &LineEditor::prompt);
    ::el_set(edit_, EL_EDITOR, "emacs");
    ::el_set(edit_, EL_HIST, ::history, history_);
    ::el_set(edit_, EL_SIGNAL, 0);
    ::el_set(edit_, EL_GETCFN, &LineEditor::read_character);
    set_terminal_modes();
  }
  ~LineEditor() override {
    ::el_end(edit_);
    ::history_end(history_);
  }
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  LineStatus read(std::string_view prompt, std::string& line) override {
    prompt_ = prompt;
    interrupted_ = false;
    guard_.take();
    ::el_resize(edit_);
    int length = 0;
    const char* typed = ::el_gets(edit_, &length);
    if (typed == nullptr || length <= 0) return give_up();
    line.assign(typed, static_cast<size_t>(length));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    remember(line);
    return LineStatus::line;
  }

 private:
  static LineEditor& self(EditLine* edit) {
    void* data = nullptr;
    ::el_get(edit, EL_CLIENTDATA, &data);
    return *static_cast<LineEditor*>(data);
  }

  void set_terminal_modes() {
    // At Ctrl-C the kernel throws away what the terminal has not shown yet, unless told not to: that would
    // take away what is printed in answer to the Ctrl-C.
    for (const char* mode : {"-d", "-x"}) ::el_set(edit_, EL_SETTY, mode, "+noflsh", nullptr);
    // Keys that are pressed while an answer runs wait for the next line: not shown amid the answer, and
    // Ctrl-D not taken for the end of a line that the kernel collects.
    for (const char* off : {"-icanon", "-echo"}) ::el_set(edit_, EL_SETTY, "-x", off, nullptr);
  }

  static char* prompt(EditLine* edit) { return self(edit).prompt_.data(); }

  // libedit's own reader begins again after a signal; this one gives up the line after SIGINT.
  static int read_character(EditLine* edit, wchar_t* character) {
    std::string bytes;
    while (self(edit).wait_for_key()) {
      char byte = 0;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return static_cast<int>(got);
      bytes += byte;
      if (incomplete_utf8_tail(bytes) > 0) continue;
      *character = static_cast<wchar_t>(decode_utf8(bytes, 0).code_point);
      return 1;
    }
    return -1;
  }

  // False after SIGINT.
  bool wait_for_key() {
    pollfd waited[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                       {.fd = guard_.descriptor(), .events = POLLIN, .revents = 0}};
    while (::poll(waited, std::size(waited), -1) < 0) FERRY_CHECK(errno == EINTR);
    interrupted_ = guard_.take();
    return !interrupted_;
  }

  LineStatus give_up() {
    ::el_reset(edit_);
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, "\n", 1);
    return interrupted_ ? LineStatus::interrupted : LineStatus::end;
  }

  void remember(const std::string& line) {
    if (line.find_first_not_of(" \t") == std::string::npos) return;
    HistEvent event;
    ::history(history_, &event, H_ENTER, line.c_str());
    ::history(history_, &event, H_SAVE, history_file_.c_str());  // at once: a chat may end by a signal
  }

  std::string history_file_;
  std::string prompt_;
  bool interrupted_ = false;
  const InterruptGuard guard_;  // also between lines: a chat is left by Ctrl-D
  History* history_ = nullptr;
  EditLine* edit_ = nullptr;
};

}  // namespace

std::unique_ptr<LineReader> make_line_editor(const std::filesystem::path& history_file) {
  return std::make_unique<LineEditor>(history_file);
}

}  // namespace ferry::cli
