#include "infer/template/scope.h"

#include <algorithm>
#include <deque>

#include "infer/template/symbols.h"

namespace ferry::jinja {
namespace {

// Copying tables for the branches of `if` is quadratic in hostile templates.
constexpr size_t kMaxCopiedEntries = 20'000'000;

// Calls visit(child) for the direct parts of an expression, in the order in which Jinja looks at them.
template <class Visit>
void for_each_argument(const Arguments& arguments, Visit visit) {
  for (Expr* value : arguments.positional) visit(value);
  for (const auto& named : arguments.named) visit(named.value);
  if (arguments.star != nullptr) visit(arguments.star);
  if (arguments.double_star != nullptr) visit(arguments.double_star);
}

template <class Visit>
void for_each_child(Expr* expr, Visit visit) {
  const auto maybe = [&](Expr* child) {
    if (child != nullptr) visit(child);
  };
  switch (expr->kind) {
    case ExprKind::constant:
    case ExprKind::name:
      return;
    case ExprKind::namespace_ref:
      return visit(static_cast<NamespaceRefExpr*>(expr)->target);
    case ExprKind::list:
    case ExprKind::tuple:
      for (Expr* item : static_cast<SequenceExpr*>(expr)->items) visit(item);
      return;
    case ExprKind::dict:
      for (const auto& pair : static_cast<DictExpr*>(expr)->pairs) {
        visit(pair.key);
        visit(pair.value);
      }
      return;
    case ExprKind::attribute:
      return visit(static_cast<AttributeExpr*>(expr)->object);
    case ExprKind::item:
      visit(static_cast<ItemExpr*>(expr)->object);
      return visit(static_cast<ItemExpr*>(expr)->key);
    case ExprKind::slice:
      visit(static_cast<SliceExpr*>(expr)->object);
      maybe(static_cast<SliceExpr*>(expr)->start);
      maybe(static_cast<SliceExpr*>(expr)->stop);
      return maybe(static_cast<SliceExpr*>(expr)->step);
    case ExprKind::call:
      visit(static_cast<CallExpr*>(expr)->callee);
      return for_each_argument(static_cast<CallExpr*>(expr)->arguments, visit);
    case ExprKind::filter:
    case ExprKind::test:
      maybe(static_cast<FilterExpr*>(expr)->value);
      return for_each_argument(static_cast<FilterExpr*>(expr)->arguments, visit);
    case ExprKind::unary:
      return visit(static_cast<UnaryExpr*>(expr)->operand);
    case ExprKind::binary:
    case ExprKind::logic_and:
    case ExprKind::logic_or:
      visit(static_cast<BinaryExpr*>(expr)->left);
      return visit(static_cast<BinaryExpr*>(expr)->right);
    case ExprKind::concat:
      for (Expr* part : static_cast<ConcatExpr*>(expr)->parts) visit(part);
      return;
    case ExprKind::compare:
      visit(static_cast<CompareExpr*>(expr)->first);
      for (const auto& operand : static_cast<CompareExpr*>(expr)->rest) visit(operand.value);
      return;
    case ExprKind::conditional:
      visit(static_cast<ConditionalExpr*>(expr)->test);
      visit(static_cast<ConditionalExpr*>(expr)->then);
      return maybe(static_cast<ConditionalExpr*>(expr)->otherwise);
  }
}

// Which of some special names a body reads without having assigned them before; looks into everything nested.
class UndeclaredFinder {
 public:
  explicit UndeclaredFinder(std::set<std::string_view> names) : names_(std::move(names)) {}

  bool found(std::string_view name) const { return undeclared_.contains(name); }

  void body(Body statements) {
    for (Stmt* statement : statements) visit(statement);
  }

 private:
  void expr(Expr* node) {
    if (node == nullptr) return;
    if (node->kind == ExprKind::name) return name(static_cast<NameExpr*>(node));
    for_each_child(node, [this](Expr* child) { expr(child); });
  }

  void name(const NameExpr* node) {
    if (node->use == NameUse::load) {
      if (names_.contains(node->name)) undeclared_.insert(node->name);
    } else {
      names_.erase(node->name);
    }
  }

  void macro(MacroStmt* node) {
    for (NameExpr* parameter : node->parameters) name(parameter);
    for (Expr* value : node->defaults) expr(value);
    body(node->body);
  }

  void visit(Stmt* statement) {
    switch (statement->kind) {
      case StmtKind::output:
        for (Expr* part : static_cast<OutputStmt*>(statement)->parts) expr(part);
        return;
      case StmtKind::if_: {
        auto* node = static_cast<IfStmt*>(statement);
        for (const auto& branch : node->branches) {
          expr(branch.test);
          body(branch.body);
        }
        return body(node->otherwise);
      }
      case StmtKind::for_: {
        auto* node = static_cast<ForStmt*>(statement);
        expr(node->target);
        expr(node->iterable);
        body(node->body);
        body(node->otherwise);
        return expr(node->test);
      }
      case StmtKind::assign:
        expr(static_cast<AssignStmt*>(statement)->target);
        return expr(static_cast<AssignStmt*>(statement)->value);
      case StmtKind::assign_block: {
        auto* node = static_cast<AssignBlockStmt*>(statement);
        expr(node->target);
        expr(node->filter);
        return body(node->body);
      }
      case StmtKind::macro:
        return macro(static_cast<MacroStmt*>(statement));
      case StmtKind::call_block:
      case StmtKind::generation:
        expr(static_cast<CallBlockStmt*>(statement)->call);
        return macro(static_cast<CallBlockStmt*>(statement)->caller);
      case StmtKind::filter_block:
        body(static_cast<FilterBlockStmt*>(statement)->body);
        return expr(static_cast<FilterBlockStmt*>(statement)->filter);
      case StmtKind::with: {
        auto* node = static_cast<WithStmt*>(statement);
        for (Expr* target : node->targets) expr(target);
        for (Expr* value : node->values) expr(value);
        return body(node->body);
      }
      case StmtKind::break_:
      case StmtKind::continue_:
        return;
    }
  }

  std::set<std::string_view> names_;
  std::set<std::string_view> undeclared_;
};

class Resolver {
 public:
  explicit Resolver(Arena& arena) : arena_(arena) {}

  void run(TemplateNode& root) {
    FunctionScope* function = new_function(nullptr);
    Symbols symbols(nullptr, function);
    collect(root.body, symbols);
    resolve(root.body, symbols, false);
    root.scope = symbols.finish(arena_);
    root.slots = slots_of(*function);
  }

 private:
  FunctionScope* new_function(const FunctionScope* parent) {
    functions_.push_back({parent, parent == nullptr ? 0 : parent->depth + 1, {}});
    return &functions_.back();
  }

  static uint32_t slots_of(const FunctionScope& function) {
    return static_cast<uint32_t>(function.slots.size());
  }

  // First pass over a scope: which names it loads and stores. Nested scopes are not entered.

  void collect(Expr* node, Symbols& symbols) {
    if (node == nullptr) return;
    if (node->kind != ExprKind::name) {
      return for_each_child(node, [&](Expr* child) { collect(child, symbols); });
    }
    const auto* name = static_cast<const NameExpr*>(node);
    if (name->use == NameUse::load) symbols.load(name->name);
    if (name->use == NameUse::store) symbols.store(name->name);
    if (name->use == NameUse::parameter) symbols.declare_parameter(name->name);
  }

  void collect(Body body, Symbols& symbols) {
    for (Stmt* statement : body) collect(statement, symbols);
  }

  void collect(Stmt* statement, Symbols& symbols) {
    switch (statement->kind) {
      case StmtKind::output:
        for (Expr* part : static_cast<OutputStmt*>(statement)->parts) collect(part, symbols);
        return;
      case StmtKind::if_:
        return collect_if(static_cast<IfStmt*>(statement), symbols);
      case StmtKind::for_:
        return collect(static_cast<ForStmt*>(statement)->iterable, symbols);
      case StmtKind::assign:
        collect(static_cast<AssignStmt*>(statement)->value, symbols);
        return collect(static_cast<AssignStmt*>(statement)->target, symbols);
      case StmtKind::assign_block:
        return collect(static_cast<AssignBlockStmt*>(statement)->target, symbols);
      case StmtKind::macro:
        return symbols.store(static_cast<MacroStmt*>(statement)->name);
      case StmtKind::call_block:
        return collect(static_cast<CallBlockStmt*>(statement)->call, symbols);
      case StmtKind::filter_block:
        return collect(static_cast<FilterBlockStmt*>(statement)->filter, symbols);
      case StmtKind::with:
        for (Expr* value : static_cast<WithStmt*>(statement)->values) collect(value, symbols);
        return;
      case StmtKind::generation:
      case StmtKind::break_:
      case StmtKind::continue_:
        return;
    }
  }

  Symbols copy(const Symbols& symbols) {
    copied_entries_ += symbols.size();
    if (copied_entries_ > kMaxCopiedEntries) {
      throw TemplateError{ErrorCode::resource_exhausted,
                          "the template has too many variables in too many branches"};
    }
    return symbols;
  }

  void collect_if(IfStmt* node, Symbols& symbols) {
    collect(node->branches[0].test, symbols);
    std::vector<Symbols> branches;
    branches.push_back(copy(symbols));
    collect(node->branches[0].body, branches.back());
    // Each `elif` is an `if` of its own, one after the other, in a scope of its own.
    branches.push_back(copy(symbols));
    for (size_t i = 1; i < node->branches.size(); ++i) {
      collect(node->branches[i].test, branches.back());
      std::vector<Symbols> inner;
      inner.push_back(copy(branches.back()));
      collect(node->branches[i].body, inner.back());
      branches.back().merge_branches(inner);
    }
    branches.push_back(copy(symbols));
    collect(node->otherwise, branches.back());
    symbols.merge_branches(branches);
  }

  // Second pass: every name gets its slot, nested scopes are analysed with this one around them. `soft`:
  // inside of `if`, where an unknown filter is an error only when it is reached.

  void resolve(Expr* node, const Symbols& symbols, bool soft) {
    if (node == nullptr) return;
    if (node->kind == ExprKind::name) {
      auto* name = static_cast<NameExpr*>(node);
      name->slot = symbols.slot_of(*symbols.find(name->name));
      return;
    }
    if (node->kind == ExprKind::filter || node->kind == ExprKind::test) {
      check_known(static_cast<FilterExpr*>(node), soft);
    }
    const bool soft_inside = soft || node->kind == ExprKind::conditional;
    for_each_child(node, [&](Expr* child) { resolve(child, symbols, soft_inside); });
  }

  static void check_known(const FilterExpr* node, bool soft) {
    if (node->function != nullptr || soft) return;
    const char* what = node->kind == ExprKind::filter ? "filter" : "test";
    throw TemplateError{ErrorCode::invalid_argument, fmt::format("No {} named '{}'.", what, node->name),
                        node->line};
  }

  void resolve(Body body, Symbols& symbols, bool soft) {
    for (Stmt* statement : body) resolve(statement, symbols, soft);
  }

  void resolve(Stmt* statement, Symbols& symbols, bool soft) {
    switch (statement->kind) {
      case StmtKind::output:
        for (Expr* part : static_cast<OutputStmt*>(statement)->parts) resolve(part, symbols, soft);
        return;
      case StmtKind::if_: {
        auto* node = static_cast<IfStmt*>(statement);
        for (const auto& branch : node->branches) {
          resolve(branch.test, symbols, true);
          resolve(branch.body, symbols, true);
        }
        return resolve(node->otherwise, symbols, true);
      }
      case StmtKind::for_:
        return resolve_for(static_cast<ForStmt*>(statement), symbols, soft);
      case StmtKind::assign:
        resolve(static_cast<AssignStmt*>(statement)->target, symbols, soft);
        return resolve(static_cast<AssignStmt*>(statement)->value, symbols, soft);
      case StmtKind::assign_block:
        return resolve_assign_block(static_cast<AssignBlockStmt*>(statement), symbols, soft);
      case StmtKind::macro: {
        auto* node = static_cast<MacroStmt*>(statement);
        resolve(node->target, symbols, soft);
        return resolve_function(node, symbols);
      }
      case StmtKind::call_block:
      case StmtKind::generation: {
        auto* node = static_cast<CallBlockStmt*>(statement);
        resolve(node->call, symbols, soft);
        return resolve_function(node->caller, symbols);
      }
      case StmtKind::filter_block:
        return resolve_filter_block(static_cast<FilterBlockStmt*>(statement), symbols);
      case StmtKind::with:
        return resolve_with(static_cast<WithStmt*>(statement), symbols, soft);
      case StmtKind::break_:
      case StmtKind::continue_:
        return;
    }
  }

  void resolve_for(ForStmt* node, Symbols& outer, bool soft) {
    resolve(node->iterable, outer, soft);
    UndeclaredFinder finder({"loop"});
    finder.body(node->body);
    node->uses_loop = node->recursive || finder.found("loop");
    FunctionScope* function = node->recursive ? new_function(outer.function()) : outer.function();
    resolve_loop_body(node, outer, function);
    resolve_loop_else(node, outer, function);
    if (node->recursive) node->recursive_slots = slots_of(*function);
    if (node->test != nullptr) resolve_loop_test(node, outer);
  }

  void resolve_loop_body(ForStmt* node, const Symbols& outer, FunctionScope* function) {
    Symbols scope(&outer, function);
    if (node->uses_loop) node->loop = scope.slot_of(scope.declare_parameter("loop"));
    declare_target(node->target, scope);
    collect(node->body, scope);
    resolve(node->target, scope, false);
    resolve(node->body, scope, false);
    node->scope = scope.finish(arena_);
  }

  void resolve_loop_else(ForStmt* node, const Symbols& outer, FunctionScope* function) {
    Symbols scope(&outer, function);
    collect(node->otherwise, scope);
    resolve(node->otherwise, scope, false);
    node->else_scope = scope.finish(arena_);
  }

  void resolve_loop_test(ForStmt* node, const Symbols& outer) {
    FunctionScope* function = new_function(outer.function());
    Symbols scope(&outer, function);
    declare_target(node->test_target, scope);
    collect(node->test, scope);
    resolve(node->test_target, scope, false);
    resolve(node->test, scope, false);
    node->test_scope = scope.finish(arena_);
    node->test_slots = slots_of(*function);
  }

  static void declare_target(Expr* target, Symbols& scope) {
    if (target->kind == ExprKind::name) {
      scope.declare_parameter(static_cast<NameExpr*>(target)->name);
    } else {
      for_each_child(target, [&](Expr* child) { declare_target(child, scope); });
    }
  }

  void resolve_assign_block(AssignBlockStmt* node, Symbols& outer, bool soft) {
    resolve(node->target, outer, soft);
    Symbols scope(&outer, outer.function());
    collect(node->body, scope);
    collect(node->filter, scope);
    resolve(node->body, scope, false);
    resolve(node->filter, scope, false);
    node->scope = scope.finish(arena_);
  }

  void resolve_filter_block(FilterBlockStmt* node, Symbols& outer) {
    Symbols scope(&outer, outer.function());
    collect(node->body, scope);
    collect(node->filter, scope);
    resolve(node->body, scope, false);
    resolve(node->filter, scope, false);
    node->scope = scope.finish(arena_);
  }

  void resolve_with(WithStmt* node, Symbols& outer, bool soft) {
    for (Expr* value : node->values) resolve(value, outer, soft);
    Symbols scope(&outer, outer.function());
    for (Expr* target : node->targets) collect(target, scope);
    collect(node->body, scope);
    for (Expr* target : node->targets) resolve(target, scope, false);
    resolve(node->body, scope, false);
    node->scope = scope.finish(arena_);
  }

  static bool has_parameter(const MacroStmt* node, std::string_view name) {
    return std::any_of(node->parameters.begin(), node->parameters.end(),
                       [name](const NameExpr* parameter) { return parameter->name == name; });
  }

  void resolve_function(MacroStmt* node, const Symbols& outer) {
    FunctionScope* function = new_function(outer.function());
    Symbols scope(&outer, function);
    for (NameExpr* parameter : node->parameters) scope.declare_parameter(parameter->name);
    for (Expr* value : node->defaults) collect(value, scope);
    collect(node->body, scope);
    UndeclaredFinder finder({"caller", "kwargs", "varargs"});
    finder.body(node->body);
    node->uses_caller = finder.found("caller");
    if (node->uses_caller) declare_caller(node, scope);
    node->uses_kwargs = finder.found("kwargs") && !has_parameter(node, "kwargs");
    if (node->uses_kwargs) node->kwargs = scope.slot_of(scope.declare_parameter("kwargs"));
    node->uses_varargs = finder.found("varargs") && !has_parameter(node, "varargs");
    if (node->uses_varargs) node->varargs = scope.slot_of(scope.declare_parameter("varargs"));
    for (NameExpr* parameter : node->parameters) resolve(parameter, scope, false);
    for (Expr* value : node->defaults) resolve(value, scope, false);
    resolve(node->body, scope, false);
    node->scope = scope.finish(arena_);
    node->slots = slots_of(*function);
  }

  static void declare_caller(MacroStmt* node, Symbols& scope) {
    const size_t without_default = node->parameters.size() - node->defaults.size();
    for (size_t i = 0; i < node->parameters.size(); ++i) {
      if (node->parameters[i]->name != "caller") continue;
      if (i < without_default) {
        throw TemplateError{
            ErrorCode::invalid_argument,
            "When defining macros or call blocks the special \"caller\" argument must be omitted or "
            "be given a default.",
            node->line};
      }
      node->caller = scope.slot_of(*scope.find("caller"));
      return;
    }
    node->caller = scope.slot_of(scope.declare_parameter("caller"));
  }

  Arena& arena_;
  std::deque<FunctionScope> functions_;
  size_t copied_entries_ = 0;
};

}  // namespace

void resolve_names(Arena& arena, TemplateNode& root) {
  Resolver(arena).run(root);
}

}  // namespace ferry::jinja
