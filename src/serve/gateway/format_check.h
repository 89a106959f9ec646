#pragma once
// Whether an answer keeps to what the request itself asked of its form.

#include <optional>
#include <string>

#include "base/schema/json_schema.h"
#include "serve/dialects/exchange.h"

namespace ferry {

// What is wrong with a text that is to be JSON of this schema; nothing: it is.
std::optional<std::string> schema_problem(const JsonSchema& schema, std::string_view text);

// What is wrong with a choice's text by the request's format, or with its calls by the tools that were
// offered: a name that is none of them, arguments that are no JSON or not what the parameters say. A choice
// that calls need not keep to the format as well. A GBNF grammar is the engine's own business and not looked
// at.
std::optional<std::string> format_problem(const GenerationRequest& request, const GenerationChoice& choice);

}  // namespace ferry
