#pragma once
// A parsed template. Nodes live in the template's arena and never change after names have been resolved.

#include <cstdint>
#include <span>
#include <string_view>

#include "infer/template/text.h"
#include "infer/template/value.h"

namespace ferry::jinja {

enum class ExprKind : uint8_t {
  constant,
  name,
  namespace_ref,
  list,
  tuple,
  dict,
  attribute,
  item,
  slice,
  call,
  filter,
  test,
  unary,
  binary,
  logic_and,
  logic_or,
  concat,
  compare,
  conditional,
};

struct Expr {
  ExprKind kind;
  uint32_t line;
  uint32_t height = 1;  // nodes on the longest way down: bounds every recursion over the tree
};

// Where a variable is kept: `hops` functions further out, slot `index` there.
struct Slot {
  uint32_t hops = 0;
  uint32_t index = 0;
};

enum class NameUse : uint8_t { load, store, parameter };

struct ConstantExpr : Expr {
  Value value;
};

struct NameExpr : Expr {
  std::string_view name;
  NameUse use = NameUse::load;
  Slot slot;
};

// `ns.attribute` on the left of an assignment.
struct NamespaceRefExpr : Expr {
  NameExpr* target;
  std::string_view attribute;
};

struct SequenceExpr : Expr {  // list, tuple
  std::span<Expr*> items;
};

struct DictExpr : Expr {
  struct Pair {
    Expr* key;
    Expr* value;
  };
  std::span<Pair> pairs;
};

struct AttributeExpr : Expr {
  Expr* object;
  const Text* name;
};

struct ItemExpr : Expr {
  Expr* object;
  Expr* key;
};

struct SliceExpr : Expr {
  Expr* object;
  Expr* start;  // any of the three may be null
  Expr* stop;
  Expr* step;
};

struct Arguments {
  struct Named {
    std::string_view name;
    Expr* value;
  };
  std::span<Expr*> positional;
  std::span<Named> named;
  Expr* star = nullptr;         // *args
  Expr* double_star = nullptr;  // **kwargs
};

struct CallExpr : Expr {
  Expr* callee;
  Arguments arguments;
};

using Callable = Value (*)(Runtime&, const Value&, const CallArgs&);

struct FilterExpr : Expr {  // also test
  Expr* value;              // null: the body of a filter block
  std::string_view name;
  Callable function;  // null: unknown, an error once it is reached
  Arguments arguments;
};

enum class UnaryOp : uint8_t { plus, minus, logic_not };

struct UnaryExpr : Expr {
  UnaryOp op;
  Expr* operand;
};

enum class BinaryOp : uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };

struct BinaryExpr : Expr {  // also logic_and, logic_or
  BinaryOp op;
  Expr* left;
  Expr* right;
};

struct ConcatExpr : Expr {
  std::span<Expr*> parts;
};

enum class CompareOp : uint8_t { eq, ne, lt, le, gt, ge, in, not_in };

struct CompareExpr : Expr {
  struct Operand {
    CompareOp op;
    Expr* value;
  };
  Expr* first;
  std::span<Operand> rest;
};

struct ConditionalExpr : Expr {
  Expr* test;
  Expr* then;
  Expr* otherwise;  // null: undefined
};

enum class StmtKind : uint8_t {
  output,
  if_,
  for_,
  assign,
  assign_block,
  macro,
  call_block,
  generation,
  filter_block,
  with,
  break_,
  continue_,
};

struct Stmt {
  StmtKind kind;
  uint32_t line;
};

using Body = std::span<Stmt*>;

// What happens to the variables of a scope when it is entered; on leaving they are all missing again.
struct ScopeLoad {
  enum class From : uint8_t { parameter, context, variable, nothing };
  From from;
  uint32_t slot;          // in the innermost function
  Slot variable;          // From::variable: copied from here
  std::string_view name;  // From::context: looked up by this name
};

struct Scope {
  std::span<ScopeLoad> loads;
};

struct OutputStmt : Stmt {
  std::span<Expr*> parts;
};

struct IfStmt : Stmt {
  struct Branch {
    Expr* test;
    Body body;
  };
  std::span<Branch> branches;
  Body otherwise;
};

struct ForStmt : Stmt {
  Expr* target;
  Expr* iterable;
  Body body;
  Body otherwise;
  Expr* test;         // null: none
  Expr* test_target;  // the target once more, in the scope of the test
  bool recursive;
  bool uses_loop;  // the body asks for `loop`
  Slot loop;
  Scope scope;
  Scope else_scope;
  Scope test_scope;
  uint32_t test_slots;       // variables of the function that the test is
  uint32_t recursive_slots;  // variables of the function that a recursive loop is
};

struct AssignStmt : Stmt {
  Expr* target;
  Expr* value;
};

struct AssignBlockStmt : Stmt {
  Expr* target;
  Expr* filter;  // null: none; its innermost value is null
  Body body;
  Scope scope;
};

struct MacroStmt : Stmt {  // also the body of a call block
  std::string_view name;
  NameExpr* target;  // null for a call block
  std::span<NameExpr*> parameters;
  std::span<Expr*> defaults;  // of the last parameters
  Body body;
  Scope scope;
  uint32_t slots;
  bool uses_caller;
  bool uses_kwargs;
  bool uses_varargs;
  Slot caller;
  Slot kwargs;
  Slot varargs;
};

struct CallBlockStmt : Stmt {  // also generation, where `call` is null
  MacroStmt* caller;
  CallExpr* call;
};

struct FilterBlockStmt : Stmt {
  Expr* filter;
  Body body;
  Scope scope;
};

struct WithStmt : Stmt {
  std::span<Expr*> targets;
  std::span<Expr*> values;
  Body body;
  Scope scope;
};

struct TemplateNode {
  Body body;
  Scope scope;
  uint32_t slots;
};

}  // namespace ferry::jinja
