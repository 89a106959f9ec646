#pragma once
// Python's literals as JSON text: strings, numbers, True, False, None (JSON's spellings too), lists, tuples,
// dicts with string keys. Nothing is evaluated: names, calls and operators are no literals. Nested at most as
// deep as parse_json() reads.

#include <optional>
#include <string>
#include <string_view>

namespace ferry {

// `text` is one literal, white space around it allowed.
std::optional<std::string> python_literal_to_json(std::string_view text);

// What stands between the parentheses of a call, `a=1, b="x"`, as a JSON object. Positional arguments have no
// name to go by: nothing. Nor is there anything where a name comes twice.
std::optional<std::string> python_arguments_to_json(std::string_view text);

}  // namespace ferry
