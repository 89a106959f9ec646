#include "infer/tokenizer/word_pattern.h"

#include "infer/tokenizer/char_class.h"

namespace ferry {
namespace {

struct Char {
  char32_t code_point;
  uint32_t bytes;  // 0 at the end of the text
  uint8_t classes;
};

Char look(std::string_view text, size_t at) {
  if (at >= text.size()) return {0, 0, 0};
  const CharAt c = char_at(text, at);
  return {c.code_point, c.bytes, char_class(c.code_point)};
}

// The end of the run of characters from `at` on that have one of the classes.
size_t run_end(std::string_view text, size_t at, uint8_t classes) {
  for (Char c = look(text, at); (c.classes & classes) != 0; c = look(text, at)) at += c.bytes;
  return at;
}

// The end of the run of [^\s\p{L}\p{N}].
size_t other_end(std::string_view text, size_t at) {
  for (Char c = look(text, at); c.bytes != 0 && (c.classes & (kSpace | kLetter | kNumber)) == 0;
       c = look(text, at)) {
    at += c.bytes;
  }
  return at;
}

bool is_newline(char32_t c) {
  return c == '\r' || c == '\n';
}

size_t newlines_end(std::string_view text, size_t at) {
  while (at < text.size() && is_newline(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// \s+(?!\S)|\s+: white space up to the last one before a word, which belongs to the word; or that one.
size_t spaces_end(std::string_view text, size_t at) {
  const size_t end = run_end(text, at, kSpace);
  if (end == text.size()) return end;
  const size_t last = end - bytes_before(text, end);
  return last > at ? last : end;
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The length of 's, 't, 're, 've, 'm, 'll, 'd at `at`, where there is an apostrophe; otherwise 0.
size_t contraction_bytes(std::string_view text, size_t at, bool any_case, bool long_s) {
  const auto letter = [&](size_t i) {
    const char c = at + i < text.size() ? text[at + i] : '\0';
    return any_case ? to_lower(c) : c;
  };
  switch (letter(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return letter(2) == 'e' ? 3 : 0;
    case 'l':
      return letter(2) == 'l' ? 3 : 0;
    case '\xC5':
      return long_s && letter(2) == '\xBF' ? 3 : 0;
    default:
      return 0;
  }
}

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// What precedes and follows \p{N} in the patterns of cl100k's family.
constexpr std::string_view kFolded = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kSpelled =
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kTail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

bool starts_then(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

}  // namespace

std::optional<WordPattern> WordPattern::of(std::string_view regex) {
  if (regex == kGpt2) return WordPattern({Kind::gpt2});
  const bool folded = starts_then(regex, kFolded);
  if (!folded && !starts_then(regex, kSpelled)) return std::nullopt;
  const int most_digits = starts_then(regex, "{1,3}") ? 3 : 1;
  if (regex != kTail) return std::nullopt;
  return WordPattern({Kind::cl100k, most_digits, folded});
}

size_t WordPattern::match_end(std::string_view text, size_t at) const {
  return options_.kind == Kind::gpt2 ? gpt2_end(text, at) : cl100k_end(text, at);
}

size_t WordPattern::gpt2_end(std::string_view text, size_t at) const {
  if (text[at] == '\'') {
    if (const size_t bytes = contraction_bytes(text, at, false, false)) return at + bytes;
  }
  const Char first = look(text, at);
  const bool space = first.code_point == ' ';
  const size_t body = space ? at + 1 : at;
  const Char c = space ? look(text, body) : first;
  if ((c.classes & kLetter) != 0) return run_end(text, body, kLetter);
  if ((c.classes & kNumber) != 0) return run_end(text, body, kNumber);
  if (c.bytes != 0 && (c.classes & kSpace) == 0) return other_end(text, body);
  return spaces_end(text, at);
}

size_t WordPattern::cl100k_end(std::string_view text, size_t at) const {
  if (text[at] == '\'') {
    if (const size_t bytes = contraction_bytes(text, at, true, options_.long_s)) return at + bytes;
  }
  const Char first = look(text, at);
  if ((first.classes & kLetter) != 0) return run_end(text, at, kLetter);
  if ((first.classes & kNumber) != 0) {
    size_t end = at;
    for (int digits = 0; digits < options_.most_digits; ++digits) {
      const Char c = look(text, end);
      if ((c.classes & kNumber) == 0) break;
      end += c.bytes;
    }
    return end;
  }
  const size_t after = at + first.bytes;
  const Char second = look(text, after);
  if (!is_newline(first.code_point) && (second.classes & kLetter) != 0) return run_end(text, after, kLetter);

  const bool space = first.code_point == ' ';
  const Char c = space ? second : first;
  if (c.bytes != 0 && (c.classes & (kSpace | kLetter | kNumber)) == 0) {
    return newlines_end(text, other_end(text, space ? after : at));
  }

  const size_t end = run_end(text, at, kSpace);
  const size_t newline = text.substr(at, end - at).find_last_of("\r\n");
  if (newline != std::string_view::npos) return at + newline + 1;
  return spaces_end(text, at);
}

}  // namespace ferry
