#pragma once
// The merge rules of byte-pair encoding, and how a word's symbols are merged by them.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "infer/tokenizer/vocab.h"

namespace ferry {

struct Merge {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t rank = kNone;     // the lowest goes first
  TokenId token = kNoToken;  // what the pair becomes
};

// Filled once, then immutable; any thread may read it.
class MergeTable {
 public:
  void reserve(size_t merges);
  // A pair that comes twice belongs to the later rule.
  void add(TokenId left, TokenId right, Merge merge);
  Merge find(TokenId left, TokenId right) const;
  size_t size() const { return size_; }

  // Merges the symbols in place: always the pair with the lowest rank next, the leftmost among equals, until
  // no pair has a rule. O(n log n) for long words.
  void apply(std::vector<TokenId>& symbols) const;

 private:
  struct Slot {
    TokenId left = kNoToken;
    TokenId right = kNoToken;
    Merge merge;
  };

  size_t slot_of(TokenId left, TokenId right) const;
  void apply_short(std::vector<TokenId>& symbols) const;
  void apply_long(std::vector<TokenId>& symbols) const;

  std::vector<Slot> slots_;  // open addressing with linear probing; a power of two, at most half full
  size_t size_ = 0;
};

}  // namespace ferry
