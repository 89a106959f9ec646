#pragma once
// The greater part of a vocabulary is words and signs that any string may have (common_chars()). They are
// treated as one: wherever a grammar is inside such a string, all of them may come, and only the others are
// looked at.

#include <cstdint>
#include <vector>

#include "infer/grammar/char_set.h"
#include "infer/grammar/token_mask.h"
#include "infer/grammar/token_trie.h"

namespace ferry {

// Immutable after build().
class CommonTokens {
 public:
  static CommonTokens build(const CharSet& characters, const std::vector<TokenTrie::Entry>& entries,
                            int32_t tokens);

  // All that have at most so many characters.
  void add_to(TokenMask& mask, uint32_t max_chars) const;
  // The tokens that are not among them.
  const TokenTrie& others() const { return others_; }

 private:
  struct Long {
    uint32_t chars;
    TokenId token;
  };

  std::vector<TokenMask> up_to_;  // by the number of characters
  std::vector<Long> longer_;      // than up_to_ goes; in order
  TokenMask all_;
  TokenTrie others_;
};

}  // namespace ferry
