#include "infer/template/number_parsing.h"

#include <algorithm>
#include <string>

#include "base/core/utf8.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

std::string_view without_space(std::string_view text) {
  size_t begin = 0;
  while (begin < text.size()) {
    const Utf8Char c = decode_utf8(text, begin);
    if (!is_space(c.code_point)) break;
    begin += c.bytes;
  }
  size_t end = text.size();
  while (end > begin) {
    size_t start = end - 1;
    while (start > begin && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    if (!is_space(decode_utf8(text, start).code_point)) break;
    end = start;
  }
  return text.substr(begin, end - begin);
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

int prefix_base(std::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') return 0;
  const char c = static_cast<char>(digits[1] | 0x20);
  return c == 'b' ? 2 : c == 'o' ? 8 : c == 'x' ? 16 : 0;
}

// Single underscores between digits are allowed.
bool drop_underscores(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out.push_back(text[i]);
      continue;
    }
    const bool between =
        i > 0 && i + 1 < text.size() && digit_value(text[i - 1]) < 10 && digit_value(text[i + 1]) < 10;
    if (!between) return false;
  }
  return true;
}

bool is_float_syntax(std::string_view text) {
  size_t i = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const auto digits = [&] {
    const size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

bool is_special_float(std::string_view text) {
  std::string lower;
  for (const char c : text) lower.push_back(static_cast<char>(c | 0x20));
  const std::string_view name = !text.empty() && (text[0] == '+' || text[0] == '-')
                                    ? std::string_view(lower).substr(1)
                                    : std::string_view(lower);
  return name == "inf" || name == "infinity" || name == "nan";
}

}  // namespace

std::optional<Int> parse_python_int(std::string_view text, int base) {
  std::string_view digits = without_space(text);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const int prefix = prefix_base(digits);
  const bool had_prefix = prefix != 0 && (base == 0 || base == prefix);
  if (had_prefix) digits.remove_prefix(2);
  const int radix = base != 0 ? base : prefix != 0 ? prefix : 10;
  if (had_prefix && digits.starts_with('_')) digits.remove_prefix(1);
  if (digits.empty() || digits.front() == '_' || digits.back() == '_') return std::nullopt;
  Int number = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] == '_') {
      if (digits[i - 1] == '_') return std::nullopt;
      continue;
    }
    const int digit = digit_value(digits[i]);
    if (digit >= radix) return std::nullopt;
    if (__builtin_mul_overflow(number, Int{radix}, &number) ||
        __builtin_add_overflow(number, Int{digit}, &number)) {
      raise("an integer beyond 128 bits");
    }
  }
  const bool leading_zero = base == 0 && !had_prefix && digits.front() == '0' && number != 0;
  if (leading_zero) return std::nullopt;
  return negative ? -number : number;
}

std::optional<double> parse_python_float(std::string_view text) {
  std::string plain;
  if (!drop_underscores(without_space(text), plain)) return std::nullopt;
  if (!is_float_syntax(plain) && !is_special_float(plain)) return std::nullopt;
  return std::strtod(plain.c_str(), nullptr);
}

}  // namespace ferry::jinja
