// What follows <｜tool▁call▁begin｜>. V3 and R1: the call's type, the separator, the name, a line break and
// the arguments in a fence of ```json. V3.1: the name, the separator, the arguments. The fence's end and
// <｜tool▁call▁end｜> come after a call that is whole already.

#include <string>

#include "serve/replies/call_reader.h"

namespace ferry {
namespace {

constexpr std::string_view kSeparator = "<｜tool▁sep｜>";
constexpr std::string_view kFence = "```json";

class DeepseekCall final : public CallReader {
 public:
  Step take(char c, CallSink& calls) override {
    switch (state_) {
      case State::first_word:
        return in_word(c, '<', State::separator, calls);
      case State::separator:
        return in_tag(c, kSeparator, State::after_separator, calls);
      case State::after_separator:
        if (c == '{') return begin_arguments(c, calls);
        word_.clear();
        state_ = State::name;
        return in_word(c, '\n', State::before_arguments, calls);
      case State::name:
        return in_word(c, '\n', State::before_arguments, calls);
      case State::before_arguments:
        if (is_json_space(c)) return Step::more;
        if (c == '`' && !fenced_) return in_tag(c, kFence, State::before_arguments, calls);
        return c == '{' ? begin_arguments(c, calls) : Step::broken;
      case State::fence:
        return in_tag(c, kFence, State::before_arguments, calls);
      case State::arguments:
        return in_arguments(c, calls);
    }
    return Step::broken;
  }

 private:
  enum class State : uint8_t {
    first_word,  // the type, or the name
    separator,
    after_separator,
    name,
    before_arguments,
    fence,
    arguments,
  };

  // A word up to `end`, which begins what comes next.
  Step in_word(char c, char end, State next, CallSink& calls) {
    if (is_name_char(c) && word_.size() < kMaxNameBytes) {
      word_ += c;
      return Step::more;
    }
    if (c != end || !calls.can_call(word_)) return Step::broken;
    state_ = next;
    return next == State::separator ? in_tag(c, kSeparator, State::after_separator, calls) : Step::more;
  }

  Step in_tag(char c, std::string_view tag, State next, CallSink&) {
    look_again_ = matched_;
    if (c != tag[matched_]) return Step::broken;
    if (next == State::before_arguments) state_ = State::fence;
    if (++matched_ < tag.size()) return Step::more;
    fenced_ = next == State::before_arguments;
    look_again_ = matched_ = 0;
    state_ = next;
    return Step::more;
  }

  Step begin_arguments(char c, CallSink& calls) {
    state_ = State::arguments;
    calls.begin_call(word_);
    return in_arguments(c, calls);
  }

  Step in_arguments(char c, CallSink& calls) {
    const JsonScanner::Step step = arguments_.take(c, calls);
    if (step == JsonScanner::Step::more) return Step::more;
    if (step != JsonScanner::Step::done) return Step::broken;
    calls.end_call();
    return Step::done;
  }

  State state_ = State::first_word;
  std::string word_;
  size_t matched_ = 0;  // bytes of the tag being read
  bool fenced_ = false;
  ArgumentsScanner arguments_;
};

}  // namespace

std::unique_ptr<CallReader> read_deepseek_call() {
  return std::make_unique<DeepseekCall>();
}

}  // namespace ferry
