#pragma once
// Python's view of Unicode: which characters are letters, spaces, digits, and how case changes.

#include <string_view>

namespace ferry::jinja {

bool is_space(char32_t c);    // str.isspace
bool is_alpha(char32_t c);    // str.isalpha
bool is_decimal(char32_t c);  // str.isdecimal
bool is_digit(char32_t c);    // str.isdigit: decimals, superscripts, circled digits...
bool is_numeric(char32_t c);  // str.isnumeric: fractions and roman numerals too
bool is_lower(char32_t c);    // has the property Lowercase
bool is_upper(char32_t c);    // has the property Uppercase
bool is_title(char32_t c);    // titlecase letters such as U+01C5
bool is_cased(char32_t c);    // has lower, upper or title case
bool is_case_ignorable(char32_t c);
bool is_printable(char32_t c);        // str.isprintable
bool is_identifier_char(char32_t c);  // beyond ASCII: may stand in a name
bool is_word(char32_t c);             // \w of Python's re

// One to three characters; full mappings (ß becomes SS). The view lives until the next call on this thread.
std::u32string_view to_upper(char32_t c);
std::u32string_view to_lower(char32_t c);
std::u32string_view to_title(char32_t c);

}  // namespace ferry::jinja
