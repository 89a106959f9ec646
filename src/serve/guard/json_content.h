#pragma once
// Texts within JSON: every string, key and number.

#include "base/core/function_ref.h"
#include "base/core/json.h"

namespace ferry {

// Told the text of a string, a key or a number, with what it is called: the key it stands under, for context
// ("ssn": 078051121). Returns true when it has changed it.
using JsonTextVisitor = FunctionRef<bool(std::string& text, std::string_view key)>;

inline constexpr int kMaxContentDepth = 100;

enum class JsonWalk { unchanged, changed, too_deep };

// Changed numbers become strings. `too_deep`: deeper than kMaxContentDepth; what lies there was not visited.
JsonWalk walk_json(json::value& value, JsonTextVisitor visit);

}  // namespace ferry
