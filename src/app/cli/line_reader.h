#pragma once
// Lines that a person types, or that a stream holds.

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace ferry::cli {

enum class LineStatus {
  line,
  interrupted,  // Ctrl-C: what was typed is dropped
  end,          // Ctrl-D, or the stream is over
};

class LineReader {
 public:
  virtual ~LineReader() = default;
  // The next line without its end. `prompt` is shown where there is somebody to see it.
  virtual LineStatus read(std::string_view prompt, std::string& line) = 0;
};

// Editing, and a history that is kept in `history_file`, by libedit. One at a time, on standard input.
std::unique_ptr<LineReader> make_line_editor(const std::filesystem::path& history_file);

// Reads `in`, which must outlive it; shows no prompt.
std::unique_ptr<LineReader> make_stream_reader(std::istream& in);

// One message: a line, or several where a line ends in a backslash or """ begins a block that """ ends. A
// block that is not ended when the lines are over counts as ended there.
LineStatus read_message(LineReader& reader, std::string& message);

}  // namespace ferry::cli
