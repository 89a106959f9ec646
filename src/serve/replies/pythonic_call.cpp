// A list of calls in Python's syntax: [f(a=1, b="x"), g()]. Each is converted when it is whole, so its
// arguments come in one piece.

#include <string>

#include "serve/replies/call_reader.h"
#include "serve/replies/python_literal.h"

namespace ferry {
namespace {

class PythonicCalls final : public CallReader {
 public:
  Step take(char c, CallSink& calls) override {
    ++since_call_;
    switch (state_) {
      case State::open:
        state_ = State::name;
        return c == '[' ? Step::more : Step::broken;
      case State::name:
        return in_name(c, calls);
      case State::arguments:
        return in_arguments(c);
      case State::comma_or_end:
        return after_call(c, calls);
    }
    return Step::broken;
  }

 private:
  enum class State : uint8_t { open, name, arguments, comma_or_end };

  Step in_name(char c, CallSink& calls) {
    if (name_.empty() && is_json_space(c)) return Step::more;
    if (name_.empty() && c == ']' && told_) return Step::done;  // after a last comma
    if (is_name_char(c) && name_.size() < kMaxNameBytes) {
      name_ += c;
      return Step::more;
    }
    if (c != '(' || !calls.can_call(name_)) return Step::broken;
    state_ = State::arguments;
    return Step::more;
  }

  // Only as much of the syntax as it takes to find the closing parenthesis.
  Step in_arguments(char c) {
    if (quote_ != 0) {
      in_string(c);
    } else if (c == ')' && depth_ == 0) {
      return end_arguments();
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth_;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth_ == 0) return Step::broken;
      --depth_;
    }
    raw_ += c;
    return Step::more;
  }

  void in_string(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = 0;
    }
  }

  Step end_arguments() {
    std::optional<std::string> json = python_arguments_to_json(raw_);
    if (!json) return Step::broken;
    arguments_ = *std::move(json);
    since_call_ = 0;
    state_ = State::comma_or_end;
    return Step::more;
  }

  // Prose may begin like a list of calls: only what follows a call shows that it is one.
  Step after_call(char c, CallSink& calls) {
    if (is_json_space(c)) return Step::more;
    if (c != ',' && c != ']') return Step::broken;
    calls.begin_call(name_, since_call_);
    calls.add_arguments(arguments_);
    calls.end_call(since_call_);
    told_ = true;
    name_.clear();
    raw_.clear();
    state_ = State::name;
    return c == ']' ? Step::done : Step::more;
  }

  State state_ = State::open;
  std::string name_;
  std::string raw_;  // what stands in the parentheses
  size_t depth_ = 0;
  char quote_ = 0;  // of the string being read; 0: none
  bool escaped_ = false;
  std::string arguments_;
  size_t since_call_ = 0;  // bytes taken since the call's closing parenthesis
  bool told_ = false;      // of a call
};

}  // namespace

std::unique_ptr<CallReader> read_pythonic_calls() {
  return std::make_unique<PythonicCalls>();
}

}  // namespace ferry
