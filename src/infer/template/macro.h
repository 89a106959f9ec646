#pragma once
// Macros as values, and the variables of a running function.

#include "infer/template/ast.h"
#include "infer/template/operations.h"

namespace ferry::jinja {

// The variables of one call of a function. Macros keep the activation they were defined in, so that they see
// what happens to its variables later.
struct Activation {
  Activation* parent;
  std::span<Value> slots;
};

class Evaluator;

struct Macro {
  const MacroStmt* definition;
  Activation* scope;
  Evaluator* evaluator;
};

// Missing: no such attribute.
Value macro_attribute(Runtime& rt, const Macro& macro, std::string_view name);

}  // namespace ferry::jinja
