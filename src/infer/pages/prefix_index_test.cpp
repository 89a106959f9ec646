#include "infer/pages/prefix_index.h"

#include <numeric>

#include <gtest/gtest.h>

namespace ferry {
namespace {

const Salt kSalt = std::make_shared<const std::string>("a");
const Salt kOtherSalt = std::make_shared<const std::string>("b");

std::vector<TokenId> page_of(TokenId first) {
  std::vector<TokenId> tokens(4);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

TEST(PrefixIndex, FindsAChainPageByPage) {
  PrefixIndex index(8, 4);
  const auto a = page_of(1);
  const auto b = page_of(5);
  const uint64_t hash_a = index.hash(index.hash(*kSalt), a);
  const uint64_t hash_b = index.hash(hash_a, b);
  EXPECT_TRUE(index.insert(3, {hash_a, kNoPage, a, kSalt}));
  EXPECT_TRUE(index.insert(5, {hash_b, 3, b, kSalt}));
  EXPECT_EQ(index.find({hash_a, kNoPage, a, kSalt}), 3);
  EXPECT_EQ(index.find({hash_b, 3, b, kSalt}), 5);
  index.erase(5);
  EXPECT_EQ(index.find({hash_b, 3, b, kSalt}), kNoPage);
  EXPECT_EQ(index.size(), 1u);
}

// The hash is only a hint: whatever differs in what it stands for is found out.
TEST(PrefixIndex, EqualHashesNeverGiveAnotherChainsPage) {
  PrefixIndex index(8, 4);
  const auto a = page_of(1);
  const auto b = page_of(2);
  constexpr uint64_t kHash = 77;
  ASSERT_TRUE(index.insert(0, {kHash, kNoPage, a, kSalt}));
  ASSERT_TRUE(index.insert(1, {kHash + 1, kNoPage, b, kSalt}));
  EXPECT_EQ(index.find({kHash, kNoPage, b, kSalt}), kNoPage) << "other tokens";
  EXPECT_EQ(index.find({kHash, 1, a, kSalt}), kNoPage) << "another parent";
  EXPECT_EQ(index.find({kHash, kNoPage, a, kOtherSalt}), kNoPage) << "another salt";
  EXPECT_EQ(index.find({kHash, kNoPage, a, std::make_shared<const std::string>("a")}), 0) << "an equal salt";
  EXPECT_FALSE(index.insert(2, {kHash, 1, b, kSalt})) << "the first stays";
  EXPECT_FALSE(index.contains(2));
  EXPECT_EQ(index.find({kHash, kNoPage, a, kSalt}), 0);
}

TEST(PrefixIndex, HashesDifferByTokenOrderParentAndSalt) {
  const PrefixIndex index(1, 4);
  const std::vector<TokenId> ab{1, 2};
  const std::vector<TokenId> ba{2, 1};
  const uint64_t root = index.hash("a");
  EXPECT_NE(index.hash(root, ab), index.hash(root, ba));
  EXPECT_NE(index.hash(root, ab), index.hash(index.hash("b"), ab));
  EXPECT_NE(index.hash(root, ab), index.hash(index.hash(root, ab), ab));
}

TEST(PrefixIndexDeathTest, AParentOutlivesItsChildren) {
  PrefixIndex index(8, 4);
  const auto a = page_of(1);
  ASSERT_TRUE(index.insert(0, {1, kNoPage, a, kSalt}));
  ASSERT_TRUE(index.insert(1, {2, 0, a, kSalt}));
  EXPECT_DEATH(index.erase(0), "check failed");
  EXPECT_DEATH(index.insert(3, {9, 2, a, kSalt}), "check failed") << "a parent that is not indexed";
}

}  // namespace
}  // namespace ferry
