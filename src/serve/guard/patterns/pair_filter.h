#pragma once
// Finds the places of a text where a pattern may begin, by the two bytes there: most of a text is passed over
// at a byte or so for each instruction.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ferry {

class PairFilter {
 public:
  PairFilter();

  // A pattern may begin with these two bytes; `within_words`: also in the middle of a word.
  void add(uint8_t first, uint8_t second, bool within_words);
  // Once, after the last add().
  void finish();

  // The first place from `from` on where a pattern may begin; text.size() - 1 at the latest, for what the
  // last byte begins is not known; `from` where that is behind it.
  size_t next(std::string_view text, size_t from) const;

 private:
  // Sixteen places at a time: Hyperscan's "Teddy" (Intel, 2015) with one byte to each side of a pair. First
  // bytes are dealt into eight buckets; bit b of low[byte & 15] & high[byte >> 4] says that the byte may be
  // one of bucket b's. It lets through too much, never too little: what it lets through is looked up.
  struct Nibbles {
    std::array<uint8_t, 16> low{};
    std::array<uint8_t, 16> high{};

    void add(uint8_t byte, uint8_t buckets) {
      low[byte & 15] |= buckets;
      high[byte >> 4] |= buckets;
    }
  };

  bool may_begin(const unsigned char* bytes, bool within_word) const {
    const unsigned pair = bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
    return (pairs_[within_word ? 0 : 1][pair / 64] >> pair % 64 & 1) != 0;
  }
  size_t next_slowly(std::string_view text, size_t from, size_t end) const;
  size_t next_by_blocks(std::string_view text, size_t from) const;

  // A bit for two bytes, the first the lower: in the middle of a word (0) or anywhere else (1).
  std::array<std::vector<uint64_t>, 2> pairs_;
  bool any_within_words_ = false;
  Nibbles first_;
  Nibbles second_;
};

}  // namespace ferry
