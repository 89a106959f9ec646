#include "serve/replies/reply_parser.h"

#include <algorithm>
#include <utility>

#include "base/core/utf8.h"
#include "serve/replies/call_reader.h"
#include "serve/replies/tool_markers.h"

namespace ferry {
namespace {

using Kind = ReplyEvent::Kind;

// Whether a text begins with a marker, or may do so when more of it has come.
enum class Match : uint8_t { no, yes, partly };

Match match(std::string_view text, std::string_view marker) {
  if (text.starts_with(marker)) return Match::yes;
  return marker.starts_with(text) ? Match::partly : Match::no;
}

std::unique_ptr<CallReader> read_call(ToolSyntax syntax, bool bare, bool announced) {
  switch (syntax) {
    case ToolSyntax::none:
      break;
    case ToolSyntax::hermes:
    case ToolSyntax::llama3_json:
      return read_json_call(announced);
    case ToolSyntax::qwen3_coder:
      return bare ? read_json_call(announced) : read_parameter_call();
    case ToolSyntax::seed_oss:
      return read_parameter_call();
    case ToolSyntax::pythonic:
      return read_pythonic_calls();
    case ToolSyntax::mistral_list:
    case ToolSyntax::mistral_args:
      return read_mistral_calls();
    case ToolSyntax::deepseek_v3:
    case ToolSyntax::deepseek_v31:
      return read_deepseek_call();
  }
  FERRY_CHECK(false);
}

}  // namespace

// Walks over the text once. buffer_ keeps what has not been told:
//   [begin_, settled_)  thought or content for certain
//   [settled_, at_)     held back: white space and markers that may turn out to belong to a call, then the
//   call [at_, …)            not looked at; between takes only what may be the beginning of a marker
class ReplyParser::Machine final : public CallSink {
 public:
  explicit Machine(ReplyOptions options)
      : options_(std::move(options)),
        tool_markers_(tool_markers(options_.syntax.tools)),
        thought_markers_(thought_markers(options_.syntax.thought)) {
    if (thought_markers_.open.empty()) return;
    mode_ = options_.thought_open ? Mode::thought : Mode::before_thought;
    skip_space_ = options_.thought_open;
  }

  std::vector<ReplyEvent> take(std::string_view text) {
    buffer_ += text;
    walk();
    tell_settled(false);
    tell_arguments(false);
    forget();
    return std::exchange(events_, {});
  }

  std::vector<ReplyEvent> finish() {
    over_ = true;
    do {
      walk();
      if (mode_ == Mode::call) break_call();
    } while (at_ < buffer_.size());
    settled_ = at_;
    tell_settled(true);
    return std::exchange(events_, {});
  }

 private:
  enum class Mode : uint8_t { before_thought, thought, content, call };

  // What came last in the content, white space aside: it decides what may come next.
  enum class Last : uint8_t { beginning, text, section, call, separator };

  void walk() {
    bool moves = true;
    while (moves && at_ < buffer_.size()) {
      switch (mode_) {
        case Mode::before_thought:
          moves = before_thought();
          break;
        case Mode::thought:
          moves = in_thought();
          break;
        case Mode::content:
          moves = in_content();
          break;
        case Mode::call:
          in_call();
          break;
      }
    }
  }

  // When the text is over, nothing is but the beginning of a marker.
  Match match_here(std::string_view marker) const {
    const Match found = match(std::string_view(buffer_).substr(at_), marker);
    return found == Match::partly && over_ ? Match::no : found;
  }

  // The following return false where more text must come to decide.

  bool before_thought() {
    if (is_json_space(buffer_[at_])) return ++at_, true;
    const Match open = match_here(thought_markers_.open);
    if (open == Match::partly) return false;
    if (open == Match::yes) {
      drop(thought_markers_.open.size());
      mode_ = Mode::thought;
    } else {
      at_ = settled_;  // the white space is content's
      mode_ = Mode::content;
    }
    return true;
  }

  bool in_thought() {
    if (is_json_space(buffer_[at_])) return pass_space(), true;
    const Match close = match_here(thought_markers_.close);
    // Models like to open what the prompt has opened already.
    const Match open = thought_begun_ ? Match::no : match_here(thought_markers_.open);
    if (close == Match::partly || open == Match::partly) return false;
    if (close == Match::yes) {
      tell_settled(true);
      drop(thought_markers_.close.size());
      mode_ = Mode::content;
    } else if (open == Match::yes) {
      drop(thought_markers_.open.size());
    } else {
      settle_byte();
    }
    thought_begun_ = true;
    return true;
  }

  bool in_content() {
    if (is_json_space(buffer_[at_])) return pass_space(), true;
    if (buffer_[at_] == tool_markers_.bare && may_be_bare()) return begin_calls(0, true), true;
    bool partly = false;
    for (size_t i = 0; i < tool_markers_.markers.size(); ++i) {
      if (!counts(i)) continue;
      const Match found = match_here(tool_markers_.markers[i].text);
      if (found == Match::yes) return pass_marker(i), true;
      partly = partly || found == Match::partly;
    }
    if (partly) return false;
    settle_byte();
    last_ = Last::text;
    return true;
  }

  bool may_be_bare() const {
    if (last_ == Last::section || last_ == Last::separator) return true;
    return last_ == Last::beginning && tool_markers_.unannounced;
  }

  bool counts(size_t marker) const {
    const MarkerRole role = tool_markers_.markers[marker].role;
    if (role == MarkerRole::close) return last_ == Last::call && marker >= next_close_;
    return role != MarkerRole::separator || last_ == Last::call;
  }

  void pass_marker(size_t marker) {
    const auto [text, role] = tool_markers_.markers[marker];
    switch (role) {
      case MarkerRole::section:
        at_ += text.size();
        last_ = Last::section;
        break;
      case MarkerRole::separator:
        at_ += text.size();
        last_ = Last::separator;
        break;
      case MarkerRole::call:
      case MarkerRole::known:
        begin_calls(text.size(), role == MarkerRole::known);
        break;
      case MarkerRole::close:
        drop(text.size());
        next_close_ = marker + 1;
        break;
    }
  }

  void pass_space() {
    ++at_;
    if (skip_space_ && settled_ + 1 == at_) begin_ = settled_ = at_;
  }

  // One more byte is text, and what was held back before it.
  void settle_byte() {
    settled_ = ++at_;
    skip_space_ = false;
  }

  // Goes past a marker; it, what was held back before it, and white space behind it are nobody's.
  void drop(size_t marker_bytes) {
    at_ += marker_bytes;
    begin_ = settled_ = at_;
    skip_space_ = true;
  }

  void begin_calls(size_t marker_bytes, bool only_known) {
    tell_settled(true);
    only_known_ = only_known && last_ != Last::section;
    reader_ = read_call(options_.syntax.tools, marker_bytes == 0, !only_known_);
    at_ += marker_bytes;
    mode_ = Mode::call;
  }

  void in_call() {
    while (at_ < buffer_.size()) {
      const CallReader::Step step = reader_->take(buffer_[at_], *this);
      if (step == CallReader::Step::broken) return break_call();
      ++at_;
      if (step == CallReader::Step::done) return end_calls();
    }
  }

  void end_calls() {
    mode_ = Mode::content;
    last_ = Last::call;
    next_close_ = 0;
    drop(0);
  }

  // Since the last whole call all was content, up to the byte that made it so.
  void break_call() {
    if (call_open_ && options_.calls == ReplyOptions::Calls::streamed) {
      tell_arguments(true);
      tell({.kind = Kind::call_withdrawn, .call = calls_++, .begin = base_ + told_, .end = base_ + told_});
    }
    call_open_ = false;
    at_ -= reader_->look_again();
    settled_ = at_;
    while (settled_ > begin_ && is_json_space(buffer_[settled_ - 1])) --settled_;
    skip_space_ = false;
    last_ = Last::text;
    mode_ = Mode::content;
  }

  bool can_call(std::string_view name) const override {
    return is_call_name(name) && (!only_known_ || find_tool(name) != nullptr);
  }

  const ReplyTool* find_tool(std::string_view name) const override {
    if (options_.tools == nullptr) return nullptr;
    for (const ReplyTool& tool : *options_.tools) {
      if (tool.name == name) return &tool;
    }
    return nullptr;
  }

  void begin_call(std::string_view name, size_t after) override {
    call_open_ = true;
    name_ = name;
    arguments_.clear();
    if (options_.calls == ReplyOptions::Calls::streamed) tell_name(at_ + 1 - after);
  }

  void add_arguments(std::string_view json) override {
    arguments_ += json;
    arguments_end_ = at_ + 1;
  }

  void end_call(size_t after) override {
    const size_t end = at_ + 1 - after;
    arguments_end_ = std::min(arguments_end_, end);
    if (options_.calls == ReplyOptions::Calls::whole) tell_name(end);
    tell_arguments(true);
    tell({.kind = Kind::call_end, .call = calls_++, .begin = base_ + told_, .end = base_ + end});
    call_open_ = false;
    begin_ = settled_ = end;
  }

  void tell_name(size_t end) {
    tell({.kind = Kind::call_begin,
          .call = calls_,
          .text = name_,
          .begin = base_ + begin_,
          .end = base_ + end});
    told_ = end;
  }

  // Of a call under way only if it streams, and then whole characters.
  void tell_arguments(bool ended) {
    const bool due = ended || options_.calls == ReplyOptions::Calls::streamed;
    if (!call_open_ || !due) return;
    const size_t tail = ended ? 0 : incomplete_utf8_tail(arguments_);
    std::string text = arguments_.substr(0, arguments_.size() - tail);
    if (text.empty()) return;
    arguments_.erase(0, text.size());
    const size_t end = std::max(told_, arguments_end_);
    tell({.kind = Kind::call_arguments,
          .call = calls_,
          .text = std::move(text),
          .begin = base_ + told_,
          .end = base_ + end});
    told_ = end;
  }

  void tell_settled(bool all) {
    std::string_view text = std::string_view(buffer_).substr(begin_, settled_ - begin_);
    if (!all) text.remove_suffix(incomplete_utf8_tail(text));
    if (text.empty()) return;
    const size_t begin = base_ + begin_;
    begin_ += text.size();
    tell({.kind = mode_ == Mode::thought ? Kind::thought : Kind::content,
          .text = std::string(text),
          .begin = begin,
          .end = base_ + begin_});
  }

  void tell(ReplyEvent event) { events_.push_back(std::move(event)); }

  void forget() {
    buffer_.erase(0, begin_);
    base_ += begin_;
    at_ -= begin_;
    settled_ -= begin_;
    told_ -= std::min(told_, begin_);
    arguments_end_ -= std::min(arguments_end_, begin_);
    begin_ = 0;
  }

  const ReplyOptions options_;
  const ToolMarkers tool_markers_;
  const ThoughtMarkers thought_markers_;

  std::string buffer_;
  size_t base_ = 0;  // where buffer_ begins in the model's text
  size_t begin_ = 0;
  size_t settled_ = 0;
  size_t at_ = 0;
  bool over_ = false;

  Mode mode_ = Mode::content;
  Last last_ = Last::beginning;
  bool skip_space_ = false;  // that comes next: it belongs to the marker before it
  bool thought_begun_ = false;
  size_t next_close_ = 0;  // the first marker that may still close the last call

  std::unique_ptr<CallReader> reader_;
  bool only_known_ = false;
  bool call_open_ = false;
  int calls_ = 0;  // ended or withdrawn
  std::string name_;
  std::string arguments_;     // not told yet
  size_t arguments_end_ = 0;  // where in buffer_ they end, as far as they have come
  size_t told_ = 0;           // where in buffer_ ends what has been told of the call

  std::vector<ReplyEvent> events_;
};

ReplyParser::ReplyParser(ReplyOptions options) : machine_(std::make_unique<Machine>(std::move(options))) {}
ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;
ReplyParser::~ReplyParser() = default;

std::vector<ReplyEvent> ReplyParser::take(std::string_view text) {
  return machine_->take(text);
}
std::vector<ReplyEvent> ReplyParser::finish() {
  return machine_->finish();
}

void append(Reply& reply, const ReplyEvent& event) {
  switch (event.kind) {
    case Kind::thought:
      reply.thought += event.text;
      break;
    case Kind::content:
      reply.content += event.text;
      break;
    case Kind::call_begin:
      reply.calls.push_back({.name = event.text, .arguments = {}});
      break;
    case Kind::call_arguments:
      reply.calls.back().arguments += event.text;
      break;
    case Kind::call_end:
      break;
    case Kind::call_withdrawn:
      reply.calls.pop_back();
      break;
  }
}

Reply parse_reply(ReplyOptions options, std::string_view text) {
  ReplyParser parser(std::move(options));
  Reply reply;
  for (const ReplyEvent& event : parser.take(text)) append(reply, event);
  for (const ReplyEvent& event : parser.finish()) append(reply, event);
  return reply;
}

}  // namespace ferry
