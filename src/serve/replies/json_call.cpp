// Calls that are one JSON object: hermes, llama3_json, and the items of mistral's list.

#include <optional>
#include <string>

#include "base/core/json.h"
#include "serve/replies/call_reader.h"

namespace ferry {
namespace {

class JsonCall final : public CallReader {
 public:
  explicit JsonCall(bool announced) : announced_(announced) {}

  Step take(char c, CallSink& calls) override {
    switch (state_) {
      case State::open:
        if (is_json_space(c)) return Step::more;
        return c == '{' ? go(State::key_or_end) : Step::broken;
      case State::key_or_end:
      case State::key:
        return before_key(c, calls);
      case State::in_key:
        return in_key(c);
      case State::colon:
        if (is_json_space(c)) return Step::more;
        return c == ':' ? begin_value() : Step::broken;
      case State::value:
        return in_value(c, calls);
      case State::comma_or_end:
        if (is_json_space(c)) return Step::more;
        if (c == ',') return go(State::key);
        return c == '}' ? end(calls) : Step::broken;
    }
    return Step::broken;
  }

 private:
  enum class State : uint8_t { open, key_or_end, key, in_key, colon, value, comma_or_end };
  enum class Member : uint8_t { name, arguments, other };

  Step go(State state) {
    state_ = state;
    return Step::more;
  }

  Step before_key(char c, CallSink& calls) {
    if (is_json_space(c)) return Step::more;
    if (c == '}' && state_ == State::key_or_end) return end(calls);
    if (c != '"') return Step::broken;
    begin_scan();
    return in_key(c);
  }

  void begin_scan() {
    scanner_ = {};
    raw_.clear();
  }

  Step in_key(char c) {
    const JsonScanner::Step step = scanner_.take(c);
    raw_ += c;
    if (step == JsonScanner::Step::broken) return Step::broken;
    if (step == JsonScanner::Step::more) return go(State::in_key);
    const std::string key = json_string_text(raw_);
    member_ = Member::other;
    if (key == "name") member_ = Member::name;
    if (key == "arguments" || key == "parameters") member_ = Member::arguments;
    // An answer in JSON is not to wait until it is whole.
    if (member_ == Member::other && !announced_ && key != "type" && key != "id") return Step::broken;
    // Which of two would be meant?
    if ((member_ == Member::name && name_) || (member_ == Member::arguments && has_arguments_)) {
      return Step::broken;
    }
    return go(State::colon);
  }

  Step begin_value() {
    begin_scan();
    return go(State::value);
  }

  Step in_value(char c, CallSink& calls) {
    if (raw_.empty() && !is_json_space(c) && !may_begin(c)) return Step::broken;
    const JsonScanner::Step step = scanner_.take(c);
    if (step == JsonScanner::Step::broken) return Step::broken;
    if (step == JsonScanner::Step::past) {
      go(State::comma_or_end);
      return take(c, calls);
    }
    if (!raw_.empty() || !is_json_space(c)) keep(c, calls);
    if (step == JsonScanner::Step::more) return Step::more;
    return end_value(calls) ? go(State::comma_or_end) : Step::broken;
  }

  bool may_begin(char c) const {
    if (member_ == Member::name) return c == '"';
    if (member_ == Member::arguments) return c == '{' || c == '"' || c == 'n';
    return true;
  }

  // An object of arguments goes on as it comes, once it is known whose they are.
  void keep(char c, CallSink& calls) {
    const bool streams = member_ == Member::arguments && name_ && (raw_.empty() ? c : raw_.front()) == '{';
    if (streams) calls.add_arguments({&c, 1});
    if (!streams || raw_.empty()) raw_ += c;
  }

  bool end_value(CallSink& calls) {
    switch (member_) {
      case Member::name:
        return end_name(calls);
      case Member::arguments:
        has_arguments_ = true;
        return end_arguments(calls);
      case Member::other:
        break;
    }
    return true;
  }

  bool end_name(CallSink& calls) {
    name_ = json_string_text(raw_);
    if (!calls.can_call(*name_)) return false;
    calls.begin_call(*name_);
    if (has_arguments_) calls.add_arguments(early_arguments_);
    return true;
  }

  bool end_arguments(CallSink& calls) {
    if (name_ && raw_.front() == '{') return true;  // passed on already
    std::string object = raw_ == "null" ? "{}" : raw_;
    if (raw_.front() == '"') object = json_string_text(raw_);
    if (raw_.front() == '"' && !is_object(object)) return false;
    if (name_) {
      calls.add_arguments(object);
    } else {
      early_arguments_ = std::move(object);
    }
    return true;
  }

  static bool is_object(std::string_view text) {
    const Result<json::value> value = parse_json(text, "arguments");
    return value && value->is_object();
  }

  Step end(CallSink& calls) {
    if (!name_) return Step::broken;
    if (!has_arguments_) calls.add_arguments("{}");
    calls.end_call();
    return Step::done;
  }

  const bool announced_;
  State state_ = State::open;
  Member member_ = Member::other;
  JsonScanner scanner_;
  std::string raw_;  // of the key or value being read; of arguments passed on their first byte
  std::optional<std::string> name_;
  bool has_arguments_ = false;
  std::string early_arguments_;  // those that came before the name
};

}  // namespace

std::unique_ptr<CallReader> read_json_call(bool announced) {
  return std::make_unique<JsonCall>(announced);
}

}  // namespace ferry
