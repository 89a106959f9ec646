#include <algorithm>

#include "infer/template/evaluator.h"
#include "infer/template/library.h"

namespace ferry::jinja {

Value Evaluator::eval(const Expr& node) {
  rt_.charge(1);
  if (node.kind == ExprKind::constant) return static_cast<const ConstantExpr&>(node).value;
  if (node.kind == ExprKind::name) return name(static_cast<const NameExpr&>(node));
  const Runtime::Nested nested(rt_);
  switch (node.kind) {
    case ExprKind::list:
    case ExprKind::tuple:
      return sequence(static_cast<const SequenceExpr&>(node));
    case ExprKind::dict:
      return dict(static_cast<const DictExpr&>(node));
    case ExprKind::attribute: {
      const auto& attribute = static_cast<const AttributeExpr&>(node);
      const Value object = eval(*attribute.object);
      line_ = node.line;
      return get_attribute(rt_, object, *attribute.name);
    }
    case ExprKind::item: {
      const auto& item = static_cast<const ItemExpr&>(node);
      const Value object = eval(*item.object);
      const Value key = eval(*item.key);
      line_ = node.line;
      return get_item(rt_, object, key);
    }
    case ExprKind::slice:
      return slice(static_cast<const SliceExpr&>(node));
    case ExprKind::call:
      return call(static_cast<const CallExpr&>(node));
    case ExprKind::filter:
    case ExprKind::test:
      return filter(static_cast<const FilterExpr&>(node));
    case ExprKind::unary:
      return unary(static_cast<const UnaryExpr&>(node));
    case ExprKind::binary:
      return binary(static_cast<const BinaryExpr&>(node));
    case ExprKind::logic_and: {
      const auto& both = static_cast<const BinaryExpr&>(node);
      const Value left = eval(*both.left);
      return truthy(left) ? eval(*both.right) : left;
    }
    case ExprKind::logic_or: {
      const auto& either = static_cast<const BinaryExpr&>(node);
      const Value left = eval(*either.left);
      return truthy(left) ? left : eval(*either.right);
    }
    case ExprKind::concat:
      return concat(static_cast<const ConcatExpr&>(node));
    case ExprKind::compare:
      return compare(static_cast<const CompareExpr&>(node));
    case ExprKind::conditional:
      return conditional(static_cast<const ConditionalExpr&>(node));
    default:
      return {};
  }
}

Value Evaluator::name(const NameExpr& node) {
  const Value& value = variable(node.slot);
  return value.is_missing() ? undefined_name(rt_, node.name) : value;
}

Value Evaluator::sequence(const SequenceExpr& node) {
  auto* items = rt_.arena.array<Value>(node.items.size());
  for (size_t i = 0; i < node.items.size(); ++i) items[i] = eval(*node.items[i]);
  List* list = rt_.arena.make<List>();
  list->items = {items, node.items.size()};
  return Value::of(node.kind == ExprKind::list ? Kind::list : Kind::tuple, list);
}

Value Evaluator::dict(const DictExpr& node) {
  Dict* dict = rt_.arena.make<Dict>();
  dict->reserve(rt_, node.pairs.size());
  for (const auto& pair : node.pairs) {
    const Value key = eval(*pair.key);
    dict->set(rt_, key, eval(*pair.value));
  }
  return Value::of(Kind::dict, dict);
}

Value Evaluator::slice(const SliceExpr& node) {
  const auto bound = [this](const Expr* expr) { return expr == nullptr ? Value{} : eval(*expr); };
  const Value object = eval(*node.object);
  const Value start = bound(node.start);
  const Value stop = bound(node.stop);
  const Value step = bound(node.step);
  line_ = node.line;
  return get_slice(rt_, object, start, stop, step);
}

CallArgs Evaluator::arguments(const Arguments& nodes, const Value* caller) {
  std::vector<Value> positional;
  for (const Expr* node : nodes.positional) positional.push_back(eval(*node));
  std::vector<Keyword> keywords;
  for (const auto& named : nodes.named) keywords.push_back({named.name, eval(*named.value)});
  if (caller != nullptr) keywords.push_back({"caller", *caller});
  if (nodes.star != nullptr) {
    const auto more = jinja::collect(rt_, eval(*nodes.star))->items;
    positional.insert(positional.end(), more.begin(), more.end());
  }
  if (nodes.double_star != nullptr) spread_keywords(eval(*nodes.double_star), keywords);
  return {positional.empty() ? std::span<Value>() : rt_.arena.copy(positional),
          keywords.empty() ? std::span<Keyword>() : rt_.arena.copy(keywords)};
}

void Evaluator::spread_keywords(const Value& mapping, std::vector<Keyword>& keywords) {
  if (!mapping.is(Kind::dict)) raise("argument after ** must be a mapping, not {}", type_name(mapping));
  for (const auto& [key, value] : mapping.dict->entries()) {
    if (!key.is_string()) raise("keywords must be strings");
    const std::string_view name = view(rt_, *key.text);
    for (const Keyword& earlier : keywords) {
      if (earlier.name == name) raise("got multiple values for keyword argument '{}'", name);
    }
    rt_.charge(keywords.size());
    keywords.push_back({name, value});
  }
}

Value Evaluator::call(const CallExpr& node, const Value* caller) {
  // A method is called where it stands, without making a value of it first.
  if (node.callee->kind == ExprKind::attribute) {
    const auto& attribute = static_cast<const AttributeExpr&>(*node.callee);
    const Value object = eval(*attribute.object);
    const Method* method = find_method(object, view(rt_, *attribute.name));
    if (method != nullptr && method->call != nullptr) {
      const CallArgs args = arguments(node.arguments, caller);
      line_ = node.line;
      return method->call(rt_, object, args);
    }
    const Value callee = get_attribute(rt_, object, *attribute.name);
    const CallArgs args = arguments(node.arguments, caller);
    line_ = node.line;
    return call_value(callee, args);
  }
  const Value callee = eval(*node.callee);
  const CallArgs args = arguments(node.arguments, caller);
  line_ = node.line;
  return call_value(callee, args);
}

Value Evaluator::call_value(const Value& callee, const CallArgs& args) {
  switch (callee.kind) {
    case Kind::function:
      return callee.function->call(rt_, callee.function->self, args);
    case Kind::macro:
      return call_macro(*callee.macro, args);
    case Kind::loop:
      return run_recursive(*callee.loop, args);
    case Kind::joiner:
      expect_positional("joiner", args, 0, 0);
      return std::exchange(callee.joiner->used, true) ? callee.joiner->separator : string_value(rt_, "");
    case Kind::undefined:
      raise_undefined(rt_, callee);
    default:
      raise("'{}' object is not callable", type_name(callee));
  }
}

Value Evaluator::filter(const FilterExpr& node, const Text* body) {
  if (node.function == nullptr) {
    raise("No {} named '{}' found.", node.kind == ExprKind::filter ? "filter" : "test", node.name);
  }
  Value value;
  if (node.value == nullptr) {
    value = Value::of(body);
  } else if (body != nullptr) {
    value = filter(static_cast<const FilterExpr&>(*node.value), body);
  } else {
    value = eval(*node.value);
  }
  const CallArgs args = arguments(node.arguments);
  line_ = node.line;
  return node.function(rt_, value, args);
}

Value Evaluator::unary(const UnaryExpr& node) {
  const Value operand = eval(*node.operand);
  switch (node.op) {
    case UnaryOp::logic_not:
      return Value::of(!truthy(operand));
    case UnaryOp::minus:
      return negate(rt_, operand);
    case UnaryOp::plus:
      return plus(rt_, operand);
  }
  return {};
}

Value Evaluator::binary(const BinaryExpr& node) {
  const Value left = eval(*node.left);
  const Value right = eval(*node.right);
  line_ = node.line;
  switch (node.op) {
    case BinaryOp::add:
      return add(rt_, left, right);
    case BinaryOp::subtract:
      return subtract(rt_, left, right);
    case BinaryOp::multiply:
      return multiply(rt_, left, right);
    case BinaryOp::divide:
      return divide(rt_, left, right);
    case BinaryOp::floor_divide:
      return floor_divide(rt_, left, right);
    case BinaryOp::modulo:
      return modulo(rt_, left, right);
    case BinaryOp::power:
      return power(rt_, left, right);
  }
  return {};
}

Value Evaluator::concat(const ConcatExpr& node) {
  TextBuilder out(rt_);
  for (const Expr* part : node.parts) print(rt_, eval(*part), out);
  return out.finish_value();
}

Value Evaluator::compare(const CompareExpr& node) {
  Value left = eval(*node.first);
  for (const auto& operand : node.rest) {
    const Value right = eval(*operand.value);
    line_ = node.line;
    bool holds = false;
    switch (operand.op) {
      case CompareOp::eq:
        holds = equals(rt_, left, right);
        break;
      case CompareOp::ne:
        holds = !equals(rt_, left, right);
        break;
      case CompareOp::lt:
        holds = ordered(rt_, left, right, false, "<");
        break;
      case CompareOp::le:
        holds = ordered(rt_, left, right, true, "<=");
        break;
      case CompareOp::gt:
        holds = ordered(rt_, right, left, false, ">");
        break;
      case CompareOp::ge:
        holds = ordered(rt_, right, left, true, ">=");
        break;
      case CompareOp::in:
        holds = contains(rt_, right, left);
        break;
      case CompareOp::not_in:
        holds = !contains(rt_, right, left);
        break;
    }
    if (!holds) return Value::of(false);
    left = right;
  }
  return Value::of(true);
}

Value Evaluator::conditional(const ConditionalExpr& node) {
  if (truthy(eval(*node.test))) return eval(*node.then);
  if (node.otherwise != nullptr) return eval(*node.otherwise);
  return undefined_hint(
      rt_, rt_.arena.copy(fmt::format("the inline if-expression on line {} evaluated to false and no "
                                      "else section was defined.",
                                      node.line)));
}

Value macro_attribute(Runtime& rt, const Macro& macro, std::string_view name) {
  const MacroStmt& node = *macro.definition;
  if (name == "name") return string_value(rt, node.name);
  if (name == "catch_kwargs") return Value::of(node.uses_kwargs);
  if (name == "catch_varargs") return Value::of(node.uses_varargs);
  if (name == "caller") return Value::of(node.uses_caller);
  if (name != "arguments") return {};
  std::vector<Value> names;
  for (const NameExpr* parameter : node.parameters) names.push_back(string_value(rt, parameter->name));
  return Value::of(Kind::tuple, make_list(rt, names));
}

}  // namespace ferry::jinja
