#pragma once
// int() and float() of strings, as Python reads them: spaces around, a sign, underscores between digits.

#include <optional>
#include <string_view>

#include "infer/template/value.h"

namespace ferry::jinja {

// Base 0: by prefix. Raises where the number is beyond 128 bits.
std::optional<Int> parse_python_int(std::string_view text, int base);
std::optional<double> parse_python_float(std::string_view text);

}  // namespace ferry::jinja
