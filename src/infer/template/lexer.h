#pragma once
// Template text -> tokens, by Jinja's rules: what is text and what is a tag, which whitespace the tags eat
// (trim_blocks and lstrip_blocks are on), how literals are written.

#include <cstdint>
#include <string_view>
#include <vector>

#include "infer/template/value.h"

namespace ferry::jinja {

enum class TokenKind : uint8_t {
  data,  // text between tags
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  string,
  integer,
  floating,
  op,  // Token::text says which
  end,
};

struct Token {
  TokenKind kind;
  uint32_t line;
  std::string_view text;  // data, name, op as written; string unescaped
  Value number;           // integer, floating
};

// The source without its last newline and with "\n" for every newline, in the arena.
std::string_view normalise_newlines(Arena& arena, std::string_view source);

// `source` is normalised; tokens borrow from it and from the arena. Raises TemplateError. Ends with `end`.
std::vector<Token> tokenize(Arena& arena, std::string_view source);

}  // namespace ferry::jinja
