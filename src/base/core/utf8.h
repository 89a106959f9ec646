#pragma once
// UTF-8: the few operations that streaming, tokenisers and templates need.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

struct Utf8Char {
  char32_t code_point;  // 0xFFFD where the bytes are not valid UTF-8
  uint32_t bytes;       // consumed: 1 for an invalid byte
  bool valid;
};

// Decodes the character at text[offset]; offset < text.size(). Overlong forms, surrogates and values above
// U+10FFFF are invalid (Unicode 15, table 3-7).
Utf8Char decode_utf8(std::string_view text, size_t offset);

void append_utf8(std::string& out, char32_t code_point);

bool is_valid_utf8(std::string_view text);

// How many bytes at the end are the beginning of a character that more bytes could complete: 0 to 3.
size_t incomplete_utf8_tail(std::string_view text);

// Invalid bytes replaced by U+FFFD, one per maximal ill-formed subpart, as Python's errors="replace" does.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace ferry
