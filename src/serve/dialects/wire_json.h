#pragma once
// Reading an upstream's JSON: what is not there, or of another kind, reads as nothing. Clients are told what
// is wrong with their requests (field_reader.h); an upstream is taken as it is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/json.h"

namespace ferry {

// The member; null where it is absent, null, or not within an object.
const json::value* wire_member(const json::value& value, std::string_view name);
const json::object* wire_object(const json::value& value, std::string_view name);
const json::array* wire_array(const json::value& value, std::string_view name);
// Empty where it is no string.
std::string_view wire_text(const json::value& value, std::string_view name);
std::optional<int64_t> wire_integer(const json::value& value, std::string_view name);
// Tokens: never negative, and not more than 2^40.
int64_t wire_count(const json::value& value, std::string_view name);

}  // namespace ferry
