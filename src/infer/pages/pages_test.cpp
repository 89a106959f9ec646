#include "infer/pages/pages.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

const Salt kSalt = std::make_shared<const std::string>();

// A chain of whole pages, all with holders of their own.
std::vector<PageId> publish_chain(PagePool& pool, const std::vector<TokenId>& firsts) {
  std::vector<PageId> pages;
  uint64_t hash = pool.index().hash(*kSalt);
  for (const TokenId first : firsts) {
    const std::vector<TokenId> tokens(static_cast<size_t>(pool.page_tokens()), first);
    hash = pool.index().hash(hash, tokens);
    const PageId page = pool.take();
    const PageId parent = pages.empty() ? kNoPage : pages.back();
    EXPECT_EQ(pool.publish(page, {hash, parent, tokens, kSalt}), page);
    pages.push_back(page);
  }
  return pages;
}

TEST(PagePool, SharedPagesAreFreedByTheLastHolder) {
  PagePool pool(1, 32);
  const PageId page = pool.take();
  pool.hold(page);
  pool.release(page);
  EXPECT_EQ(pool.available(), 0);
  pool.release(page);
  EXPECT_EQ(pool.available(), 1);
  EXPECT_EQ(pool.cached(), 0);
}

TEST(PagePool, ReleasedIndexedPagesStayUntilTheyAreNeeded) {
  PagePool pool(4, 4);
  const auto chain = publish_chain(pool, {1, 2});
  for (const PageId page : {chain[1], chain[0]}) pool.release(page);
  EXPECT_EQ(pool.cached(), 2);
  EXPECT_EQ(pool.available(), 4);
  pool.take();
  pool.take();
  EXPECT_EQ(pool.cached(), 2) << "free pages go first";
  EXPECT_EQ(pool.take(), chain[1]) << "then the end of the chain";
  EXPECT_TRUE(pool.index().contains(chain[0]));
  EXPECT_FALSE(pool.index().contains(chain[1]));
  EXPECT_EQ(pool.take(), chain[0]);
  EXPECT_EQ(pool.index().size(), 0u);
}

TEST(PagePool, EvictsTheLeastRecentlyUsed) {
  PagePool pool(3, 4);
  std::vector<PageId> pages;
  for (const TokenId token : {1, 2, 3}) pages.push_back(publish_chain(pool, {token})[0]);
  for (const PageId page : pages) pool.release(page);
  pool.hold(pages[0]);  // used again, so now the newest
  pool.release(pages[0]);
  EXPECT_EQ(pool.take(), pages[1]);
  EXPECT_EQ(pool.take(), pages[2]);
  EXPECT_EQ(pool.take(), pages[0]);
}

TEST(PagePool, HoldsACachedPageAgain) {
  PagePool pool(2, 4);
  const PageId page = publish_chain(pool, {1})[0];
  pool.release(page);
  pool.hold(page);
  EXPECT_EQ(pool.cached(), 0);
  EXPECT_EQ(pool.available(), 1);
  EXPECT_EQ(pool.holders(page), 1);
}

TEST(PagePool, PublishingTheSameTwiceGivesTheFirst) {
  PagePool pool(2, 4);
  const PageId first = publish_chain(pool, {1})[0];
  const std::vector<TokenId> tokens(4, 1);
  const uint64_t hash = pool.index().hash(pool.index().hash(*kSalt), tokens);
  const PageId second = pool.take();
  EXPECT_EQ(pool.publish(second, {hash, kNoPage, tokens, kSalt}), first);
  EXPECT_FALSE(pool.index().contains(second));
  const std::vector<TokenId> others(4, 2);
  EXPECT_EQ(pool.publish(second, {hash, kNoPage, others, kSalt}), kNoPage) << "another chain with this hash";
}

TEST(PagePool, OnlyAPageOfOneHolderThatNobodyCanFindIsWritable) {
  PagePool pool(2, 4);
  const PageId page = pool.take();
  EXPECT_TRUE(pool.writable(page));
  pool.hold(page);
  EXPECT_FALSE(pool.writable(page));
  EXPECT_FALSE(pool.writable(publish_chain(pool, {1})[0]));
}

TEST(PagePoolDeathTest, MisuseIsOurBug) {
  PagePool pool(1, 32);
  const PageId page = pool.take();
  EXPECT_DEATH(pool.take(), "check failed");
  pool.release(page);
  EXPECT_DEATH(pool.release(page), "check failed");
  EXPECT_DEATH(pool.hold(page), "check failed");
}

}  // namespace
}  // namespace ferry
