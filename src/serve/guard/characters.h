#pragma once
// Classes of bytes, and where words begin and end.

#include <array>
#include <cstddef>
#include <cstdint>

#include "serve/guard/window.h"

namespace ferry {

enum ByteClass : uint8_t {
  kDigit = 1,
  kLetter = 2,    // ASCII
  kHex = 4,       // digit or a to f
  kLocal = 8,     // may stand in an address before its @
  kSpace = 16,    // ASCII white space
  kTrigger = 32,  // makes form_detectors.h look closer
  kContinuation = 64
};

inline constexpr std::array<uint8_t, 256> kByteClasses = [] {
  std::array<uint8_t, 256> classes{};
  const auto add = [&](int first, int last, int what) {
    for (int c = first; c <= last; ++c) classes[c] = static_cast<uint8_t>(classes[c] | what);
  };
  const auto each = [&](const char* bytes, int what) {
    for (; *bytes != 0; ++bytes)
      add(static_cast<unsigned char>(*bytes), static_cast<unsigned char>(*bytes), what);
  };
  add('0', '9', kDigit | kHex | kLocal | kTrigger);
  add('a', 'z', kLetter | kLocal);
  add('A', 'Z', kLetter | kLocal);
  add('a', 'f', kHex);
  add('A', 'F', kHex);
  each("._%+'&#~!-", kLocal);
  each(" \t\r\n\f\v", kSpace);
  each("@:-J[", kTrigger);
  add(0x80, 0xFF, kLocal);
  add(0x80, 0xBF, kContinuation);
  return classes;
}();

// Of Window::at(); false for -1.
constexpr bool is(int byte, int classes) {
  return byte >= 0 && (kByteClasses[byte] & classes) != 0;
}
constexpr bool is_alnum(int byte) {
  return is(byte, kDigit | kLetter);
}

// Whether a word of the list may end before `offset`, or begin at it: not both sides are letters, digits or
// marks (Unicode categories L, M, N), or one of them is of a script that is written without spaces (Han,
// kana, Thai, Lao, Khmer, Myanmar).
bool is_word_border(const Window& window, size_t offset);

// Whether one of `words` (lower case ASCII, separated by '|') stands within 48 bytes before `offset`, as
// the beginning of a word. Letters are compared without case; other bytes as they are.
bool has_context(const Window& window, size_t offset, std::string_view words);

}  // namespace ferry
