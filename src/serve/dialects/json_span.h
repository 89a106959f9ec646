#pragma once
// Members of a JSON object found and changed in its text, so that every other byte stays as it was sent.

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct JsonSpan {
  size_t begin = 0;  // byte offsets in the text
  size_t end = 0;

  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  bool operator==(const JsonSpan&) const = default;
};

struct ObjectSpans {
  std::vector<JsonSpan> values;  // of the members of the name that was asked for; a name may come again
  size_t close = 0;              // where the object's closing brace stands
  bool is_empty = true;          // it has no members at all
};

// Looks at the top level of the one object that `text` is, and at nothing within. Names are compared as they
// are decoded. Errors: no object, cut short, or nested deeper than 64: every text that parse_json() takes and
// that is an object is taken, with the same members.
Result<ObjectSpans> find_members(std::string_view text, std::string_view name);

// The text with the member's value (of each, where it comes again) replaced by `value`, which is JSON; where
// there is none, with the member at its end.
Result<std::string> with_member(std::string_view text, std::string_view name, std::string_view value);
// The same, but a text without the member stays as it is.
Result<std::string> with_member_replaced(std::string_view text, std::string_view name,
                                         std::string_view value);

// The name in quotes, with JSON's escapes.
std::string json_string(std::string_view text);

}  // namespace ferry
