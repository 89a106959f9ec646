#include "serve/guard/characters.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr size_t kContextBytes = 48;

bool is_word_character(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

bool is_unspaced(char32_t c) {
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
         (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool is_separate(char32_t c) {
  return !is_word_character(c) || is_unspaced(c);
}

// Shows the window that up to four bytes from here on matter.
bool separate_after(const Window& window, size_t offset) {
  const int first = window.at(offset);
  if (first < 0) return true;
  if (first < 0x80) return !is_alnum(first);
  const int bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  for (int i = 1; i < bytes && is(window.at(offset + i), kContinuation); ++i) {
  }
  return is_separate(decode_utf8(window.text(), offset).code_point);
}

bool separate_before(const Window& window, size_t offset) {
  if (offset == 0) return true;
  const int last = window.at(offset - 1);
  if (last < 0x80) return !is_alnum(last);
  size_t begin = offset - 1;
  while (begin > 0 && offset - begin < 4 && is(window.at(begin), kContinuation)) --begin;
  return is_separate(decode_utf8(window.text(), begin).code_point);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool begins_with_one(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    const size_t bar = std::min(words.find('|'), words.size());
    if (begins_with(text, words.substr(0, bar))) return true;
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

}  // namespace

bool is_word_border(const Window& window, size_t offset) {
  return separate_before(window, offset) || separate_after(window, offset);
}

bool has_context(const Window& window, size_t offset, std::string_view words) {
  const std::string_view text = window.text();
  const size_t begin = offset - std::min(offset, kContextBytes);
  for (size_t at = begin; at < offset; ++at) {
    const int first = static_cast<unsigned char>(text[at]);
    const bool starts_word = (is(first, kLetter) || first >= 0xC0) &&
                             (at == 0 || !is_alnum(static_cast<unsigned char>(text[at - 1])));
    if (starts_word && begins_with_one(text.substr(at, offset - at), words)) return true;
  }
  return false;
}

}  // namespace ferry
