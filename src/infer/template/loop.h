#pragma once
// The `loop` variable. It looks ahead in its items only when the template asks (last, nextitem, length), as
// Jinja's.

#include "infer/template/operations.h"

namespace ferry::jinja {

struct ForStmt;
struct Activation;

struct Loop {
  Iterator* items;
  Value iterable;
  Int index0 = -1;
  Int length = -1;  // -1: not asked for yet
  Value ahead;      // missing: not looked at; the item behind the current one
  bool at_end;      // looked ahead, nothing there
  Value current;
  Value before;
  const List* last_changed = nullptr;
  Int depth0 = 0;
  const ForStmt* recursive = nullptr;  // null: the loop may not be called
  Activation* scope = nullptr;         // of the code around a recursive loop
};

bool next_item(Runtime& rt, Loop& loop, Value& item);
// Missing: no such attribute.
Value loop_attribute(Runtime& rt, const Value& loop, std::string_view name);

}  // namespace ferry::jinja
