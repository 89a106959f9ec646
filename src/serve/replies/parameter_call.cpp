// What follows <function=, as Qwen3-Coder and Seed-OSS write calls:
//   <function=f>
//   <parameter=a>
//   text, of any number of lines, up to the first end tag (of what must be JSON: outside its strings)
//   </parameter>
//   </function>

#include <set>
#include <string>

#include "base/core/json.h"
#include "serve/replies/call_reader.h"
#include "serve/replies/parameter_value.h"

namespace ferry {
namespace {

constexpr std::string_view kParameter = "<parameter=";
constexpr std::string_view kEnd = "</function>";
constexpr std::string_view kParameterEnd = "\n</parameter>";

// Within a JSON string.
void append_escaped(std::string& json, char c) {
  if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') {
    json += c;
    return;
  }
  std::string quoted;
  JsonWriter(quoted).value(std::string_view(&c, 1));
  json.append(quoted, 1, quoted.size() - 2);
}

class ParameterCall final : public CallReader {
 public:
  Step take(char c, CallSink& calls) override {
    switch (state_) {
      case State::name:
        return in_name(c, calls);
      case State::between:
        if (is_json_space(c)) return Step::more;
        state_ = State::tag;
        tag_.clear();
        return in_tag(c, calls);
      case State::tag:
        return in_tag(c, calls);
      case State::key:
        return in_key(c, calls);
      case State::value:
        return in_value(c, calls);
    }
    return Step::broken;
  }

 private:
  enum class State : uint8_t { name, between, tag, key, value };

  Step in_name(char c, CallSink& calls) {
    if (is_name_char(c) && name_.size() < kMaxNameBytes) {
      name_ += c;
      return Step::more;
    }
    if (c != '>' || !calls.can_call(name_)) return Step::broken;
    calls.begin_call(name_);
    calls.add_arguments("{");
    tool_ = calls.find_tool(name_);
    state_ = State::between;
    return Step::more;
  }

  Step in_tag(char c, CallSink& calls) {
    look_again_ = tag_.size();
    tag_ += c;
    if (!kParameter.starts_with(tag_) && !kEnd.starts_with(tag_)) return Step::broken;
    if (tag_ == kEnd) {
      calls.add_arguments("}");
      calls.end_call();
      return Step::done;
    }
    if (tag_ == kParameter) {
      look_again_ = 0;
      key_.clear();
      state_ = State::key;
    }
    return Step::more;
  }

  Step in_key(char c, CallSink& calls) {
    if (c != '>') {
      key_ += c;
      return c == '\n' || c == '<' || key_.size() > kMaxNameBytes ? Step::broken : Step::more;
    }
    if (key_.empty() || !keys_.insert(key_).second) return Step::broken;
    begin_value(calls);
    return Step::more;
  }

  void begin_value(CallSink& calls) {
    std::string member = keys_.size() > 1 ? ", " : "";
    JsonWriter(member).value(std::string_view(key_));
    member += ": ";
    kinds_ = tool_ != nullptr ? parameter_kinds(tool_->parameters, key_) : ValueKinds{};
    if (kinds_.is_text()) member += '"';
    calls.add_arguments(member);
    raw_.clear();
    json_ = {};
    is_json_ = !kinds_.is_text() && !kinds_.string;
    held_.clear();
    first_ = true;
    state_ = State::value;
  }

  // A text goes on as it comes, but for what may be the beginning of its end.
  Step in_value(char c, CallSink& calls) {
    held_ += c;
    const bool closes = held_ == kParameterEnd || held_ == kParameterEnd.substr(1);
    if (closes && !(is_json_ && json_.in_string())) return end_value(calls);
    std::string certain;
    size_t at = 0;
    while (at < held_.size() && (closes || !may_be_end(std::string_view(held_).substr(at)))) {
      // A line break after the opening tag belongs to the tag.
      if (!first_ || held_[at] != '\n') append_value(certain, held_[at]);
      first_ = false;
      ++at;
    }
    held_.erase(0, at);
    if (!certain.empty()) calls.add_arguments(certain);
    return Step::more;
  }

  static bool may_be_end(std::string_view text) {
    return kParameterEnd.starts_with(text) || kParameterEnd.substr(1).starts_with(text);
  }

  void append_value(std::string& json, char c) {
    if (kinds_.is_text()) {
      append_escaped(json, c);
      return;
    }
    raw_ += c;
    is_json_ = is_json_ && json_.take(c) == JsonScanner::Step::more;
  }

  Step end_value(CallSink& calls) {
    calls.add_arguments(kinds_.is_text() ? "\"" : parameter_to_json(raw_, kinds_));
    state_ = State::between;
    return Step::more;
  }

  State state_ = State::name;
  std::string name_;
  const ReplyTool* tool_ = nullptr;
  std::string tag_;
  std::string key_;
  std::set<std::string> keys_;
  ValueKinds kinds_;  // of the parameter being read
  std::string raw_;   // its text, unless that is the value itself
  JsonScanner json_;
  bool is_json_ = false;  // raw_ is the beginning of a JSON text, which json_ follows
  std::string held_;      // what may be the beginning of its end
  bool first_ = true;
};

}  // namespace

std::unique_ptr<CallReader> read_parameter_call() {
  return std::make_unique<ParameterCall>();
}

}  // namespace ferry
