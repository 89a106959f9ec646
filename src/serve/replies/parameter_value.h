#pragma once
// What the text of an XML-like parameter means: `7` is a number to one tool and a string to another. The
// tool's JSON Schema decides.

#include <string>
#include <string_view>

#include "base/core/json.h"

namespace ferry {

// Which kinds of values a schema admits.
struct ValueKinds {
  bool string = false;
  bool integer = false;
  bool number = false;
  bool boolean = false;
  bool array = false;
  bool object = false;
  bool null = false;

  bool any() const { return string || !is_text(); }
  // Nothing but strings, or nothing is known: the text is the value.
  bool is_text() const { return !(integer || number || boolean || array || object || null); }

  ValueKinds& operator|=(const ValueKinds& other);
};

// What a schema that is nothing but a reference stands for, within the document `root`; null where references
// lead nowhere or in a circle.
const json::value* follow_references(const json::value& root, const json::value& schema);

// Of the parameter `name` of a tool whose arguments have this schema, through local references, `anyOf` and
// the like; nothing known: none.
ValueKinds parameter_kinds(const json::value& schema, std::string_view name);

// The JSON text of a parameter written as `text`: the first of null, boolean, number, array or object that is
// admitted and that the text is (in Python's spelling too); otherwise the text itself, as a string.
std::string parameter_to_json(std::string_view text, const ValueKinds& kinds);

}  // namespace ferry
