#pragma once
// Names -> slots, by Jinja's scoping rules. Jinja decides while compiling which scope each name of a template
// belongs to, and templates depend on the outcome: a `set` inside a loop or a block is gone after it, inside
// `if` it stays; a macro sees later assignments of the scope around it; a name that is assigned somewhere in
// a scope is read from the scope around it until then.

#include "infer/template/ast.h"

namespace ferry::jinja {

// Fills in the slots and scopes of every node. Raises TemplateError: unknown filters and tests outside of
// `if`, a macro with a bad `caller` parameter, a template too large to analyse.
void resolve_names(Arena& arena, TemplateNode& root);

}  // namespace ferry::jinja
