#include "app/cli/line_reader.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kPrompt = ">>> ";
constexpr std::string_view kMore = "... ";
constexpr std::string_view kQuotes = "\"\"\"";

class StreamReader final : public LineReader {
 public:
  explicit StreamReader(std::istream& in) : in_(in) {}

  LineStatus read(std::string_view /*prompt*/, std::string& line) override {
    return std::getline(in_, line) ? LineStatus::line : LineStatus::end;
  }

 private:
  std::istream& in_;
};

LineStatus read_block(LineReader& reader, std::string& message) {
  std::string line;
  while (!message.ends_with(kQuotes)) {
    const LineStatus status = reader.read(kMore, line);
    if (status == LineStatus::interrupted) return status;
    if (status == LineStatus::end) return LineStatus::line;
    message += (message.empty() ? "" : "\n") + line;
  }
  message.resize(message.size() - kQuotes.size());
  if (message.ends_with('\n')) message.pop_back();
  return LineStatus::line;
}

}  // namespace

std::unique_ptr<LineReader> make_stream_reader(std::istream& in) {
  return std::make_unique<StreamReader>(in);
}

LineStatus read_message(LineReader& reader, std::string& message) {
  const LineStatus status = reader.read(kPrompt, message);
  if (status != LineStatus::line) return status;
  if (message.starts_with(kQuotes)) {
    message.erase(0, kQuotes.size());
    return read_block(reader, message);
  }
  std::string line;
  while (message.ends_with('\\')) {
    message.back() = '\n';
    const LineStatus more = reader.read(kMore, line);
    if (more == LineStatus::interrupted) return more;
    if (more == LineStatus::end) break;
    message += line;
  }
  return LineStatus::line;
}

}  // namespace ferry::cli
