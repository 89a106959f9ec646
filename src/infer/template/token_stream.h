#pragma once
// The parser's view of the tokens: one that is current, one to look at behind it.

#include <string>
#include <string_view>
#include <vector>

#include "infer/template/lexer.h"

namespace ferry::jinja {

class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[position_]; }
  const Token& ahead() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  // The current token, and on to the next.
  const Token& next() {
    const Token& token = tokens_[position_];
    position_ = std::min(position_ + 1, tokens_.size() - 1);
    return token;
  }

  bool at(TokenKind kind) const { return current().kind == kind; }
  bool at_op(std::string_view op) const { return is(current(), TokenKind::op, op); }
  bool at_name(std::string_view name) const { return is(current(), TokenKind::name, name); }
  static bool is(const Token& token, TokenKind kind, std::string_view text) {
    return token.kind == kind && token.text == text;
  }

  bool skip_op(std::string_view op) { return at_op(op) && (next(), true); }
  bool skip_name(std::string_view name) { return at_name(name) && (next(), true); }

  void expect_op(std::string_view op) {
    if (!skip_op(op)) expected(op);
  }
  void expect_name(std::string_view name) {
    if (!skip_name(name)) expected(name);
  }
  const Token& expect(TokenKind kind) {
    if (!at(kind)) expected(describe(kind));
    return next();
  }

  [[noreturn]] void fail(std::string message) const { fail_at(current().line, std::move(message)); }
  [[noreturn]] static void fail_at(uint32_t line, std::string message) {
    throw TemplateError{ErrorCode::invalid_argument, std::move(message), line};
  }

  static std::string_view describe(TokenKind kind) {
    switch (kind) {
      case TokenKind::data:
        return "template data / text";
      case TokenKind::variable_begin:
        return "begin of print statement";
      case TokenKind::variable_end:
        return "end of print statement";
      case TokenKind::block_begin:
        return "begin of statement block";
      case TokenKind::block_end:
        return "end of statement block";
      case TokenKind::name:
        return "name";
      case TokenKind::string:
        return "string";
      case TokenKind::integer:
        return "integer";
      case TokenKind::floating:
        return "float";
      case TokenKind::op:
        return "operator";
      case TokenKind::end:
        return "end of template";
    }
    return "?";
  }
  static std::string_view describe(const Token& token) {
    const bool verbatim = token.kind == TokenKind::name || token.kind == TokenKind::op;
    return verbatim ? token.text : describe(token.kind);
  }

 private:
  [[noreturn]] void expected(std::string_view what) const {
    if (at(TokenKind::end)) fail(fmt::format("unexpected end of template, expected '{}'.", what));
    fail(fmt::format("expected token '{}', got '{}'", what, describe(current())));
  }

  std::vector<Token> tokens_;
  size_t position_ = 0;
};

}  // namespace ferry::jinja
