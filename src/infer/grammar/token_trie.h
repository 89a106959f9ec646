#pragma once
// The tokens of a vocabulary by their bytes, to be walked together with an automaton.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "infer/grammar/token_mask.h"

namespace ferry {

// Nodes stand in the order of their texts, a parent before its children. Tokens with equal bytes share a
// node.
class TokenTrie {
 public:
  struct Node {
    uint32_t end;    // the first node that is not below this one
    TokenId token;   // whose text ends here; kNoToken: none does
    uint16_t depth;  // bytes from the root: 1 for the first
    uint8_t byte;
  };
  static constexpr TokenId kNoToken = -1;

  struct Entry {
    std::string_view bytes;  // not empty; longer than 65535 bytes: left out
    TokenId token;
  };
  static TokenTrie build(std::vector<Entry> entries);

  std::span<const Node> nodes() const { return nodes_; }
  // Where the tokens that begin with this byte are; empty range: there are none.
  std::pair<uint32_t, uint32_t> branch(uint8_t byte) const { return branches_[byte]; }
  size_t longest() const { return longest_; }
  // The other tokens with the bytes of those in `mask`, which then are in it, too.
  void add_twins(TokenMask& mask) const {
    for (const auto& [token, twin] : twins_) {
      if (mask.contains(token)) mask.insert(twin);
    }
  }

 private:
  std::vector<Node> nodes_;
  std::pair<uint32_t, uint32_t> branches_[256] = {};
  std::vector<std::pair<TokenId, TokenId>> twins_;
  size_t longest_ = 0;
};

}  // namespace ferry
