#include "serve/guard/patterns/pair_filter.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

bool of_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// As its promise says, byte by byte.
struct Plain {
  std::set<std::pair<char, char>> anywhere;
  std::set<std::pair<char, char>> within;

  size_t next(std::string_view text, size_t from) const {
    if (from + 1 >= text.size()) return from;
    for (size_t at = from; at + 1 < text.size(); ++at) {
      const bool in_word = at > 0 && of_word(text[at - 1]) && of_word(text[at]);
      if ((in_word ? within : anywhere).contains({text[at], text[at + 1]})) return at;
    }
    return text.size() - 1;
  }
};

TEST(PairFilter, FindsWhatAPlainLoopFinds) {
  Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    PairFilter filter;
    Plain plain;
    const uint64_t pairs = rng.below(40);
    const bool any_within = rng.below(2) == 0;
    const uint64_t letters = 2 + rng.below(254);  // few: pairs come often
    const auto byte = [&] { return static_cast<uint8_t>((letters < 60 ? '0' : 0) + rng.below(letters)); };
    for (uint64_t i = 0; i < pairs; ++i) {
      const uint8_t first = byte();
      const uint8_t second = byte();
      const bool within = any_within && rng.below(2) == 0;
      filter.add(first, second, within);
      plain.anywhere.insert({static_cast<char>(first), static_cast<char>(second)});
      if (within) plain.within.insert({static_cast<char>(first), static_cast<char>(second)});
    }
    filter.finish();
    std::string text;
    for (uint64_t i = rng.below(200); i > 0; --i) text += static_cast<char>(byte());
    for (size_t from = 0; from <= text.size(); ++from) {
      ASSERT_EQ(filter.next(text, from), plain.next(text, from)) << "round " << round << " from " << from;
    }
  }
}

TEST(PairFilter, WithoutPairsNothingBegins) {
  PairFilter filter;
  filter.finish();
  EXPECT_EQ(filter.next(std::string(100, 'a'), 3), 99U);
  EXPECT_EQ(filter.next("", 0), 0U);
}

}  // namespace
}  // namespace ferry
