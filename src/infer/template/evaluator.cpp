#include "infer/template/evaluator.h"

#include <algorithm>

#include "infer/template/library.h"

namespace ferry::jinja {
namespace {

// Switches a pointer or reference for as long as it lives, exceptions included.
template <class T>
class Switched {
 public:
  Switched(T& place, T value) : place_(place), before_(std::exchange(place, value)) {}
  ~Switched() { place_ = before_; }
  Switched(const Switched&) = delete;
  Switched& operator=(const Switched&) = delete;

 private:
  T& place_;
  T before_;
};

}  // namespace

// `for x in xs if test`: the items that pass, tested when they are asked for.
class LoopTest final : public Iterator {
 public:
  LoopTest(Evaluator& evaluator, const ForStmt& node, Iterator* source, Activation* around)
      : evaluator_(evaluator), node_(node), source_(source) {
    auto* slots = evaluator.rt_.arena.array<Value>(node.test_slots);
    activation_ = evaluator.rt_.arena.make<Activation>(around, std::span<Value>(slots, node.test_slots));
  }

  bool advance(Runtime& rt, Value& item) override {
    const Switched<Activation*> inside(evaluator_.activation_, activation_);
    if (!std::exchange(entered_, true)) evaluator_.enter(node_.test_scope);
    while (source_->next(rt, item)) {
      rt.charge(1);
      evaluator_.assign(*node_.test_target, item);
      if (!truthy(evaluator_.eval(*node_.test))) continue;
      item = evaluator_.eval(*node_.test_target);
      return true;
    }
    return false;
  }

 private:
  Evaluator& evaluator_;
  const ForStmt& node_;
  Iterator* source_;
  Activation* activation_;
  bool entered_ = false;
};

const Text* Evaluator::render(const TemplateNode& root) {
  auto* slots = rt_.arena.array<Value>(root.slots);
  Activation* activation = rt_.arena.make<Activation>(nullptr, std::span<Value>(slots, root.slots));
  TextBuilder out(rt_);
  out_ = &out;
  activation_ = activation;
  enter(root.scope);
  run(root.body);
  return out.finish();
}

Evaluator::Flow Evaluator::run(Body body) {
  for (const Stmt* statement : body) {
    if (const Flow flow = run(*statement); flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Evaluator::Flow Evaluator::run(const Stmt& statement) {
  const Runtime::Nested nested(rt_);
  rt_.charge(1);
  line_ = statement.line;
  switch (statement.kind) {
    case StmtKind::output:
      output(static_cast<const OutputStmt&>(statement));
      return Flow::normal;
    case StmtKind::if_:
      return if_(static_cast<const IfStmt&>(statement));
    case StmtKind::for_:
      return for_(static_cast<const ForStmt&>(statement));
    case StmtKind::assign: {
      const auto& node = static_cast<const AssignStmt&>(statement);
      check_namespaces(*node.target);
      assign(*node.target, eval(*node.value));
      return Flow::normal;
    }
    case StmtKind::assign_block:
      return assign_block(static_cast<const AssignBlockStmt&>(statement));
    case StmtKind::macro: {
      const auto& node = static_cast<const MacroStmt&>(statement);
      assign(*node.target, define_macro(node));
      return Flow::normal;
    }
    case StmtKind::call_block:
    case StmtKind::generation:
      call_block(static_cast<const CallBlockStmt&>(statement));
      return Flow::normal;
    case StmtKind::filter_block:
      return filter_block(static_cast<const FilterBlockStmt&>(statement));
    case StmtKind::with:
      return with(static_cast<const WithStmt&>(statement));
    case StmtKind::break_:
      return Flow::break_;
    case StmtKind::continue_:
      return Flow::continue_;
  }
  return Flow::normal;
}

void Evaluator::output(const OutputStmt& node) {
  for (const Expr* part : node.parts) {
    if (part->kind == ExprKind::constant) {
      print(rt_, static_cast<const ConstantExpr*>(part)->value, *out_);
    } else {
      line_ = part->line;
      print(rt_, eval(*part), *out_);
    }
  }
  if (out_->size() > rt_.limits.max_output_bytes) {
    raise_limit("the output is longer than {} bytes", rt_.limits.max_output_bytes);
  }
}

Evaluator::Flow Evaluator::if_(const IfStmt& node) {
  for (const auto& branch : node.branches) {
    if (truthy(eval(*branch.test))) return run(branch.body);
  }
  return run(node.otherwise);
}

Evaluator::Flow Evaluator::for_(const ForStmt& node) {
  const Value iterable = eval(*node.iterable);
  if (!node.recursive) return loop_over(node, iterable, activation_, 0);
  Loop starter{};
  starter.recursive = &node;
  starter.scope = activation_;
  starter.depth0 = -1;
  const Value argument[] = {iterable};
  print(rt_, run_recursive(starter, {argument, {}}), *out_);
  return Flow::normal;
}

Value Evaluator::run_recursive(Loop& loop, const CallArgs& args) {
  if (loop.recursive == nullptr) raise("The loop must have the 'recursive' marker to be called recursively.");
  const auto [iterable] = bind("loop", args, {"iterable"}, 1);
  const ForStmt& node = *loop.recursive;
  auto* slots = rt_.arena.array<Value>(node.recursive_slots);
  Activation* activation =
      rt_.arena.make<Activation>(loop.scope, std::span<Value>(slots, node.recursive_slots));
  TextBuilder out(rt_);
  const Switched<Activation*> inside(activation_, activation);
  const Switched<TextBuilder*> captured(out_, &out);
  loop_over(node, iterable, loop.scope, loop.depth0 + 1);
  return out.finish_value();
}

Evaluator::Flow Evaluator::loop_over(const ForStmt& node, const Value& iterable, Activation* around,
                                     Int depth0) {
  Loop* loop = rt_.arena.make<Loop>();
  loop->items = iterate(rt_, iterable);
  loop->iterable = iterable;
  loop->depth0 = depth0;
  if (node.recursive) {
    loop->recursive = &node;
    loop->scope = around;
  }
  if (node.test != nullptr) {
    loop->items = rt_.arena.make<LoopTest>(*this, node, loop->items, around);
    loop->iterable = Value::of(loop->items);
  }
  // As in the code that Jinja generates: `else` also runs when no iteration came to its end.
  bool completed_one = false;
  Value self;
  self.kind = Kind::loop;
  self.loop = loop;
  for (Value item; next_item(rt_, *loop, item);) {
    rt_.charge(1);
    if (node.uses_loop) variable(node.loop) = self;
    assign(*node.target, item);
    enter(node.scope);
    const Flow flow = run(node.body);
    if (flow == Flow::break_) break;
    if (flow == Flow::normal) completed_one = true;
    line_ = node.line;
  }
  leave(node.scope);
  if (completed_one || node.otherwise.empty()) return Flow::normal;
  enter(node.else_scope);
  const Flow flow = run(node.otherwise);
  leave(node.else_scope);
  return flow;
}

const Text* Evaluator::capture(Body body, Flow& flow) {
  TextBuilder out(rt_);
  const Switched<TextBuilder*> captured(out_, &out);
  flow = run(body);
  return out.finish();
}

Evaluator::Flow Evaluator::assign_block(const AssignBlockStmt& node) {
  enter(node.scope);
  Flow flow{};
  const Text* body = capture(node.body, flow);
  if (flow != Flow::normal) return flow;
  check_namespaces(*node.target);
  assign(*node.target, node.filter == nullptr ? Value::of(body)
                                              : filter(static_cast<const FilterExpr&>(*node.filter), body));
  leave(node.scope);
  return Flow::normal;
}

Evaluator::Flow Evaluator::filter_block(const FilterBlockStmt& node) {
  enter(node.scope);
  Flow flow{};
  const Text* body = capture(node.body, flow);
  if (flow != Flow::normal) return flow;
  print(rt_, filter(static_cast<const FilterExpr&>(*node.filter), body), *out_);
  leave(node.scope);
  return Flow::normal;
}

Evaluator::Flow Evaluator::with(const WithStmt& node) {
  enter(node.scope);
  for (size_t i = 0; i < node.targets.size(); ++i) assign(*node.targets[i], eval(*node.values[i]));
  const Flow flow = run(node.body);
  leave(node.scope);
  return flow;
}

void Evaluator::call_block(const CallBlockStmt& node) {
  const Value caller = define_macro(*node.caller);
  if (node.call == nullptr) {
    out_->append(*mark_generated(rt_, *call_macro(*caller.macro, {}).text));
  } else {
    print(rt_, call(*node.call, &caller), *out_);
  }
}

Value Evaluator::define_macro(const MacroStmt& node) {
  Value value;
  value.kind = Kind::macro;
  value.macro = rt_.arena.make<Macro>(&node, activation_, this);
  return value;
}

Value Evaluator::call_macro(const Macro& macro, const CallArgs& args) {
  const MacroStmt& node = *macro.definition;
  auto* slots = rt_.arena.array<Value>(node.slots);
  Activation* activation = rt_.arena.make<Activation>(macro.scope, std::span<Value>(slots, node.slots));
  bind_macro(node, args, *activation);
  TextBuilder out(rt_);
  const Switched<Activation*> inside(activation_, activation);
  const Switched<TextBuilder*> captured(out_, &out);
  const uint32_t calling_line = line_;
  enter(node.scope);
  fill_defaults(node, *activation);
  run(node.body);
  line_ = calling_line;
  return out.finish_value();
}

void Evaluator::bind_macro(const MacroStmt& node, const CallArgs& args, Activation& activation) {
  const size_t count = node.parameters.size();
  std::vector<Keyword> rest(args.keywords.begin(), args.keywords.end());
  const auto take = [&rest](std::string_view name) {
    const auto found =
        std::find_if(rest.begin(), rest.end(), [name](const Keyword& k) { return k.name == name; });
    if (found == rest.end()) return Value{};
    const Value value = found->value;
    rest.erase(found);
    return value;
  };
  bool found_caller = false;
  for (size_t i = 0; i < count; ++i) {
    const NameExpr& parameter = *node.parameters[i];
    found_caller |= parameter.name == "caller";
    activation.slots[parameter.slot.index] =
        i < args.positional.size() ? args.positional[i] : take(parameter.name);
  }
  if (node.uses_caller && !found_caller) {
    const Value caller = take("caller");
    activation.slots[node.caller.index] =
        caller.is_missing() || caller.is(Kind::none) ? undefined_hint(rt_, "No caller defined") : caller;
  }
  if (node.uses_kwargs) {
    Dict* kwargs = rt_.arena.make<Dict>();
    for (const Keyword& keyword : rest) kwargs->set(rt_, string_value(rt_, keyword.name), keyword.value);
    activation.slots[node.kwargs.index] = Value::of(Kind::dict, kwargs);
  } else if (!rest.empty()) {
    raise("macro '{}' takes no keyword argument '{}'", node.name, rest[0].name);
  }
  if (node.uses_varargs) {
    List* varargs = rt_.arena.make<List>();
    varargs->items = args.positional.subspan(std::min(count, args.positional.size()));
    activation.slots[node.varargs.index] = Value::of(Kind::tuple, varargs);
  } else if (args.positional.size() > count) {
    raise("macro '{}' takes not more than {} argument(s)", node.name, count);
  }
}

void Evaluator::fill_defaults(const MacroStmt& node, Activation& activation) {
  const size_t without_default = node.parameters.size() - node.defaults.size();
  for (size_t i = 0; i < node.parameters.size(); ++i) {
    const NameExpr& parameter = *node.parameters[i];
    Value& place = activation.slots[parameter.slot.index];
    if (!place.is_missing()) continue;
    if (i >= without_default) {
      place = eval(*node.defaults[i - without_default]);
    } else {
      place =
          undefined_hint(rt_, rt_.arena.copy(fmt::format("parameter '{}' was not provided", parameter.name)));
    }
  }
}

void Evaluator::enter(const Scope& scope) {
  for (const ScopeLoad& load : scope.loads) {
    switch (load.from) {
      case ScopeLoad::From::parameter:
        break;
      case ScopeLoad::From::context:
        activation_->slots[load.slot] = resolve(load.name);
        break;
      case ScopeLoad::From::variable:
        activation_->slots[load.slot] = variable(load.variable);
        break;
      case ScopeLoad::From::nothing:
        activation_->slots[load.slot] = {};
        break;
    }
  }
}

void Evaluator::leave(const Scope& scope) {
  for (const ScopeLoad& load : scope.loads) activation_->slots[load.slot] = {};
}

void Evaluator::check_namespaces(const Expr& target) {
  if (target.kind == ExprKind::tuple) {
    for (const Expr* item : static_cast<const SequenceExpr&>(target).items) check_namespaces(*item);
  } else if (target.kind == ExprKind::namespace_ref) {
    const auto& reference = static_cast<const NamespaceRefExpr&>(target);
    if (!variable(reference.target->slot).is(Kind::name_space)) {
      raise("cannot assign attribute on non-namespace object");
    }
  }
}

void Evaluator::assign(const Expr& target, const Value& value) {
  switch (target.kind) {
    case ExprKind::name:
      variable(static_cast<const NameExpr&>(target).slot) = value;
      return;
    case ExprKind::namespace_ref: {
      const auto& reference = static_cast<const NamespaceRefExpr&>(target);
      if (reference.attribute.starts_with('_')) {
        raise(
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{}'. Please "
            "rename the attribute.",
            reference.attribute);
      }
      variable(reference.target->slot)
          .dict->set(rt_, Value::of(borrow_text(rt_, reference.attribute)), value);
      return;
    }
    default:
      return unpack(static_cast<const SequenceExpr&>(target), value);
  }
}

void Evaluator::unpack(const SequenceExpr& target, const Value& value) {
  if (!is_iterable(value)) raise("cannot unpack non-iterable {} object", type_name(value));
  const Runtime::Nested nested(rt_);
  std::vector<Value> items;
  Iterator* source = iterate(rt_, value);
  for (Value item; source->next(rt_, item);) {
    rt_.charge(1);
    items.push_back(item);
    if (items.size() > target.items.size()) {
      raise("too many values to unpack (expected {})", target.items.size());
    }
  }
  if (items.size() < target.items.size()) {
    raise("not enough values to unpack (expected {}, got {})", target.items.size(), items.size());
  }
  for (size_t i = 0; i < items.size(); ++i) assign(*target.items[i], items[i]);
}

Value& Evaluator::variable(const Slot& slot) {
  Activation* activation = activation_;
  for (uint32_t i = 0; i < slot.hops; ++i) activation = activation->parent;
  return activation->slots[slot.index];
}

Value Evaluator::resolve(std::string_view name) {
  if (const json::value* found = context_.if_contains(name)) {
    for (const auto& [known, value] : resolved_) {
      if (known == name) return value;
    }
    resolved_.emplace_back(name, from_json(rt_, *found, rt_.add_origin(0, name)));
    return resolved_.back().second;
  }
  if (name == "tools" || name == "documents") return Value::none();
  if (name == "add_generation_prompt") return Value::of(false);
  if (const Function* function = find_global(name)) return Value::of(function);
  return {};
}

}  // namespace ferry::jinja
