#include "infer/grammar/common_tokens.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

CharSet letters() {
  CharSet set;
  set.add('a', 'z');
  return set;
}

std::vector<TokenId> up_to(const std::vector<std::string>& texts, uint32_t max_chars) {
  std::vector<TokenTrie::Entry> entries;
  for (size_t i = 0; i < texts.size(); ++i) entries.push_back({texts[i], static_cast<TokenId>(i)});
  const auto count = static_cast<int32_t>(texts.size());
  TokenMask mask(count);
  CommonTokens::build(letters(), entries, count).add_to(mask, max_chars);
  std::vector<TokenId> tokens;
  for (TokenId token = 0; token < count; ++token) {
    if (mask.contains(token)) tokens.push_back(token);
  }
  return tokens;
}

// Also in a vocabulary without long words.
TEST(CommonTokens, AreNoLongerThanThereIsRoomFor) {
  const std::vector<std::string> words{"a", "abc", "{", "abcdef"};
  const std::vector<std::string> long_words{
      "a", "abc", "{", std::string(24, 'x'), std::string(25, 'y'), std::string(40, 'z')};
  using Ids = std::vector<TokenId>;
  EXPECT_EQ(up_to(words, 0), Ids());
  EXPECT_EQ(up_to(words, 1), (Ids{0}));
  EXPECT_EQ(up_to(words, 5), (Ids{0, 1}));
  EXPECT_EQ(up_to(words, 6), (Ids{0, 1, 3}));
  EXPECT_EQ(up_to(words, 1000), (Ids{0, 1, 3}));
  EXPECT_EQ(up_to(long_words, 3), (Ids{0, 1}));
  EXPECT_EQ(up_to(long_words, 24), (Ids{0, 1, 3}));
  EXPECT_EQ(up_to(long_words, 39), (Ids{0, 1, 3, 4}));
  EXPECT_EQ(up_to(long_words, 40), (Ids{0, 1, 3, 4, 5}));
}

}  // namespace
}  // namespace ferry
