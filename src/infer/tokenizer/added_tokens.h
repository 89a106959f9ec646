#pragma once
// Tokens that are looked for in the text itself, before it is split into words: special tokens and others
// that were added to a vocabulary.

#include <bitset>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/tokenizer/vocab.h"

namespace ferry {

struct AddedToken {
  TokenId id = kNoToken;
  std::string content;
  bool special = false;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for in normalised text
  bool reserved = false;     // found only where special tokens are
};

// A part of a text where special tokens may be recognised.
struct Range {
  size_t begin = 0;
  size_t end = 0;
};

// Part of a text: a token, or text that is still to be encoded.
struct Segment {
  TokenId token = kNoToken;
  size_t begin = 0;
  size_t end = 0;
};

// Filled once, then immutable; any thread may use it.
class AddedTokens {
 public:
  void add(const AddedToken& token);
  bool empty() const { return nodes_.size() == 1; }

  // Appends the segments of the text from left to right: at each place the longest token that may stand
  // there. `special_allowed`: where special tokens may lie, ascending ranges that do not touch.
  void split(std::string_view text, std::span<const Range> special_allowed, std::vector<Segment>& out) const;

 private:
  struct Node {
    uint32_t first_child = 0;  // 0: none (the root is nobody's child)
    uint32_t next_sibling = 0;
    int32_t entry = -1;
    unsigned char byte = 0;
  };
  struct Entry {
    TokenId id;
    bool special, single_word, lstrip, rstrip;
  };
  struct Match {
    const Entry* entry = nullptr;
    size_t end = 0;
  };

  uint32_t child(uint32_t node, unsigned char byte) const;
  Match longest_at(std::string_view text, size_t at, size_t special_end) const;

  std::vector<Node> nodes_{1};  // a trie over bytes
  std::vector<Entry> entries_;
  std::bitset<256> first_bytes_;
};

}  // namespace ferry
