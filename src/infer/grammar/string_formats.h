#pragma once
// What the values of JSON Schema's `format` look like, as regular expressions for the whole string; and
// "base64", for contentEncoding.

#include <optional>
#include <string_view>
#include <vector>

namespace ferry {

// Each admits a part of what its specification does (the common forms of an address, of a URI), and nothing
// else.
std::optional<std::string_view> format_pattern(std::string_view name);
// JSON Schema says what it means, or it is another way to write a name of which that holds ("dateTime"). Other
// names are everybody's own, and mean nothing to a validator.
bool is_defined_format(std::string_view name);
// For messages.
std::vector<std::string_view> format_names();

}  // namespace ferry
