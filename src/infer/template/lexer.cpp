#include "infer/template/lexer.h"

#include <charconv>
#include <string>

#include "base/core/utf8.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_char(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return is_identifier_char(c);
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

class Lexer {
 public:
  Lexer(Arena& arena, std::string_view source) : arena_(arena), source_(source) {}

  std::vector<Token> run() {
    while (position_ < source_.size()) lex_text();
    push(TokenKind::end, {});
    return std::move(tokens_);
  }

 private:
  // A tag begins here: "{{", "{%", "{#", with its sign '-', '+' or none.
  struct Tag {
    size_t begin;
    char type;  // '{', '%', '#'
    char sign;  // 0: none
    bool raw = false;
    size_t end;  // behind the sign; of raw behind "%}"
  };

  [[noreturn]] void fail(std::string message) const {
    throw TemplateError{ErrorCode::invalid_argument, std::move(message), line_};
  }

  void push(TokenKind kind, std::string_view text, Value number = {}) {
    tokens_.push_back({kind, line_, text, number});
  }

  char at(size_t offset) const { return offset < source_.size() ? source_[offset] : '\0'; }

  void advance_to(size_t position) {
    for (; position_ < position; ++position_) line_ += source_[position_] == '\n';
    line_starting_ = position_ > 0 && source_[position_ - 1] == '\n';
  }

  size_t skip_space(size_t offset) const {
    while (offset < source_.size()) {
      const Utf8Char c = decode_utf8(source_, offset);
      if (!is_space(c.code_point)) break;
      offset += c.bytes;
    }
    return offset;
  }

  // Where the whitespace at the end of source_[begin, end) begins.
  size_t trim_end(size_t begin, size_t end) const {
    while (end > begin) {
      size_t start = end - 1;
      while (start > begin && (static_cast<unsigned char>(source_[start]) & 0xC0) == 0x80) --start;
      if (!is_space(decode_utf8(source_, start).code_point)) break;
      end = start;
    }
    return end;
  }

  bool find_tag(Tag& tag) const {
    for (size_t i = source_.find('{', position_); i != std::string_view::npos; i = source_.find('{', i + 1)) {
      const char type = at(i + 1);
      if (type != '{' && type != '%' && type != '#') continue;
      const char sign = at(i + 2);
      const bool has_sign = sign == '-' || sign == '+';
      tag = {i, type, has_sign ? sign : '\0', false, i + 2 + has_sign};
      if (type == '%') match_raw(tag);
      return true;
    }
    return false;
  }

  // "{% raw %}": a whole tag that switches tags off.
  void match_raw(Tag& tag) const {
    size_t i = skip_space(tag.end);
    if (source_.substr(i, 3) != "raw") return;
    i = skip_space(i + 3);
    const bool dash = at(i) == '-';
    if (source_.substr(i + dash, 2) != "%}") return;
    tag.raw = true;
    tag.end = dash ? skip_space(i + 3) : i + 2;
  }

  // Where the text before a tag ends, once the tag has eaten whitespace: all of it with '-', the indentation
  // of the tag's line without a sign.
  size_t text_end(size_t begin, size_t end, char sign, bool is_variable) const {
    if (sign == '-') return trim_end(begin, end);
    if (sign == '+' || is_variable) return end;
    const size_t newline = source_.substr(begin, end - begin).rfind('\n');
    const size_t line_begin = newline == std::string_view::npos ? begin : begin + newline + 1;
    if (line_begin == begin && newline == std::string_view::npos && !line_starting_) return end;
    return trim_end(line_begin, end) == line_begin ? line_begin : end;
  }

  void lex_text() {
    if (position_ == 0) line_starting_ = true;
    Tag tag{};
    if (!find_tag(tag)) {
      push(TokenKind::data, source_.substr(position_));
      advance_to(source_.size());
      return;
    }
    const size_t end = text_end(position_, tag.begin, tag.sign, tag.type == '{');
    if (end > position_) push(TokenKind::data, source_.substr(position_, end - position_));
    advance_to(tag.begin);
    if (tag.raw) return lex_raw(tag);
    if (tag.type == '#') return lex_comment(tag);
    push(tag.type == '{' ? TokenKind::variable_begin : TokenKind::block_begin, {});
    advance_to(tag.end);
    lex_tag(tag.type == '{');
  }

  // Behind the end of a block or comment: '-' eats whitespace, '+' nothing, no sign one newline.
  size_t after_block(size_t end, char sign) const {
    if (sign == '-') return skip_space(end);
    return sign != '+' && at(end) == '\n' ? end + 1 : end;
  }

  void lex_comment(const Tag& tag) {
    for (size_t i = tag.end; i < source_.size(); ++i) {
      const char sign = at(i) == '-' || at(i) == '+' ? at(i) : '\0';
      const size_t close = i + (sign != '\0');
      if (source_.substr(close, 2) != "#}") continue;
      return advance_to(after_block(close + 2, sign));
    }
    fail("Missing end of comment tag");
  }

  void lex_raw(const Tag& tag) {
    advance_to(tag.end);
    for (size_t i = position_; (i = source_.find("{%", i)) != std::string_view::npos; ++i) {
      const char open_sign = at(i + 2) == '-' || at(i + 2) == '+' ? at(i + 2) : '\0';
      size_t j = skip_space(i + 2 + (open_sign != '\0'));
      if (source_.substr(j, 6) != "endraw") continue;
      j = skip_space(j + 6);
      const char sign = at(j) == '-' || at(j) == '+' ? at(j) : '\0';
      if (source_.substr(j + (sign != '\0'), 2) != "%}") continue;
      const size_t end = text_end(position_, i, open_sign, false);
      if (end > position_) push(TokenKind::data, source_.substr(position_, end - position_));
      return advance_to(after_block(j + 2 + (sign != '\0'), sign));
    }
    fail("Missing end of raw directive");
  }

  void lex_tag(bool is_variable) {
    std::vector<char> open;
    while (position_ < source_.size()) {
      if (open.empty() && lex_tag_end(is_variable)) return;
      lex_token(open);
    }
  }

  bool lex_tag_end(bool is_variable) {
    const char c = at(position_);
    const char sign = c == '-' || (c == '+' && !is_variable) ? c : '\0';
    const size_t close = position_ + (sign != '\0');
    if (source_.substr(close, 2) != (is_variable ? "}}" : "%}")) return false;
    push(is_variable ? TokenKind::variable_end : TokenKind::block_end, {});
    if (is_variable) {
      advance_to(sign == '-' ? skip_space(close + 2) : close + 2);
    } else {
      advance_to(after_block(close + 2, sign));
    }
    return true;
  }

  void lex_token(std::vector<char>& open) {
    const size_t space = skip_space(position_);
    if (space > position_) return advance_to(space);
    const char c = at(position_);
    if (is_digit(c)) return lex_number();
    if (c == '"' || c == '\'') return lex_string(c);
    const size_t name_end = scan_name(position_);
    if (name_end > position_) {
      push(TokenKind::name, source_.substr(position_, name_end - position_));
      return advance_to(name_end);
    }
    lex_operator(open);
  }

  size_t scan_name(size_t offset) const {
    while (offset < source_.size()) {
      const Utf8Char c = decode_utf8(source_, offset);
      if (!c.valid || !is_name_char(c.code_point)) break;
      offset += c.bytes;
    }
    return offset;
  }

  // (digits _)* digits from `offset`; returns `offset` where there are none.
  size_t scan_digits(size_t offset, int base = 10) const {
    if (digit_value(at(offset)) >= base) return offset;
    ++offset;
    while (digit_value(at(offset)) < base || (at(offset) == '_' && digit_value(at(offset + 1)) < base))
      ++offset;
    return offset;
  }

  // The end of a float that begins here, or `position_`: digits, then a fraction, an exponent, or both.
  size_t scan_float() const {
    if (position_ > 0 && source_[position_ - 1] == '.') return position_;
    size_t end = scan_digits(position_);
    bool is_float = false;
    if (at(end) == '.' && is_digit(at(end + 1))) {
      end = scan_digits(end + 1);
      is_float = true;
    }
    if (at(end) == 'e' || at(end) == 'E') {
      const size_t digits = end + 1 + (at(end + 1) == '+' || at(end + 1) == '-');
      if (is_digit(at(digits))) {
        end = scan_digits(digits);
        is_float = true;
      }
    }
    return is_float ? end : position_;
  }

  static std::string without_underscores(std::string_view text) {
    std::string digits;
    for (const char c : text) {
      if (c != '_') digits.push_back(c);
    }
    return digits;
  }

  void lex_number() {
    if (const size_t end = scan_float(); end > position_) {
      const std::string digits = without_underscores(source_.substr(position_, end - position_));
      push(TokenKind::floating, {}, Value::of(std::strtod(digits.c_str(), nullptr)));
      return advance_to(end);
    }
    int base = 10;
    size_t begin = position_;
    if (at(begin) == '0') {
      const char prefix = static_cast<char>(at(begin + 1) | 0x20);
      base = prefix == 'b' ? 2 : prefix == 'o' ? 8 : prefix == 'x' ? 16 : 10;
      const size_t digits = begin + 2 + (at(begin + 2) == '_');
      if (base != 10 && digit_value(at(digits)) < base) {
        begin = digits;
      } else {
        base = 1;  // zeros only
      }
    }
    const size_t end = scan_digits(begin, base);
    push(TokenKind::integer, {}, Value::of(parse_integer(source_.substr(begin, end - begin), base)));
    advance_to(end);
  }

  Int parse_integer(std::string_view digits, int base) const {
    Int number = 0;
    for (const char c : digits) {
      if (c == '_') continue;
      if (__builtin_mul_overflow(number, Int{base}, &number) ||
          __builtin_add_overflow(number, Int{digit_value(c)}, &number)) {
        fail("an integer beyond 128 bits");
      }
    }
    return number;
  }

  void lex_string(char quote) {
    size_t end = position_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) {
      fail(fmt::format("unexpected char {:?} at {}", quote, position_));
    }
    const std::string_view body = source_.substr(position_ + 1, end - position_ - 1);
    push(TokenKind::string, body.find('\\') == std::string_view::npos ? body : arena_.copy(unescape(body)));
    advance_to(end + 1);
  }

  // Python's "unicode-escape", as Jinja applies it: a backslash before a character beyond ASCII stays, and
  // that character is then seen as its own escape.
  std::string unescape(std::string_view body) const {
    std::string out;
    for (size_t i = 0; i < body.size();) {
      if (body[i] != '\\') {
        out.push_back(body[i++]);
        continue;
      }
      ++i;  // a backslash is never last: it would have escaped the quote
      if (static_cast<unsigned char>(body[i]) >= 0x80) {
        const Utf8Char c = decode_utf8(body, i);
        const auto code = static_cast<uint32_t>(c.code_point);
        out += code < 0x100     ? fmt::format("\\x{:02x}", code)
               : code < 0x10000 ? fmt::format("\\u{:04x}", code)
                                : fmt::format("\\U{:08x}", code);
        i += c.bytes;
      } else {
        i = unescape_one(body, i, out);
      }
    }
    return out;
  }

  // body[i] is the character behind a backslash; returns where to go on.
  size_t unescape_one(std::string_view body, size_t i, std::string& out) const {
    static constexpr std::string_view kLetters = "\\'\"abfnrtv";
    static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    const char c = body[i];
    if (c == '\n') return i + 1;
    if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
      out.push_back(kMeanings[known]);
      return i + 1;
    }
    if (c >= '0' && c <= '7') {
      uint32_t code = 0;
      const size_t end = std::min(i + 3, body.size());
      for (; i < end && body[i] >= '0' && body[i] <= '7'; ++i)
        code = code * 8 + static_cast<uint32_t>(body[i] - '0');
      append_utf8(out, code);
      return i;
    }
    if (c == 'x' || c == 'u' || c == 'U') return unescape_hex(body, i, c == 'x' ? 2 : c == 'u' ? 4 : 8, out);
    if (c == 'N') fail("\\N{...} in a string is not supported; write the character or \\uXXXX");
    out.push_back('\\');
    out.push_back(c);
    return i + 1;
  }

  size_t unescape_hex(std::string_view body, size_t i, size_t digits, std::string& out) const {
    uint32_t code = 0;
    for (size_t k = 1; k <= digits; ++k) {
      const int digit = i + k < body.size() ? digit_value(body[i + k]) : 99;
      if (digit >= 16) fail(fmt::format("truncated \\{} escape", body[i]));
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    if (code > 0x10FFFF) fail("illegal Unicode character");
    if (code >= 0xD800 && code < 0xE000) fail("a surrogate in a string: write the character itself");
    append_utf8(out, code);
    return i + 1 + digits;
  }

  void lex_operator(std::vector<char>& open) {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
    static constexpr std::string_view kOne = "+-/*%~[](){}><=.:|,;";
    std::string_view op = source_.substr(position_, 2);
    bool known = false;
    for (const std::string_view two : kTwo) known |= op == two;
    if (!known) op = op.substr(0, 1);
    if (!known && kOne.find(op[0]) == std::string_view::npos) {
      const Utf8Char c = decode_utf8(source_, position_);
      fail(fmt::format("unexpected char '{}' at {}", source_.substr(position_, c.bytes), position_));
    }
    balance(op[0], open);
    push(TokenKind::op, op);
    advance_to(position_ + op.size());
  }

  void balance(char c, std::vector<char>& open) const {
    if (c == '{') open.push_back('}');
    if (c == '(') open.push_back(')');
    if (c == '[') open.push_back(']');
    if (c != '}' && c != ')' && c != ']') return;
    if (open.empty()) fail(fmt::format("unexpected '{}'", c));
    if (open.back() != c) fail(fmt::format("unexpected '{}', expected '{}'", c, open.back()));
    open.pop_back();
  }

  Arena& arena_;
  std::string_view source_;
  size_t position_ = 0;
  uint32_t line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::string_view normalise_newlines(Arena& arena, std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text.push_back('\n');
      i += i + 1 < source.size() && source[i + 1] == '\n';
    } else {
      text.push_back(source[i]);
    }
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return arena.copy(text);
}

std::vector<Token> tokenize(Arena& arena, std::string_view source) {
  return Lexer(arena, source).run();
}

}  // namespace ferry::jinja
