#pragma once
// Template text -> tree. The grammar is Jinja's, quirks included: filters bind tighter than arithmetic, `is`
// takes one bare argument, tuples need no parentheses.

#include <string_view>

#include "infer/template/ast.h"

namespace ferry::jinja {

// Nodes go into `arena` and borrow from `source`, which must outlive them. Raises TemplateError. Names are
// not resolved yet: see scope.h.
TemplateNode parse_template(Arena& arena, std::string_view source);

}  // namespace ferry::jinja
