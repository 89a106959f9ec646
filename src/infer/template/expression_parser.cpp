#include "infer/template/expression_parser.h"

#include <algorithm>

#include "infer/template/library.h"

namespace ferry::jinja {
namespace {

// Deeper nesting than any template a person wrote; Python gives up at about 200 parentheses.
constexpr int kMaxDepth = 600;
constexpr uint32_t kMaxHeight = 400;

size_t count_chars(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void ExpressionParser::enter() {
  if (++depth_ > kMaxDepth) {
    --depth_;
    throw TemplateError{ErrorCode::resource_exhausted, "the template nests too deeply",
                        stream_.current().line};
  }
}

void ExpressionParser::raise_height(Expr& node, const Expr* child) {
  if (child == nullptr) return;
  node.height = std::max(node.height, child->height + 1);
  if (node.height > kMaxHeight) {
    throw TemplateError{ErrorCode::resource_exhausted, "an expression nests too deeply", node.line};
  }
}

Expr* ExpressionParser::expression(bool conditional) {
  const Level level(*this);
  return conditional ? condition() : logic_or();
}

Expr* ExpressionParser::condition() {
  const Level level(*this);
  uint32_t line = stream_.current().line;
  Expr* value = logic_or();
  while (stream_.skip_name("if")) {
    Expr* test = logic_or();
    Expr* otherwise = stream_.skip_name("else") ? condition() : nullptr;
    auto* node = make<ConditionalExpr>(ExprKind::conditional, line, {test, value, otherwise});
    node->test = test;
    node->then = value;
    node->otherwise = otherwise;
    value = node;
    line = stream_.current().line;
  }
  return value;
}

Expr* ExpressionParser::binary(ExprKind kind, BinaryOp op, Expr* left, Expr* right, uint32_t line) {
  auto* node = make<BinaryExpr>(kind, line, {left, right});
  node->op = op;
  node->left = left;
  node->right = right;
  return node;
}

Expr* ExpressionParser::logic_or() {
  const uint32_t line = stream_.current().line;
  Expr* left = logic_and();
  while (stream_.skip_name("or")) left = binary(ExprKind::logic_or, {}, left, logic_and(), line);
  return left;
}

Expr* ExpressionParser::logic_and() {
  const uint32_t line = stream_.current().line;
  Expr* left = logic_not();
  while (stream_.skip_name("and")) left = binary(ExprKind::logic_and, {}, left, logic_not(), line);
  return left;
}

Expr* ExpressionParser::logic_not() {
  const Level level(*this);
  const uint32_t line = stream_.current().line;
  if (!stream_.skip_name("not")) return comparison();
  Expr* operand = logic_not();
  auto* node = make<UnaryExpr>(ExprKind::unary, line, {operand});
  node->op = UnaryOp::logic_not;
  node->operand = operand;
  return node;
}

bool ExpressionParser::compare_op(CompareOp& op) {
  static constexpr std::pair<std::string_view, CompareOp> kOps[] = {
      {"==", CompareOp::eq}, {"!=", CompareOp::ne}, {"<", CompareOp::lt},
      {"<=", CompareOp::le}, {">", CompareOp::gt},  {">=", CompareOp::ge}};
  for (const auto& [text, meaning] : kOps) {
    op = meaning;
    if (stream_.skip_op(text)) return true;
  }
  op = CompareOp::in;
  if (stream_.skip_name("in")) return true;
  op = CompareOp::not_in;
  if (!stream_.at_name("not") || !TokenStream::is(stream_.ahead(), TokenKind::name, "in")) return false;
  stream_.next();
  stream_.next();
  return true;
}

Expr* ExpressionParser::comparison() {
  const uint32_t line = stream_.current().line;
  Expr* first = sum();
  std::vector<CompareExpr::Operand> rest;
  for (CompareOp op{}; compare_op(op);) rest.push_back({op, sum()});
  if (rest.empty()) return first;
  auto* node = make<CompareExpr>(ExprKind::compare, line, {first});
  for (const auto& operand : rest) raise_height(*node, operand.value);
  node->first = first;
  node->rest = arena_.copy(rest);
  return node;
}

Expr* ExpressionParser::sum() {
  const uint32_t line = stream_.current().line;
  Expr* left = concatenation();
  while (stream_.at_op("+") || stream_.at_op("-")) {
    const BinaryOp op = stream_.next().text == "+" ? BinaryOp::add : BinaryOp::subtract;
    left = binary(ExprKind::binary, op, left, concatenation(), line);
  }
  return left;
}

Expr* ExpressionParser::concatenation() {
  const uint32_t line = stream_.current().line;
  Expr* first = product();
  if (!stream_.at_op("~")) return first;
  std::vector<Expr*> parts{first};
  while (stream_.skip_op("~")) parts.push_back(product());
  auto* node = make<ConcatExpr>(ExprKind::concat, line);
  for (const Expr* part : parts) raise_height(*node, part);
  node->parts = arena_.copy(parts);
  return node;
}

Expr* ExpressionParser::product() {
  static constexpr std::pair<std::string_view, BinaryOp> kOps[] = {{"*", BinaryOp::multiply},
                                                                   {"/", BinaryOp::divide},
                                                                   {"//", BinaryOp::floor_divide},
                                                                   {"%", BinaryOp::modulo}};
  const uint32_t line = stream_.current().line;
  Expr* left = power();
  for (;;) {
    const auto* op =
        std::find_if(std::begin(kOps), std::end(kOps), [&](const auto& o) { return stream_.at_op(o.first); });
    if (op == std::end(kOps)) return left;
    stream_.next();
    left = binary(ExprKind::binary, op->second, left, power(), line);
  }
}

// Groups from the left, unlike Python's.
Expr* ExpressionParser::power() {
  const uint32_t line = stream_.current().line;
  Expr* left = unary(true);
  while (stream_.skip_op("**")) left = binary(ExprKind::binary, BinaryOp::power, left, unary(true), line);
  return left;
}

Expr* ExpressionParser::unary(bool with_filter) {
  const Level level(*this);
  const uint32_t line = stream_.current().line;
  Expr* node = nullptr;
  if (stream_.at_op("-") || stream_.at_op("+")) {
    const UnaryOp op = stream_.next().text == "-" ? UnaryOp::minus : UnaryOp::plus;
    Expr* operand = unary(false);
    auto* sign = make<UnaryExpr>(ExprKind::unary, line, {operand});
    sign->op = op;
    sign->operand = operand;
    node = sign;
  } else {
    node = primary();
  }
  node = postfix(node);
  return with_filter ? postfix_filters(node) : node;
}

Expr* ExpressionParser::constant(Value value, uint32_t line) {
  auto* node = make<ConstantExpr>(ExprKind::constant, line);
  node->value = value;
  return node;
}

Expr* ExpressionParser::primary(bool namespaces) {
  const Token& token = stream_.current();
  switch (token.kind) {
    case TokenKind::name:
      return named(namespaces);
    case TokenKind::string:
      return string_literal();
    case TokenKind::integer:
    case TokenKind::floating:
      stream_.next();
      return constant(token.number, token.line);
    default:
      break;
  }
  if (stream_.skip_op("(")) {
    Expr* inner = tuple({.parenthesised = true});
    stream_.expect_op(")");
    return inner;
  }
  if (stream_.at_op("[")) return list_literal();
  if (stream_.at_op("{")) return dict_literal();
  stream_.fail(fmt::format("unexpected '{}'", TokenStream::describe(token)));
}

Expr* ExpressionParser::named(bool namespaces) {
  const Token& token = stream_.next();
  if (token.text == "true" || token.text == "True") return constant(Value::of(true), token.line);
  if (token.text == "false" || token.text == "False") return constant(Value::of(false), token.line);
  if (token.text == "none" || token.text == "None") return constant(Value::none(), token.line);
  auto* name = make<NameExpr>(ExprKind::name, token.line);
  name->name = token.text;
  if (!namespaces || !stream_.skip_op(".")) return name;
  auto* reference = make<NamespaceRefExpr>(ExprKind::namespace_ref, token.line);
  reference->target = name;
  reference->attribute = stream_.expect(TokenKind::name).text;
  return reference;
}

// Neighbouring strings are one.
Expr* ExpressionParser::string_literal() {
  const uint32_t line = stream_.current().line;
  std::string_view bytes = stream_.next().text;
  if (stream_.at(TokenKind::string)) {
    std::string joined(bytes);
    while (stream_.at(TokenKind::string)) joined += stream_.next().text;
    bytes = arena_.copy(joined);
  }
  // Shared by all renderings, so nothing may be computed into it later.
  Text* text = arena_.make<Text>();
  text->data = bytes.empty() ? "" : bytes.data();
  text->bytes = bytes.size();
  text->chars = count_chars(bytes);
  return constant(Value::of(text), line);
}

Expr* ExpressionParser::list_literal() {
  const uint32_t line = stream_.next().line;
  std::vector<Expr*> items;
  while (!stream_.at_op("]")) {
    if (!items.empty()) stream_.expect_op(",");
    if (stream_.at_op("]")) break;
    items.push_back(expression());
  }
  stream_.expect_op("]");
  auto* node = make<SequenceExpr>(ExprKind::list, line);
  for (const Expr* item : items) raise_height(*node, item);
  node->items = arena_.copy(items);
  return node;
}

Expr* ExpressionParser::dict_literal() {
  auto* node = make<DictExpr>(ExprKind::dict, stream_.next().line);
  std::vector<DictExpr::Pair> pairs;
  while (!stream_.at_op("}")) {
    if (!pairs.empty()) stream_.expect_op(",");
    if (stream_.at_op("}")) break;
    Expr* key = expression();
    stream_.expect_op(":");
    pairs.push_back({key, expression()});
    raise_height(*node, key);
    raise_height(*node, pairs.back().value);
  }
  stream_.expect_op("}");
  node->pairs = arena_.copy(pairs);
  return node;
}

Expr* ExpressionParser::tuple(const TupleOptions& options) {
  uint32_t line = stream_.current().line;
  std::vector<Expr*> items;
  bool is_tuple = false;
  const auto at_end = [&] {
    return stream_.at(TokenKind::variable_end) || stream_.at(TokenKind::block_end) || stream_.at_op(")") ||
           (!options.stop.empty() && stream_.at_name(options.stop));
  };
  for (;;) {
    if (!items.empty()) stream_.expect_op(",");
    if (at_end()) break;
    items.push_back(options.simplified ? primary(options.namespaces) : expression(options.conditional));
    if (!stream_.at_op(",")) break;
    is_tuple = true;
    line = stream_.current().line;
  }
  if (!is_tuple && !items.empty()) return items[0];
  if (!is_tuple && !options.parenthesised) {
    stream_.fail(fmt::format("Expected an expression, got '{}'", TokenStream::describe(stream_.current())));
  }
  auto* node = make<SequenceExpr>(ExprKind::tuple, line);
  for (const Expr* item : items) raise_height(*node, item);
  node->items = arena_.copy(items);
  return node;
}

Expr* ExpressionParser::assign_target(std::string_view stop, bool namespaces) {
  Expr* target = tuple({.simplified = true, .stop = stop, .namespaces = namespaces});
  set_use(target, NameUse::store);
  return target;
}

NameExpr* ExpressionParser::assign_name(NameUse use) {
  const Token& token = stream_.expect(TokenKind::name);
  static constexpr std::string_view kLiterals[] = {"true", "false", "none", "True", "False", "None"};
  if (std::find(std::begin(kLiterals), std::end(kLiterals), token.text) != std::end(kLiterals)) {
    TokenStream::fail_at(token.line, "can't assign to 'name'");
  }
  auto* name = make<NameExpr>(ExprKind::name, token.line);
  name->name = token.text;
  name->use = use;
  return name;
}

void ExpressionParser::set_use(Expr* target, NameUse use) {
  switch (target->kind) {
    case ExprKind::name:
      static_cast<NameExpr*>(target)->use = use;
      return;
    case ExprKind::namespace_ref:
      return;
    case ExprKind::tuple:
      for (Expr* item : static_cast<SequenceExpr*>(target)->items) set_use(item, use);
      return;
    default:
      TokenStream::fail_at(target->line, "can't assign to this expression");
  }
}

Expr* ExpressionParser::postfix(Expr* node) {
  for (;;) {
    if (stream_.at_op(".") || stream_.at_op("[")) {
      node = subscript(node);
    } else if (stream_.at_op("(")) {
      node = call(node);
    } else {
      return node;
    }
  }
}

Expr* ExpressionParser::postfix_filters(Expr* node) {
  for (;;) {
    if (stream_.at_op("|")) {
      node = filters(node);
    } else if (stream_.at_name("is")) {
      node = test(node);
    } else if (stream_.at_op("(")) {
      node = call(node);
    } else {
      return node;
    }
  }
}

Expr* ExpressionParser::subscript(Expr* node) {
  const Token& opening = stream_.next();
  if (opening.text == "[") return bracketed(node, opening.line);
  const Token& token = stream_.next();
  if (token.kind == TokenKind::integer) {
    auto* item = make<ItemExpr>(ExprKind::item, opening.line, {node});
    item->object = node;
    item->key = constant(token.number, token.line);
    return item;
  }
  if (token.kind != TokenKind::name) TokenStream::fail_at(token.line, "expected name or number");
  auto* attribute = make<AttributeExpr>(ExprKind::attribute, opening.line, {node});
  attribute->object = node;
  Text* name = arena_.make<Text>();
  name->data = token.text.data();
  name->bytes = token.text.size();
  name->chars = count_chars(token.text);
  attribute->name = name;
  return attribute;
}

// Behind "[": a key, a tuple of keys, or a slice.
Expr* ExpressionParser::bracketed(Expr* node, uint32_t line) {
  std::vector<Expr*> keys;
  Expr* bounds[3] = {};
  int colons = 0;
  while (!stream_.at_op("]")) {
    if (!keys.empty()) stream_.expect_op(",");
    Expr* key = stream_.at_op(":") ? nullptr : expression();
    if (!stream_.at_op(":")) {
      keys.push_back(key);
      continue;
    }
    bounds[0] = key;
    while (colons < 2 && stream_.skip_op(":")) {
      ++colons;
      const bool open_end = stream_.at_op(":") || stream_.at_op("]") || stream_.at_op(",");
      if (!open_end) bounds[colons] = expression();
    }
    if (!keys.empty() || stream_.at_op(","))
      stream_.fail("a slice inside a tuple of subscripts is not supported");
    break;
  }
  stream_.expect_op("]");
  if (colons > 0) {
    auto* slice = make<SliceExpr>(ExprKind::slice, line, {node, bounds[0], bounds[1], bounds[2]});
    slice->object = node;
    slice->start = bounds[0];
    slice->stop = bounds[1];
    slice->step = bounds[2];
    return slice;
  }
  Expr* key = keys.size() == 1 ? keys[0] : nullptr;
  if (key == nullptr) {
    auto* several = make<SequenceExpr>(ExprKind::tuple, line);
    for (const Expr* one : keys) raise_height(*several, one);
    several->items = arena_.copy(keys);
    key = several;
  }
  auto* item = make<ItemExpr>(ExprKind::item, line, {node, key});
  item->object = node;
  item->key = key;
  return item;
}

Expr* ExpressionParser::call(Expr* node) {
  auto* result = make<CallExpr>(ExprKind::call, stream_.current().line, {node});
  result->callee = node;
  result->arguments = arguments(*result);
  return result;
}

Arguments ExpressionParser::arguments(Expr& owner) {
  const uint32_t line = stream_.current().line;
  stream_.expect_op("(");
  std::vector<Expr*> positional;
  std::vector<Arguments::Named> named;
  Arguments result;
  const auto ensure = [line](bool valid) {
    if (!valid) TokenStream::fail_at(line, "invalid syntax for function call expression");
  };
  for (bool first = true; !stream_.at_op(")"); first = false) {
    if (!first) stream_.expect_op(",");
    if (stream_.at_op(")")) break;
    if (stream_.skip_op("*")) {
      ensure(result.star == nullptr && result.double_star == nullptr);
      raise_height(owner, result.star = expression());
    } else if (stream_.skip_op("**")) {
      ensure(result.double_star == nullptr);
      raise_height(owner, result.double_star = expression());
    } else if (stream_.at(TokenKind::name) && TokenStream::is(stream_.ahead(), TokenKind::op, "=")) {
      ensure(result.double_star == nullptr);
      const std::string_view name = stream_.next().text;
      stream_.next();
      for (const auto& earlier : named) {
        if (earlier.name == name) stream_.fail(fmt::format("keyword argument repeated: {}", name));
      }
      named.push_back({name, expression()});
      raise_height(owner, named.back().value);
    } else {
      ensure(result.star == nullptr && result.double_star == nullptr && named.empty());
      positional.push_back(expression());
      raise_height(owner, positional.back());
    }
  }
  stream_.expect_op(")");
  result.positional = arena_.copy(positional);
  result.named = arena_.copy(named);
  return result;
}

std::string_view ExpressionParser::dotted_name() {
  std::string_view name = stream_.expect(TokenKind::name).text;
  if (!stream_.at_op(".")) return name;
  std::string dotted(name);
  while (stream_.skip_op(".")) dotted.append(".").append(stream_.expect(TokenKind::name).text);
  return arena_.copy(dotted);
}

Expr* ExpressionParser::filters(Expr* value, bool first_without_pipe) {
  while (first_without_pipe || stream_.skip_op("|")) {
    first_without_pipe = false;
    auto* filter = make<FilterExpr>(ExprKind::filter, stream_.current().line, {value});
    filter->value = value;
    filter->name = dotted_name();
    filter->function = find_filter(filter->name);
    if (stream_.at_op("(")) filter->arguments = arguments(*filter);
    value = filter;
  }
  return value;
}

Expr* ExpressionParser::test(Expr* node) {
  const uint32_t line = stream_.next().line;
  const bool negated = stream_.skip_name("not");
  auto* result = make<FilterExpr>(ExprKind::test, line, {node});
  result->value = node;
  result->name = dotted_name();
  result->function = find_test(result->name);
  const TokenKind kind = stream_.current().kind;
  const bool literal = kind == TokenKind::name || kind == TokenKind::string || kind == TokenKind::integer ||
                       kind == TokenKind::floating || stream_.at_op("[") || stream_.at_op("{");
  if (stream_.at_op("(")) {
    result->arguments = arguments(*result);
  } else if (literal && !stream_.at_name("else") && !stream_.at_name("or") && !stream_.at_name("and")) {
    if (stream_.at_name("is")) stream_.fail("You cannot chain multiple tests with is");
    Expr* argument = postfix(primary());
    result->arguments.positional = arena_.copy(std::vector<Expr*>{argument});
    raise_height(*result, argument);
  }
  if (!negated) return result;
  auto* inverse = make<UnaryExpr>(ExprKind::unary, line, {result});
  inverse->op = UnaryOp::logic_not;
  inverse->operand = result;
  return inverse;
}

}  // namespace ferry::jinja
