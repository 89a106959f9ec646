#include "serve/replies/python_literal.h"

#include <set>

#include "base/core/json.h"
#include "base/core/utf8.h"

namespace ferry {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

bool is_scalar_value(uint32_t code) {
  return code < 0x110000 && (code < 0xD800 || code >= 0xE000);
}

class PythonReader {
 public:
  PythonReader(std::string_view text, std::string& out) : text_(text), json_(out) {}

  bool read_value() { return skip_space(), value(1) && (skip_space(), at_end()); }

  bool read_arguments() {
    json_.begin_object();
    std::set<std::string, std::less<>> names;
    for (skip_space(); !at_end(); skip_space()) {
      const std::string_view name = take_name();
      if (name.empty() || !names.emplace(name).second) return false;
      skip_space();
      if (!take('=')) return false;
      skip_space();
      json_.key(name);
      if (!value(2)) return false;
      skip_space();
      if (!take(',') && !at_end()) return false;
    }
    json_.end_object();
    return true;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() && std::string_view(" \t\n\r\f").find(peek()) != std::string_view::npos) ++at_;
  }

  std::string_view take_name() {
    const size_t begin = at_;
    if (!at_end() && is_name_start(peek())) {
      while (!at_end() && is_name_part(peek())) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  bool value(size_t depth) {
    if (depth > JsonLimits{}.max_depth) return false;
    switch (peek()) {
      case '"':
      case '\'':
        return string_value();
      case '[':
        return items(']', depth);
      case '(':
        return items(')', depth);
      case '{':
        return dict(depth);
      default:
        return is_name_start(peek()) ? constant() : number();
    }
  }

  bool constant() {
    const std::string_view name = take_name();
    if (name == "True" || name == "true") return json_.value(true), true;
    if (name == "False" || name == "false") return json_.value(false), true;
    if (name == "None" || name == "null") return json_.null(), true;
    return false;
  }

  std::string_view take_digits() {
    const size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // JSON wants a digit on both sides of the point, and no plus sign.
  bool number() {
    std::string out = take('-') ? "-" : "";
    if (out.empty()) take('+');
    const std::string_view whole = take_digits();
    if (whole.size() > 1 && whole.front() == '0') return false;
    out += whole.empty() ? "0" : whole;
    std::string_view fraction;
    if (take('.')) {
      fraction = take_digits();
      out += '.';
      out += fraction.empty() ? "0" : fraction;
    }
    if (whole.empty() && fraction.empty()) return false;
    if (!exponent(out)) return false;
    json_.raw(out);
    return true;
  }

  bool exponent(std::string& out) {
    if (!take('e') && !take('E')) return true;
    out += 'e';
    if (take('-')) {
      out += '-';
    } else {
      take('+');
    }
    const std::string_view digits = take_digits();
    out += digits;
    return !digits.empty();
  }

  // Of a list or a tuple.
  bool items(char close, size_t depth) {
    ++at_;
    json_.begin_array();
    size_t count = 0;
    bool comma = false;
    for (skip_space(); !take(close); skip_space()) {
      if (!value(depth + 1)) return false;
      ++count;
      skip_space();
      comma = take(',');
      if (!comma && peek() != close) return false;
    }
    json_.end_array();
    // (1) is no tuple but 1. Nobody writes it.
    return close == ']' || count != 1 || comma;
  }

  bool dict(size_t depth) {
    ++at_;
    json_.begin_object();
    std::set<std::string> keys;
    for (skip_space(); !take('}'); skip_space()) {
      std::string key;
      if (!string(key) || !keys.insert(key).second) return false;
      json_.key(key);
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (!take(',') && peek() != '}') return false;
    }
    json_.end_object();
    return true;
  }

  bool string_value() {
    std::string text;
    if (!string(text)) return false;
    json_.value(std::string_view(text));
    return true;
  }

  bool string(std::string& out) {
    const char quote = peek();
    if (quote != '"' && quote != '\'') return false;
    ++at_;
    while (!take(quote)) {
      if (at_end() || peek() == '\n') return false;
      if (!take('\\')) {
        out += text_[at_++];
      } else if (!escape(out)) {
        return false;
      }
    }
    return true;
  }

  bool escape(std::string& out) {
    if (at_end()) return false;
    const char c = text_[at_++];
    // The slash is JSON's, as the pairs of \u are in code_point(): no Python, but plainly meant.
    constexpr std::string_view kNames = "abfnrtv\\'\"/";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"/";
    if (const size_t known = kNames.find(c); known != std::string_view::npos) {
      out += kMeanings[known];
      return true;
    }
    switch (c) {
      case '\n':  // a line continued
        return true;
      case 'x':
        return code_point(out, 2);
      case 'u':
        return code_point(out, 4);
      case 'U':
        return code_point(out, 8);
      default:
        break;
    }
    if (c >= '0' && c <= '7') return --at_, octal(out);
    // Python keeps the backslash of an escape that it does not know.
    out += '\\';
    out += c;
    return true;
  }

  std::optional<uint32_t> hex(int digits) {
    uint32_t code = 0;
    for (; digits > 0; --digits, ++at_) {
      if (digit_value(peek()) > 15) return std::nullopt;
      code = code * 16 + static_cast<uint32_t>(digit_value(peek()));
    }
    return code;
  }

  bool code_point(std::string& out, int digits) {
    std::optional<uint32_t> code = hex(digits);
    if (!code) return false;
    // Two escapes for one character.
    if (*code >= 0xD800 && *code < 0xDC00 && take('\\') && take('u')) {
      const std::optional<uint32_t> low = hex(4);
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (!is_scalar_value(*code)) return false;
    append_utf8(out, *code);
    return true;
  }

  bool octal(std::string& out) {
    uint32_t code = 0;
    for (int i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i) {
      code = code * 8 + static_cast<uint32_t>(text_[at_++] - '0');
    }
    append_utf8(out, code);
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  JsonWriter json_;
};

}  // namespace

std::optional<std::string> python_literal_to_json(std::string_view text) {
  std::string json;
  if (!PythonReader(text, json).read_value()) return std::nullopt;
  return json;
}

std::optional<std::string> python_arguments_to_json(std::string_view text) {
  std::string json;
  if (!PythonReader(text, json).read_arguments()) return std::nullopt;
  return json;
}

}  // namespace ferry
