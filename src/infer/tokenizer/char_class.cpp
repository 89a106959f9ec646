#include "infer/tokenizer/char_class.h"

#include <array>

#include <utf8proc.h>

namespace ferry {
namespace {

constexpr char32_t kTableSize = 0x10000;  // the Basic Multilingual Plane; the rest is rare

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

uint8_t classes_of_category(utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return kLetter | kWord;
    case UTF8PROC_CATEGORY_MN:
      return kMark | kNonspacingMark | kWord;
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return kMark | kWord;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
      return kNumber | kWord;
    case UTF8PROC_CATEGORY_NO:
      return kNumber;
    case UTF8PROC_CATEGORY_PC:
      return kPunctuation | kWord;
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return kPunctuation;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
      return kOther;
    default:
      return 0;
  }
}

uint8_t classify(char32_t c) {
  uint8_t classes = classes_of_category(utf8proc_category(static_cast<utf8proc_int32_t>(c)));
  if (is_white_space(c)) classes |= kSpace;
  if (is_ascii_punctuation(c)) classes |= kPunctuation;
  const bool joiner = c == 0x200C || c == 0x200D;
  if (joiner) classes |= kWord;
  return classes;
}

struct Table {
  std::array<uint8_t, kTableSize> classes;
  Table() {
    for (char32_t c = 0; c < kTableSize; ++c) classes[c] = classify(c);
  }
};

}  // namespace

uint8_t char_class(char32_t c) {
  static const Table table;
  return c < kTableSize ? table.classes[c] : classify(c);
}

}  // namespace ferry
