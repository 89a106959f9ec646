#include "infer/tokenizer/merges.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

// The definition: look at every pair, merge the first of the lowest rank, again.
std::vector<TokenId> merged_by_definition(const MergeTable& table, std::vector<TokenId> symbols) {
  while (true) {
    Merge best;
    size_t at = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge merge = table.find(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        at = i;
      }
    }
    if (best.rank == Merge::kNone) return symbols;
    symbols[at] = best.token;
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

// Random merges over few symbols, some of the same rank (as SentencePiece scores have them).
MergeTable random_table(Rng& rng) {
  MergeTable table;
  for (TokenId next = 4; next < 60; ++next) {
    const auto left = static_cast<TokenId>(rng.below(static_cast<uint64_t>(next)));
    const auto right = static_cast<TokenId>(rng.below(static_cast<uint64_t>(next)));
    table.add(left, right, {static_cast<uint32_t>(rng.below(40)), next});
  }
  return table;
}

TEST(MergeTable, ShortAndLongWordsMergeByDefinition) {
  Rng rng(3);
  for (int round = 0; round < 50; ++round) {
    const MergeTable table = random_table(rng);
    for (const size_t length : {1u, 2u, 3u, 20u, 40u, 41u, 150u}) {
      std::vector<TokenId> symbols(length);
      for (TokenId& symbol : symbols) symbol = static_cast<TokenId>(rng.below(4));
      const auto expected = merged_by_definition(table, symbols);
      table.apply(symbols);
      ASSERT_EQ(symbols, expected) << length;
    }
  }
}

TEST(MergeTable, LaterRuleForAPairWins) {
  MergeTable table;
  table.add(1, 2, {0, 3});
  table.add(1, 2, {1, 4});
  EXPECT_EQ(table.find(1, 2).token, 4);
  EXPECT_EQ(table.size(), 1u);
}

TEST(MergeTable, MillionsOfEqualSymbolsTakeNoQuadraticTime) {
  MergeTable table;
  for (TokenId i = 0; i < 4; ++i) table.add(i, i, {static_cast<uint32_t>(i), i + 1});
  std::vector<TokenId> symbols(1'000'000, 0);
  table.apply(symbols);  // hours, were it quadratic
  EXPECT_EQ(symbols, std::vector<TokenId>(62'500, 4));
}

}  // namespace
}  // namespace ferry
