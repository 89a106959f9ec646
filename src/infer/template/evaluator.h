#pragma once
// Walks a parsed template and writes its output.

#include <string_view>

#include "infer/template/ast.h"
#include "infer/template/loop.h"
#include "infer/template/macro.h"
#include "infer/template/operations.h"

namespace ferry::jinja {

class Evaluator {
 public:
  // `context` and the template must outlive the evaluator and what it renders.
  Evaluator(Runtime& rt, const json::object& context) : rt_(rt), context_(context) {}

  // The whole output; raises TemplateError with the line where it happened.
  const Text* render(const TemplateNode& root);

  // The line that was evaluated last: where an error that names none happened.
  uint32_t line() const { return line_; }

 private:
  friend class LoopTest;
  enum class Flow : uint8_t { normal, break_, continue_ };

  // Statements. `out_` is where output goes at the moment.
  Flow run(Body body);
  Flow run(const Stmt& statement);
  void output(const OutputStmt& node);
  Flow if_(const IfStmt& node);
  Flow for_(const ForStmt& node);
  Flow loop_over(const ForStmt& node, const Value& iterable, Activation* around, Int depth0);
  Value run_recursive(Loop& loop, const CallArgs& args);
  Flow assign_block(const AssignBlockStmt& node);
  Flow filter_block(const FilterBlockStmt& node);
  Flow with(const WithStmt& node);
  void call_block(const CallBlockStmt& node);
  Value define_macro(const MacroStmt& node);
  Value call_macro(const Macro& macro, const CallArgs& args);
  void bind_macro(const MacroStmt& node, const CallArgs& args, Activation& activation);
  void fill_defaults(const MacroStmt& node, Activation& activation);

  // What a body writes, instead of writing it; null when the body was left by break or continue (see `flow`).
  const Text* capture(Body body, Flow& flow);

  void enter(const Scope& scope);
  void leave(const Scope& scope);
  void assign(const Expr& target, const Value& value);
  void unpack(const SequenceExpr& target, const Value& value);
  void check_namespaces(const Expr& target);

  // Expressions.
  Value eval(const Expr& node);
  Value name(const NameExpr& node);
  Value sequence(const SequenceExpr& node);
  Value dict(const DictExpr& node);
  Value slice(const SliceExpr& node);
  Value call(const CallExpr& node, const Value* caller = nullptr);
  Value call_value(const Value& callee, const CallArgs& args);
  Value filter(const FilterExpr& node, const Text* body = nullptr);
  Value unary(const UnaryExpr& node);
  Value binary(const BinaryExpr& node);
  Value concat(const ConcatExpr& node);
  Value compare(const CompareExpr& node);
  Value conditional(const ConditionalExpr& node);

  // Evaluated arguments; they live in the arena.
  CallArgs arguments(const Arguments& nodes, const Value* caller = nullptr);
  void spread_keywords(const Value& mapping, std::vector<Keyword>& keywords);

  Value& variable(const Slot& slot);
  Value resolve(std::string_view name);

  Runtime& rt_;
  const json::object& context_;
  std::vector<std::pair<std::string_view, Value>> resolved_;  // context values, converted once
  Activation* activation_ = nullptr;
  TextBuilder* out_ = nullptr;
  uint32_t line_ = 0;
};

}  // namespace ferry::jinja
