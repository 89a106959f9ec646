#pragma once
// The symbol table of one scope while names are resolved. Variables belong to functions (the template itself,
// a macro, the test of a loop, a recursive loop), scopes nest within them; scopes of one function at one
// depth share the slot of a name, as Jinja's generated code shares a Python variable.

#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "infer/template/ast.h"

namespace ferry::jinja {

struct FunctionScope {
  const FunctionScope* parent = nullptr;
  uint32_t depth = 0;
  std::map<std::pair<uint32_t, std::string_view>, uint32_t> slots;  // (depth of the scope, name)
};

class Symbols {
 public:
  struct Variable {
    FunctionScope* function;
    uint32_t slot;
  };

  Symbols(const Symbols* parent, FunctionScope* function)
      : parent_(parent), level_(parent == nullptr ? 0 : parent->level_ + 1), function_(function) {}

  FunctionScope* function() const { return function_; }
  const Variable* find(std::string_view name) const;

  void load(std::string_view name);
  void store(std::string_view name);
  Variable declare_parameter(std::string_view name);
  // What the branches of an `if` did to copies of this scope.
  void merge_branches(const std::vector<Symbols>& branches);

  size_t size() const { return variables_.size(); }
  Scope finish(Arena& arena) const;
  // Seen from the code of this scope.
  Slot slot_of(const Variable& variable) const {
    return {function_->depth - variable.function->depth, variable.slot};
  }

 private:
  struct Load {
    ScopeLoad::From from;
    Variable outer;         // From::variable
    std::string_view name;  // From::context
  };

  Variable define(std::string_view name);
  void set_load(uint32_t slot, Load load);

  const Symbols* parent_;
  uint32_t level_;
  FunctionScope* function_;
  std::map<std::string_view, Variable> variables_;
  std::vector<std::pair<uint32_t, Load>> loads_;  // (slot, load) in order of appearance
  std::map<uint32_t, size_t> load_of_slot_;
  std::set<std::string_view> stores_;
};

}  // namespace ferry::jinja
