#pragma once
// Follows one JSON text (RFC 8259) byte by byte: has it ended, and is it JSON at all? Keeps nothing but where
// it stands. What it lets through parse_json() accepts, given valid UTF-8.

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

class JsonScanner {
 public:
  enum class Step : uint8_t {
    more,    // the value goes on
    done,    // it ends with this byte
    past,    // it ended before this byte: a number, which only what follows it ends
    broken,  // this byte cannot follow
  };

  // Of a new scanner: white space, then the value. Not after done, past or broken.
  Step take(char c);
  // A string has begun and not ended.
  bool in_string() const { return state_ >= State::string && state_ <= State::low_u; }

 private:
  enum class State : uint8_t {
    value,         // one must come
    value_or_end,  // after '['
    key_or_end,    // after '{'
    key,           // after ',' in an object
    colon,
    comma_or_end,
    string,
    escape,
    hex,            // of \uXXXX
    low_backslash,  // a high surrogate was read: a low one must follow
    low_u,
    literal,
    minus,
    zero,
    integer,
    point,
    fraction,
    exponent,
    exponent_sign,
    exponent_digits,
  };

  Step begin_value(char c);
  Step begin_container(char c);
  Step end_container(char c);
  Step value_ended();
  Step in_string(char c);
  Step in_escape(char c);
  Step in_hex(char c);
  Step in_number(char c);
  Step number_ended(char c);
  Step go(State state);

  State state_ = State::value;
  bool is_key_ = false;
  bool low_ = false;       // the \uXXXX being read must be a low surrogate
  uint8_t digits_ = 0;     // of it
  uint16_t code_ = 0;      // so far
  std::string_view rest_;  // of true, false or null
  std::string open_;       // containers: '{' or '['
};

constexpr bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The text of a JSON string, given with its quotes. It must be valid.
std::string json_string_text(std::string_view quoted);

}  // namespace ferry
