#pragma once
// Unicode categories of characters, as the splitting patterns of tokenizers ask for them.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferry {

enum CharClass : uint8_t {
  kLetter = 1,           // L*
  kNumber = 2,           // N*
  kSpace = 4,            // White_Space
  kMark = 8,             // M*
  kNonspacingMark = 16,  // Mn
  kPunctuation = 32,     // P*, and every ASCII punctuation character ($, +, <, ...)
  kWord = 64,            // \w: letters, marks, decimal and letter numbers, connectors, joiners
  kOther = 128,          // C*: control, format, private use; not what is unassigned
};

// The classes of a character, or-ed. Any value is allowed.
uint8_t char_class(char32_t c);

// The character at text[at]; the text must be valid UTF-8 and at < text.size().
struct CharAt {
  char32_t code_point;
  uint32_t bytes;
};
inline CharAt char_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1Fu) << 6 | (byte(1) & 0x3Fu), 2};
  if (first < 0xF0) return {(first & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu), 3};
  return {(first & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu), 4};
}

// How many bytes the character before text[end] has; the text must be valid UTF-8 and end > 0.
inline size_t bytes_before(std::string_view text, size_t end) {
  size_t n = 1;
  while ((static_cast<unsigned char>(text[end - n]) & 0xC0) == 0x80) ++n;
  return n;
}

}  // namespace ferry
