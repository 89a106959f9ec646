#pragma once
// The words of a vocabulary by their IDs, and the IDs by the words.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

using TokenId = int32_t;
constexpr TokenId kNoToken = -1;

// A 64-bit hash of bytes for tables inside one process; not for untrusted keys across requests.
uint64_t hash_bytes(std::string_view bytes);

// Filled once, then immutable; any thread may read it.
class Vocab {
 public:
  // How much will come: room for it, and the measure of how large IDs may be. Call it before add().
  void reserve(size_t entries, size_t text_bytes);

  // A text or an ID that comes twice belongs to the later entry. IDs may have holes, but not so many that the
  // table would be much larger than what it holds: `corrupt`.
  Result<void> add(TokenId id, std::string_view text);

  // From now on find() does not know this text.
  void hide(std::string_view text);

  TokenId find(std::string_view text) const;  // kNoToken when absent
  // The same; fast where the answer is `guess` or the ID after it.
  TokenId find_near(std::string_view text, TokenId guess) const;
  std::string_view text(TokenId id) const;  // empty when absent
  bool contains(TokenId id) const;
  int32_t size() const { return static_cast<int32_t>(spans_.size()); }  // the largest ID, plus one
  size_t entries() const { return entries_; }
  size_t longest_bytes() const { return longest_bytes_; }

 private:
  static constexpr uint32_t kAbsent = UINT32_MAX;
  struct Span {
    uint32_t begin = kAbsent;
    uint32_t bytes = 0;
  };
  // Has the span, too, so that a search touches the table and the text only.
  struct Slot {
    uint32_t hash = 0;
    TokenId id = kNoToken;
    Span span;
  };

  void grow_slots(size_t entries);
  void insert(uint64_t hash, TokenId id);
  size_t slot_of(uint64_t hash, std::string_view text) const;
  std::string_view text_of(const Span& span) const { return {text_.data() + span.begin, span.bytes}; }

  std::string text_;
  std::vector<Span> spans_;  // by ID
  std::vector<Slot> slots_;  // open addressing with linear probing; a power of two, at most half full
  size_t entries_ = 0;
  size_t expected_entries_ = 0;
  size_t longest_bytes_ = 0;
};

}  // namespace ferry
