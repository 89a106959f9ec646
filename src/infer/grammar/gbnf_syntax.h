#pragma once
// GBNF, llama.cpp's grammar language, read into a tree:
//
//   root  ::= item ("," item){0,3}     # a comment
//   item  ::= "\"" [^"\\\x00-\x1F]* "\"" | [0-9]+
//
// A rule goes on after | and inside parentheses; | may also begin a line. Errors say line and column.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/grammar/char_set.h"

namespace ferry {

struct GbnfTree {
  enum class Kind : uint8_t { text, chars, rule, cat, alt, repeat };
  struct Node {
    Kind kind = Kind::cat;
    std::string text = {};  // of text, UTF-8
    CharSet chars = {};
    uint32_t rule = 0;  // index into `rules`
    uint32_t min = 0;   // of repeat; RegexPool::kUnbounded: no end
    uint32_t max = 0;
    std::vector<uint32_t> children = {};
  };
  struct Rule {
    std::string name;
    uint32_t body = 0;
    bool defined = false;
  };

  std::vector<Node> nodes;  // children before their parents
  std::vector<Rule> rules;
  uint32_t root = 0;  // index into `rules`
};

Result<GbnfTree> parse_gbnf(std::string_view text);

}  // namespace ferry
