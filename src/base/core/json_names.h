#pragma once
// The names of members in a JSON text, as they were written: a document holds each once. Of two members of
// one name the last counts for parse_json(), and for another parser perhaps the first: who decides by the
// document and passes on its bytes must not take it.

#include <string>
#include <string_view>

#include "base/core/json.h"

namespace ferry {

// In all objects of a valid JSON text. Reads it once; no memory.
size_t count_names(std::string_view text);
// In all objects of a document: as many, unless a name came twice in one object.
size_t count_members(const json::value& value);

// REQUIRES: `value` is what parse_json() made of `text`. Errors: invalid_argument, where a name comes twice
// in one object: "<source>:<line>:<column>: ...".
Result<void> check_unique_names(std::string_view text, const json::value& value, std::string_view source);

struct RepeatedName {
  size_t offset = 0;  // of the second, where its quotes begin
  std::string name;   // without escapes
};

// The first name that comes again in its object. REQUIRES: `text` is valid JSON, and there is one.
RepeatedName find_repeated_name(std::string_view text);

}  // namespace ferry
