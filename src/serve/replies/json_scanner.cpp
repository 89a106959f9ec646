#include "serve/replies/json_scanner.h"

#include "base/core/json.h"
#include "base/core/result.h"
#include "base/core/utf8.h"

namespace ferry {
namespace {

// Of the arguments, an object within the call's object.
const size_t kMaxDepth = JsonLimits{}.max_depth;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_high_surrogate(uint16_t code) {
  return code >= 0xD800 && code < 0xDC00;
}
bool is_low_surrogate(uint16_t code) {
  return code >= 0xDC00 && code < 0xE000;
}

}  // namespace

JsonScanner::Step JsonScanner::take(char c) {
  switch (state_) {
    case State::value:
      return is_json_space(c) ? Step::more : begin_value(c);
    case State::value_or_end:
      if (is_json_space(c)) return Step::more;
      return c == ']' ? end_container(c) : begin_value(c);
    case State::key_or_end:
      if (c == '}') return end_container(c);
      [[fallthrough]];
    case State::key:
      if (is_json_space(c)) return Step::more;
      is_key_ = true;
      return c == '"' ? go(State::string) : Step::broken;
    case State::colon:
      if (is_json_space(c)) return Step::more;
      return c == ':' ? go(State::value) : Step::broken;
    case State::comma_or_end:
      if (is_json_space(c)) return Step::more;
      if (c == ',') return go(open_.back() == '{' ? State::key : State::value);
      return end_container(c);
    case State::literal:
      if (c != rest_.front()) return Step::broken;
      rest_.remove_prefix(1);
      return rest_.empty() ? value_ended() : Step::more;
    case State::string:
    case State::escape:
    case State::hex:
    case State::low_backslash:
    case State::low_u:
      return in_string(c);
    default:
      return in_number(c);
  }
}

JsonScanner::Step JsonScanner::begin_value(char c) {
  switch (c) {
    case '{':
    case '[':
      return begin_container(c);
    case '"':
      is_key_ = false;
      return go(State::string);
    case 't':
      rest_ = "rue";
      return go(State::literal);
    case 'f':
      rest_ = "alse";
      return go(State::literal);
    case 'n':
      rest_ = "ull";
      return go(State::literal);
    case '-':
      return go(State::minus);
    case '0':
      return go(State::zero);
    default:
      return is_digit(c) ? go(State::integer) : Step::broken;
  }
}

JsonScanner::Step JsonScanner::begin_container(char c) {
  if (open_.size() >= kMaxDepth) return Step::broken;
  open_ += c;
  return go(c == '{' ? State::key_or_end : State::value_or_end);
}

JsonScanner::Step JsonScanner::end_container(char c) {
  if (open_.empty() || c != (open_.back() == '{' ? '}' : ']')) return Step::broken;
  open_.pop_back();
  return value_ended();
}

JsonScanner::Step JsonScanner::value_ended() {
  state_ = State::comma_or_end;
  return open_.empty() ? Step::done : Step::more;
}

JsonScanner::Step JsonScanner::in_string(char c) {
  switch (state_) {
    case State::escape:
      return in_escape(c);
    case State::hex:
      return in_hex(c);
    case State::low_backslash:
      return c == '\\' ? go(State::low_u) : Step::broken;
    case State::low_u:
      low_ = true;
      digits_ = 0;
      return c == 'u' ? go(State::hex) : Step::broken;
    default:
      break;
  }
  if (c == '\\') return go(State::escape);
  if (static_cast<unsigned char>(c) < 0x20) return Step::broken;
  if (c != '"') return Step::more;
  return is_key_ ? go(State::colon) : value_ended();
}

JsonScanner::Step JsonScanner::in_escape(char c) {
  if (c == 'u') {
    low_ = false;
    digits_ = 0;
    return go(State::hex);
  }
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  return kEscapes.find(c) != std::string_view::npos ? go(State::string) : Step::broken;
}

JsonScanner::Step JsonScanner::in_hex(char c) {
  const int digit = hex_digit(c);
  if (digit < 0) return Step::broken;
  code_ = static_cast<uint16_t>(digits_ == 0 ? digit : code_ * 16 + digit);
  if (++digits_ < 4) return Step::more;
  if (low_ != is_low_surrogate(code_)) return Step::broken;
  return go(is_high_surrogate(code_) ? State::low_backslash : State::string);
}

JsonScanner::Step JsonScanner::in_number(char c) {
  switch (state_) {
    case State::minus:
      if (c == '0') return go(State::zero);
      return is_digit(c) ? go(State::integer) : Step::broken;
    case State::point:
      return is_digit(c) ? go(State::fraction) : Step::broken;
    case State::exponent:
      if (c == '+' || c == '-') return go(State::exponent_sign);
      [[fallthrough]];
    case State::exponent_sign:
      return is_digit(c) ? go(State::exponent_digits) : Step::broken;
    default:
      break;
  }
  if (is_digit(c)) return state_ == State::zero ? Step::broken : Step::more;
  const bool whole = state_ == State::zero || state_ == State::integer;
  if (c == '.' && whole) return go(State::point);
  if ((c == 'e' || c == 'E') && state_ != State::exponent_digits) return go(State::exponent);
  return number_ended(c);
}

JsonScanner::Step JsonScanner::number_ended(char c) {
  if (value_ended() == Step::done) return Step::past;
  return take(c);
}

JsonScanner::Step JsonScanner::go(State state) {
  state_ = state;
  return Step::more;
}

std::string json_string_text(std::string_view quoted) {
  const Result<json::value> value = parse_json(replace_invalid_utf8(quoted), "string");
  FERRY_CHECK(value && value->is_string());
  return std::string(value->get_string());
}

}  // namespace ferry
