#pragma once
// Regular expressions as people write them (ECMA-262 with the `u` flag, and what PCRE, Python and Rust share
// with it), read into a tree. What is not regular, or depends on its surroundings (back references, word
// boundaries, lookbehind), is `unsupported`; errors say at which character.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/grammar/char_set.h"

namespace ferry {

struct RegexTree {
  enum class Kind : uint8_t {
    empty,
    chars,      // one character of `set`
    cat,        // `children`, one after the other
    alt,        // one of `children`
    repeat,     // children[0], min to max times
    begin,      // ^
    end,        // $
    ahead,      // (?=children[0])
    not_ahead,  // (?!children[0])
  };
  struct Node {
    Kind kind = Kind::empty;
    uint32_t set = 0;  // index into `sets`
    uint32_t min = 0;
    uint32_t max = 0;  // RegexPool::kUnbounded: no end
    std::vector<uint32_t> children = {};
  };

  std::vector<Node> nodes;
  std::vector<CharSet> sets;
  uint32_t root = 0;

  uint32_t add(Node node) {
    nodes.push_back(std::move(node));
    return static_cast<uint32_t>(nodes.size() - 1);
  }
  uint32_t add_chars(CharSet set) {
    sets.push_back(std::move(set));
    return add({.kind = Kind::chars, .set = static_cast<uint32_t>(sets.size() - 1)});
  }
};

Result<RegexTree> parse_regex(std::string_view pattern);

}  // namespace ferry
