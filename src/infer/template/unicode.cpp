#include "infer/template/unicode.h"

#include <algorithm>
#include <span>

#include <utf8proc.h>

#include "infer/template/unicode_tables.h"

namespace ferry::jinja {
namespace {

bool in_ranges(char32_t c, std::span<const CharRange> ranges) {
  const auto found = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t x, const CharRange& range) { return x < range.first; });
  return found != ranges.begin() && c <= std::prev(found)->last;
}

const LongMapping* find_mapping(char32_t c, std::span<const LongMapping> mappings) {
  const auto found =
      std::lower_bound(mappings.begin(), mappings.end(), c,
                       [](const LongMapping& mapping, char32_t x) { return mapping.from < x; });
  return found != mappings.end() && found->from == c ? &*found : nullptr;
}

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

std::u32string_view map(char32_t c, std::span<const LongMapping> long_mappings,
                        utf8proc_int32_t (*simple)(utf8proc_int32_t)) {
  if (const LongMapping* found = find_mapping(c, long_mappings)) return found->to;
  thread_local char32_t mapped;
  mapped = static_cast<char32_t>(simple(static_cast<utf8proc_int32_t>(c)));
  return {&mapped, 1};
}

bool is_mark_or_number(utf8proc_category_t c) {
  return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ND ||
         c == UTF8PROC_CATEGORY_NL;
}

}  // namespace

bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_alpha(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const utf8proc_category_t kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t c) {
  return c < 0x80 ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(char32_t c) {
  return is_decimal(c) || in_ranges(c, kOtherDigits);
}

bool is_numeric(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO) || in_ranges(c, kOtherNumeric);
}

bool is_lower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  return category(c) == UTF8PROC_CATEGORY_LL || in_ranges(c, kOtherLower);
}

bool is_upper(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  return category(c) == UTF8PROC_CATEGORY_LU || in_ranges(c, kOtherUpper);
}

bool is_title(char32_t c) {
  return c >= 0x80 && category(c) == UTF8PROC_CATEGORY_LT;
}

bool is_cased(char32_t c) {
  return is_lower(c) || is_upper(c) || is_title(c);
}

bool is_case_ignorable(char32_t c) {
  static constexpr char32_t kPunctuation[] = {0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                              0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                              0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  const utf8proc_category_t kind = category(c);
  return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME || kind == UTF8PROC_CATEGORY_CF ||
         kind == UTF8PROC_CATEGORY_LM || kind == UTF8PROC_CATEGORY_SK ||
         std::binary_search(std::begin(kPunctuation), std::end(kPunctuation), c);
}

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c < 0x7F;
  const utf8proc_category_t kind = category(c);
  return kind != UTF8PROC_CATEGORY_CN && (kind < UTF8PROC_CATEGORY_ZS || kind > UTF8PROC_CATEGORY_CO);
}

bool is_identifier_char(char32_t c) {
  return is_alpha(c) || is_mark_or_number(category(c));
}

bool is_word(char32_t c) {
  return c == '_' || is_alpha(c) || is_numeric(c);
}

std::u32string_view to_upper(char32_t c) {
  return map(c, kLongUpper, utf8proc_toupper);
}
std::u32string_view to_lower(char32_t c) {
  return map(c, kLongLower, utf8proc_tolower);
}
std::u32string_view to_title(char32_t c) {
  return map(c, kLongTitle, utf8proc_totitle);
}

}  // namespace ferry::jinja
