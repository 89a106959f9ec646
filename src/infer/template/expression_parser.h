#pragma once
// The expressions of the grammar, lowest precedence first: `a if b else c`, or, and, not, comparisons, + -,
// ~,
// * / // %, **, unary, then subscripts and calls, filters and tests.

#include <initializer_list>
#include <string_view>
#include <vector>

#include "infer/template/ast.h"
#include "infer/template/token_stream.h"

namespace ferry::jinja {

class ExpressionParser {
 public:
  ExpressionParser(Arena& arena, TokenStream& stream) : arena_(arena), stream_(stream) {}

  struct TupleOptions {
    bool simplified = false;     // primaries only: the target of an assignment
    bool conditional = true;     // `a if b else c` allowed
    std::string_view stop = {};  // a name that ends the tuple
    bool parenthesised = false;
    bool namespaces = false;  // `ns.attribute` is a target
  };

  Expr* expression(bool conditional = true);
  // An expression, or several with commas between.
  Expr* tuple(const TupleOptions& options);
  Expr* assign_target(std::string_view stop = {}, bool namespaces = false);
  NameExpr* assign_name(NameUse use);
  // `value` may be null (filter blocks); without a filter it comes back as it is.
  Expr* filters(Expr* value, bool first_without_pipe = false);

  template <class Node>
  Node* make(ExprKind kind, uint32_t line, std::initializer_list<const Expr*> children = {}) {
    Node* node = arena_.make<Node>();
    node->kind = kind;
    node->line = line;
    for (const Expr* child : children) raise_height(*node, child);
    return node;
  }

  // Counts one level of nesting while it lives.
  class Level {
   public:
    explicit Level(ExpressionParser& parser) : parser_(parser) { parser_.enter(); }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

 private:
  void enter();
  static void raise_height(Expr& node, const Expr* child);

  Expr* condition();
  Expr* logic_or();
  Expr* logic_and();
  Expr* logic_not();
  Expr* comparison();
  bool compare_op(CompareOp& op);
  Expr* sum();
  Expr* concatenation();
  Expr* product();
  Expr* power();
  Expr* unary(bool with_filter);
  Expr* primary(bool namespaces = false);
  Expr* named(bool namespaces);
  Expr* string_literal();
  Expr* list_literal();
  Expr* dict_literal();
  Expr* postfix(Expr* node);
  Expr* postfix_filters(Expr* node);
  Expr* subscript(Expr* node);
  Expr* bracketed(Expr* node, uint32_t line);
  Expr* call(Expr* node);
  Arguments arguments(Expr& owner);
  Expr* test(Expr* node);
  std::string_view dotted_name();
  Expr* binary(ExprKind kind, BinaryOp op, Expr* left, Expr* right, uint32_t line);
  Expr* constant(Value value, uint32_t line);
  void set_use(Expr* target, NameUse use);

  Arena& arena_;
  TokenStream& stream_;
  int depth_ = 0;
};

}  // namespace ferry::jinja
