#pragma once
// Every field of the gateway's sections, once: what the reader accepts, and what docs/routes.md says.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

struct ConfigField {
  // Names with dots; `*` is a name of the user's choice, `[]` an element of a list:
  // "routes.*.when[].if.tokens.above".
  std::string_view path;
  std::string_view type;      // "a list of targets"
  std::string_view fallback;  // where it is not written; empty: nothing, or it must be written
  std::string_view meaning;
};

// A section begins with its own name; fields come in the documentation's order.
std::span<const ConfigField> config_fields();

// The names that a map at this path may have; empty: it has none of its own.
std::vector<std::string> field_names(std::string_view map_path);
bool is_field(std::string_view path);

// docs/routes.md's tables, one for each section.
std::string fields_markdown();

}  // namespace ferry
