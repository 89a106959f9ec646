#pragma once
// The tokens of words seen lately: a fixed table per thread (1 MiB), shared by all tokenizers of the process.

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "infer/tokenizer/model.h"

namespace ferry {

class WordCache {
 public:
  // The calling thread's.
  static WordCache& of_this_thread();
  // A new owner's number; entries of different owners never meet.
  static uint32_t new_owner();

  // Appends the word's tokens: from the table, or from the model and then into the table.
  void encode(uint32_t owner, const Model& model, std::string_view word, std::vector<TokenId>& out);

 private:
  static constexpr size_t kEntries = 1 << 14;
  static constexpr size_t kMostBytes = 26;
  static constexpr size_t kMostTokens = 8;

  // One cache line.
  struct alignas(64) Entry {
    uint32_t owner = 0;  // 0: empty
    uint8_t bytes = 0;
    uint8_t tokens = 0;
    std::array<char, kMostBytes> word;
    std::array<TokenId, kMostTokens> ids;
  };
  static_assert(sizeof(Entry) == 64);

  WordCache() : entries_(kEntries) {}

  std::vector<Entry> entries_;
};

}  // namespace ferry
