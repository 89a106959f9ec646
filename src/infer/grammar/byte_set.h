#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>

namespace ferry {

// A set of byte values.
class ByteSet {
 public:
  static ByteSet all() {
    ByteSet set;
    set.words_.fill(~uint64_t{0});
    return set;
  }
  static ByteSet of(uint8_t byte) { return range(byte, byte); }
  // first <= last, both included.
  static ByteSet range(uint8_t first, uint8_t last) {
    ByteSet set;
    for (int byte = first; byte <= last; ++byte) set.insert(static_cast<uint8_t>(byte));
    return set;
  }

  void insert(uint8_t byte) { words_[byte / 64] |= uint64_t{1} << (byte % 64); }
  bool contains(uint8_t byte) const { return (words_[byte / 64] >> (byte % 64) & 1) != 0; }
  bool empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  int count() const {
    int n = 0;
    for (const uint64_t word : words_) n += std::popcount(word);
    return n;
  }
  // The smallest member; the set must have one.
  uint8_t first() const {
    for (int i = 0; i < 4; ++i) {
      if (words_[i] != 0) return static_cast<uint8_t>(i * 64 + std::countr_zero(words_[i]));
    }
    return 0;
  }

  ByteSet operator|(const ByteSet& other) const {
    ByteSet set;
    for (int i = 0; i < 4; ++i) set.words_[i] = words_[i] | other.words_[i];
    return set;
  }
  ByteSet operator&(const ByteSet& other) const {
    ByteSet set;
    for (int i = 0; i < 4; ++i) set.words_[i] = words_[i] & other.words_[i];
    return set;
  }
  ByteSet operator~() const {
    ByteSet set;
    for (int i = 0; i < 4; ++i) set.words_[i] = ~words_[i];
    return set;
  }
  bool operator==(const ByteSet&) const = default;
  auto operator<=>(const ByteSet&) const = default;
  uint64_t word(int i) const { return words_[i]; }

 private:
  std::array<uint64_t, 4> words_{};
};

}  // namespace ferry
