#pragma once
// Prompt lookup: where the sequence's last tokens stood before, what followed them there may follow again
// (Saxena, "Prompt Lookup Decoding", 2023). It pays where an answer quotes: code to edit, documents to
// summarise, tables, loops.
//
// The index is that of LZ77 compressors: each position is chained to the one before it that ends in the same
// kShortest tokens. A call looks at kCandidates positions of the chain and at the one that served last time,
// and takes the longest match; so it costs O(most + new tokens), whatever the length. Memory: 8 to 12 bytes a
// token.

#include <cstdint>
#include <span>
#include <vector>

#include "infer/draft/drafter.h"

namespace ferry {

// Of one sequence. Used by one thread (the engine's).
class NgramLookup {
 public:
  static constexpr int32_t kShortest = 3;     // tokens of a match; fewer are mostly chance
  static constexpr int32_t kLongest = 32;     // longer ones are as good
  static constexpr int32_t kCandidates = 16;  // the latest ones

  // tokens: the sequence so far: what it was at the last call, and what came since. Appends `most` guesses at
  // those that follow, or none.
  void propose(std::span<const TokenId> tokens, int32_t most, std::vector<TokenId>& guesses);

 private:
  struct Match {
    int32_t end = 0;     // tokens[end] follows the match
    int32_t length = 0;  // 0: none
  };

  void index(std::span<const TokenId> tokens);
  void insert(std::span<const TokenId> tokens, int32_t end);
  void grow(std::span<const TokenId> tokens);
  size_t slot(std::span<const TokenId> tokens, int32_t end) const;
  Match longest_match(std::span<const TokenId> tokens) const;

  // Positions are ends: of the tokens before them. 0 is none.
  std::vector<int32_t> latest_;       // the last one of each slot; its size is a power of two
  std::vector<int32_t> previous_{0};  // of each position, the one before it in its slot
  Match last_;                        // what the last call found
  int32_t last_size_ = 0;             // of the sequence then
};

}  // namespace ferry
