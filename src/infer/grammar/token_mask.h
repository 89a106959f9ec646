#pragma once
// A set of tokens: those that may come next.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "infer/tokenizer/tokenizer.h"

namespace ferry {

// Has a bit for each token of the model's output, 64 to a word: token t is bit t % 64 of word t / 64. Bits at
// and above size() are zero.
class TokenMask {
 public:
  explicit TokenMask(int32_t tokens = 0) { resize(tokens); }

  // No token is in the set afterwards.
  void resize(int32_t tokens) {
    tokens_ = tokens;
    words_.assign((static_cast<size_t>(tokens) + 63) / 64, 0);
  }

  int32_t size() const { return tokens_; }
  bool contains(TokenId token) const {
    return token >= 0 && token < tokens_ && (word_of(token) >> (static_cast<uint32_t>(token) % 64) & 1) != 0;
  }
  void insert(TokenId token) { words_[static_cast<size_t>(token) / 64] |= bit_of(token); }
  void erase(TokenId token) { words_[static_cast<size_t>(token) / 64] &= ~bit_of(token); }
  void fill() {
    words_.assign(words_.size(), ~uint64_t{0});
    if (tokens_ % 64 != 0) words_.back() = (uint64_t{1} << static_cast<uint32_t>(tokens_) % 64) - 1;
  }
  void clear() { words_.assign(words_.size(), 0); }

  bool empty() const {
    for (const uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  int32_t count() const {
    int32_t n = 0;
    for (const uint64_t word : words_) n += std::popcount(word);
    return n;
  }

  // The lowest token of the set; 0 where it is empty.
  TokenId first() const {
    for (size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != 0) return static_cast<TokenId>(64 * i) + std::countr_zero(words_[i]);
    }
    return 0;
  }

  // Both must have the same size.
  TokenMask& operator|=(const TokenMask& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  bool operator==(const TokenMask&) const = default;

  std::span<const uint64_t> words() const { return words_; }

 private:
  uint64_t word_of(TokenId token) const { return words_[static_cast<size_t>(token) / 64]; }
  static uint64_t bit_of(TokenId token) { return uint64_t{1} << (static_cast<uint32_t>(token) % 64); }

  int32_t tokens_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace ferry
