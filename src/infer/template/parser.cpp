#include "infer/template/parser.h"

#include <algorithm>
#include <string>
#include <vector>

#include "infer/template/expression_parser.h"

namespace ferry::jinja {
namespace {

using Names = std::vector<std::string_view>;

class Parser {
 public:
  Parser(Arena& arena, std::string_view source)
      : arena_(arena), stream_(tokenize(arena, source)), expressions_(arena, stream_) {}

  TemplateNode run() {
    TemplateNode root{};
    root.body = statements({});
    return root;
  }

 private:
  template <class Node>
  Node* make(StmtKind kind, uint32_t line) {
    Node* node = arena_.make<Node>();
    node->kind = kind;
    node->line = line;
    return node;
  }

  // Everything up to a tag in `ends` (left as the current token), or to the end of the template.
  Body statements(const Names& ends) {
    const ExpressionParser::Level level(expressions_);
    std::vector<Stmt*> body;
    std::vector<Expr*> parts;
    uint32_t line = 0;
    const auto flush = [&] {
      if (parts.empty()) return;
      auto* output = make<OutputStmt>(StmtKind::output, line);
      output->parts = arena_.copy(parts);
      body.push_back(output);
      parts.clear();
    };
    while (!stream_.at(TokenKind::end)) {
      if (parts.empty()) line = stream_.current().line;
      if (stream_.at(TokenKind::data)) {
        parts.push_back(data());
      } else if (stream_.at(TokenKind::variable_begin)) {
        stream_.next();
        parts.push_back(expressions_.tuple({}));
        stream_.expect(TokenKind::variable_end);
      } else {
        flush();
        stream_.expect(TokenKind::block_begin);
        if (stream_.at(TokenKind::name) && contains(ends, stream_.current().text)) return arena_.copy(body);
        body.push_back(statement(ends));
        stream_.expect(TokenKind::block_end);
      }
    }
    flush();
    if (!ends.empty()) missing_end(ends);
    return arena_.copy(body);
  }

  // The rest of an opening tag, then statements up to one of `ends`; returns which, and leaves it behind.
  std::string_view block(const Names& ends, Body& body) {
    stream_.skip_op(":");
    stream_.expect(TokenKind::block_end);
    body = statements(ends);
    return stream_.next().text;
  }

  static bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  [[noreturn]] void missing_end(const Names& ends) const {
    stream_.fail(fmt::format("Unexpected end of template. Jinja was looking for the following tags: '{}'.",
                             fmt::join(ends, "' or '")));
  }

  Expr* data() {
    const Token& token = stream_.next();
    auto* node = expressions_.make<ConstantExpr>(ExprKind::constant, token.line);
    Text* text = arena_.make<Text>();
    text->data = token.text.data();
    text->bytes = token.text.size();
    text->chars = Text::kUnknown;  // printed, never asked for its length
    node->value = Value::of(text);
    return node;
  }

  Stmt* statement(const Names& ends) {
    if (!stream_.at(TokenKind::name)) stream_.fail("tag name expected");
    using Method = Stmt* (Parser::*)(uint32_t);
    static constexpr std::pair<std::string_view, Method> kTags[] = {{"if", &Parser::if_},
                                                                    {"for", &Parser::for_},
                                                                    {"set", &Parser::set},
                                                                    {"macro", &Parser::macro},
                                                                    {"call", &Parser::call},
                                                                    {"generation", &Parser::generation},
                                                                    {"filter", &Parser::filter},
                                                                    {"with", &Parser::with},
                                                                    {"print", &Parser::print},
                                                                    {"break", &Parser::loop_control},
                                                                    {"continue", &Parser::loop_control}};
    const std::string_view tag = stream_.current().text;
    for (const auto& [name, method] : kTags) {
      if (tag == name) return (this->*method)(stream_.current().line);
    }
    static constexpr std::string_view kRefused[] = {"include", "import", "from",
                                                    "extends", "block",  "autoescape"};
    const uint32_t line = stream_.current().line;
    if (std::find(std::begin(kRefused), std::end(kRefused), tag) != std::end(kRefused)) {
      throw TemplateError{ErrorCode::unsupported,
                          fmt::format("'{}' is not supported in a chat template", tag), line};
    }
    std::string message = fmt::format("Encountered unknown tag '{}'.", tag);
    if (!ends.empty()) {
      message += fmt::format(" Jinja was looking for the following tags: '{}'.", fmt::join(ends, "' or '"));
    }
    stream_.fail(std::move(message));
  }

  Stmt* if_(uint32_t line) {
    std::vector<IfStmt::Branch> branches;
    auto* node = make<IfStmt>(StmtKind::if_, line);
    std::string_view tag = stream_.next().text;
    while (tag == "if" || tag == "elif") {
      IfStmt::Branch branch{};
      branch.test = expressions_.tuple({.conditional = false});
      tag = block({"elif", "else", "endif"}, branch.body);
      branches.push_back(branch);
    }
    if (tag == "else") block({"endif"}, node->otherwise);
    node->branches = arena_.copy(branches);
    return node;
  }

  Stmt* for_(uint32_t line) {
    stream_.next();
    auto* node = make<ForStmt>(StmtKind::for_, line);
    node->target = expressions_.assign_target("in");
    refuse_loop_target(node->target);
    stream_.expect_name("in");
    node->iterable = expressions_.tuple({.conditional = false, .stop = "recursive"});
    if (stream_.skip_name("if")) {
      node->test = expressions_.expression();
      node->test_target = copy_target(node->target);
    }
    node->recursive = stream_.skip_name("recursive");
    ++loops_;
    const std::string_view end = block({"endfor", "else"}, node->body);
    --loops_;
    if (end == "else") block({"endfor"}, node->otherwise);
    return node;
  }

  void refuse_loop_target(const Expr* target) const {
    if (target->kind == ExprKind::tuple) {
      for (const Expr* item : static_cast<const SequenceExpr*>(target)->items) refuse_loop_target(item);
    } else if (target->kind == ExprKind::name && static_cast<const NameExpr*>(target)->name == "loop") {
      TokenStream::fail_at(target->line, "Can't assign to special loop variable in for-loop target");
    }
  }

  Expr* copy_target(const Expr* target) {
    if (target->kind != ExprKind::tuple) return arena_.make<NameExpr>(*static_cast<const NameExpr*>(target));
    auto* copy = arena_.make<SequenceExpr>(*static_cast<const SequenceExpr*>(target));
    std::vector<Expr*> items;
    for (const Expr* item : copy->items) items.push_back(copy_target(item));
    copy->items = arena_.copy(items);
    return copy;
  }

  Stmt* set(uint32_t line) {
    stream_.next();
    Expr* target = expressions_.assign_target({}, true);
    if (loops_ > 0) refuse_loop_target(target);
    if (stream_.skip_op("=")) {
      auto* node = make<AssignStmt>(StmtKind::assign, line);
      node->target = target;
      node->value = expressions_.tuple({});
      return node;
    }
    auto* node = make<AssignBlockStmt>(StmtKind::assign_block, line);
    node->target = target;
    node->filter = expressions_.filters(nullptr);
    block({"endset"}, node->body);
    return node;
  }

  void signature(MacroStmt& node) {
    std::vector<NameExpr*> parameters;
    std::vector<Expr*> defaults;
    stream_.expect_op("(");
    while (!stream_.at_op(")")) {
      if (!parameters.empty()) stream_.expect_op(",");
      NameExpr* parameter = expressions_.assign_name(NameUse::parameter);
      for (const NameExpr* earlier : parameters) {
        if (earlier->name == parameter->name) {
          stream_.fail(fmt::format("duplicate argument '{}' in function definition", parameter->name));
        }
      }
      if (stream_.skip_op("=")) {
        defaults.push_back(expressions_.expression());
      } else if (!defaults.empty()) {
        stream_.fail("non-default argument follows default argument");
      }
      parameters.push_back(parameter);
    }
    stream_.expect_op(")");
    node.parameters = arena_.copy(parameters);
    node.defaults = arena_.copy(defaults);
  }

  // A function's body: a loop around it cannot be left from inside.
  void function_body(std::string_view end, MacroStmt& node) {
    const int outer_loops = std::exchange(loops_, 0);
    block({end}, node.body);
    loops_ = outer_loops;
  }

  Stmt* macro(uint32_t line) {
    stream_.next();
    auto* node = make<MacroStmt>(StmtKind::macro, line);
    node->target = expressions_.assign_name(NameUse::store);
    node->name = node->target->name;
    if (loops_ > 0) refuse_loop_target(node->target);
    signature(*node);
    function_body("endmacro", *node);
    return node;
  }

  Stmt* call(uint32_t line) {
    stream_.next();
    auto* node = make<CallBlockStmt>(StmtKind::call_block, line);
    node->caller = make<MacroStmt>(StmtKind::macro, line);
    node->caller->name = "caller";
    if (stream_.at_op("(")) signature(*node->caller);
    Expr* call = expressions_.expression();
    if (call->kind != ExprKind::call) TokenStream::fail_at(line, "expected call");
    node->call = static_cast<CallExpr*>(call);
    function_body("endcall", *node->caller);
    return node;
  }

  Stmt* generation(uint32_t line) {
    stream_.next();
    auto* node = make<CallBlockStmt>(StmtKind::generation, line);
    node->caller = make<MacroStmt>(StmtKind::macro, line);
    node->caller->name = "caller";
    function_body("endgeneration", *node->caller);
    return node;
  }

  Stmt* filter(uint32_t line) {
    stream_.next();
    auto* node = make<FilterBlockStmt>(StmtKind::filter_block, line);
    node->filter = expressions_.filters(nullptr, true);
    block({"endfilter"}, node->body);
    return node;
  }

  Stmt* with(uint32_t line) {
    stream_.next();
    auto* node = make<WithStmt>(StmtKind::with, line);
    std::vector<Expr*> targets;
    std::vector<Expr*> values;
    while (!stream_.at(TokenKind::block_end)) {
      if (!targets.empty()) stream_.expect_op(",");
      Expr* target = expressions_.assign_target();
      set_parameter(target);
      stream_.expect_op("=");
      targets.push_back(target);
      values.push_back(expressions_.expression());
    }
    node->targets = arena_.copy(targets);
    node->values = arena_.copy(values);
    block({"endwith"}, node->body);
    return node;
  }

  void set_parameter(Expr* target) {
    if (target->kind == ExprKind::tuple) {
      for (Expr* item : static_cast<SequenceExpr*>(target)->items) set_parameter(item);
    } else {
      static_cast<NameExpr*>(target)->use = NameUse::parameter;
    }
  }

  Stmt* print(uint32_t line) {
    stream_.next();
    auto* node = make<OutputStmt>(StmtKind::output, line);
    std::vector<Expr*> parts;
    while (!stream_.at(TokenKind::block_end)) {
      if (!parts.empty()) stream_.expect_op(",");
      parts.push_back(expressions_.expression());
    }
    node->parts = arena_.copy(parts);
    return node;
  }

  Stmt* loop_control(uint32_t line) {
    const bool leaves = stream_.next().text == "break";
    if (loops_ == 0) TokenStream::fail_at(line, leaves ? "'break' outside loop" : "'continue' outside loop");
    return make<Stmt>(leaves ? StmtKind::break_ : StmtKind::continue_, line);
  }

  Arena& arena_;
  TokenStream stream_;
  ExpressionParser expressions_;
  int loops_ = 0;
};

}  // namespace

TemplateNode parse_template(Arena& arena, std::string_view source) {
  return Parser(arena, source).run();
}

}  // namespace ferry::jinja
