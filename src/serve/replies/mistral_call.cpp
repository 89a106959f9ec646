// What follows [TOOL_CALLS]: a list of JSON objects (tokenizers up to v7), or a name and its arguments
// (from v11 on: f[ARGS]{…}; Small 3.2: f[CALL_ID]123456789[ARGS]{…}).

#include <string>

#include "serve/replies/call_reader.h"

namespace ferry {
namespace {

class MistralCalls final : public CallReader {
 public:
  Step take(char c, CallSink& calls) override {
    switch (state_) {
      case State::open:
        if (is_json_space(c)) return Step::more;
        return c == '[' ? begin_item() : in_name(c, calls);
      case State::item:
        return in_item(c, calls);
      case State::comma_or_end:
        if (is_json_space(c)) return Step::more;
        if (c == ',') return begin_item();
        return c == ']' ? Step::done : Step::broken;
      case State::name:
        return in_name(c, calls);
      case State::tag:
        return in_tag(c, calls);
      case State::call_id:
        if (c == '[') return begin_tag(c, calls);
        return is_name_char(c) ? Step::more : Step::broken;
      case State::before_arguments:
        if (is_json_space(c)) return Step::more;
        return c == '{' ? in_arguments(c, calls) : Step::broken;
      case State::arguments:
        return in_arguments(c, calls);
    }
    return Step::broken;
  }

 private:
  enum class State : uint8_t {
    open,
    item,
    comma_or_end,
    name,
    tag,
    call_id,
    before_arguments,
    arguments,
  };

  Step begin_item() {
    item_ = read_json_call(true);
    state_ = State::item;
    return Step::more;
  }

  Step in_item(char c, CallSink& calls) {
    const Step step = item_->take(c, calls);
    if (step != Step::done) return step;
    state_ = State::comma_or_end;
    return Step::more;
  }

  Step in_name(char c, CallSink& calls) {
    if (is_name_char(c) && name_.size() < kMaxNameBytes) {
      state_ = State::name;
      name_ += c;
      return Step::more;
    }
    if (!calls.can_call(name_)) return Step::broken;
    if (c == '[') return begin_tag(c, calls);
    // The tag may be missing: it is a special token, and those are often left out of the text.
    return c == '{' ? begin_arguments(c, calls) : Step::broken;
  }

  Step begin_tag(char c, CallSink& calls) {
    state_ = State::tag;
    tag_.clear();
    return in_tag(c, calls);
  }

  Step in_tag(char c, CallSink& calls) {
    look_again_ = tag_.size();
    tag_ += c;
    if (tag_ == "[ARGS]") {
      calls.begin_call(name_);
      state_ = State::before_arguments;
    } else if (tag_ == "[CALL_ID]") {
      state_ = State::call_id;
    } else if (!std::string_view("[ARGS]").starts_with(tag_) &&
               !std::string_view("[CALL_ID]").starts_with(tag_)) {
      return Step::broken;
    }
    if (state_ != State::tag) look_again_ = 0;
    return Step::more;
  }

  Step begin_arguments(char c, CallSink& calls) {
    calls.begin_call(name_);
    return in_arguments(c, calls);
  }

  Step in_arguments(char c, CallSink& calls) {
    state_ = State::arguments;
    const JsonScanner::Step step = arguments_.take(c, calls);
    if (step == JsonScanner::Step::more) return Step::more;
    if (step != JsonScanner::Step::done) return Step::broken;
    calls.end_call();
    return Step::done;
  }

  State state_ = State::open;
  std::unique_ptr<CallReader> item_;
  std::string name_;
  std::string tag_;
  ArgumentsScanner arguments_;
};

}  // namespace

std::unique_ptr<CallReader> read_mistral_calls() {
  return std::make_unique<MistralCalls>();
}

}  // namespace ferry
