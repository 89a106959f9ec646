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

bool stands_at(std::string_view text, size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(text[at + i]) != word[i]) return false;
  }
  return true;
}

}  // namespace

bool is_word_border(const Window& window, size_t offset) {
  return separate_before(window, offset) || separate_after(window, offset);
}

bool has_context(const Window& window, size_t offset, std::string_view words) {
  const size_t begin = offset - std::min(offset, kContextBytes);
  const std::string_view before = window.text().substr(begin, offset - begin);
  while (!words.empty()) {
    const size_t bar = std::min(words.find('|'), words.size());
    const std::string_view word = words.substr(0, bar);
    for (size_t at = 0; at + word.size() <= before.size(); ++at) {
      const bool border = begin + at == 0 || !is_alnum(window.at(static_cast<ptrdiff_t>(begin + at) - 1));
      if (border && stands_at(before, at, word)) return true;
    }
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

}  // namespace ferry
