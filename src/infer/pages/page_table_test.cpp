#include "infer/pages/page_table.h"

#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

TEST(PageTable, TakesOnlyWhatIsMissing) {
  PagePool pool(4, 32);
  PageTable table(pool);
  std::vector<PageCopy> copies;
  EXPECT_TRUE(table.write(0, 1, copies));
  EXPECT_EQ(table.pages().size(), 1u);
  EXPECT_TRUE(table.write(1, 32, copies));
  EXPECT_EQ(table.pages().size(), 1u);
  EXPECT_EQ(table.wanted(32, 33), 1);
  EXPECT_TRUE(table.write(32, 128, copies));
  EXPECT_EQ(pool.available(), 0);
  EXPECT_FALSE(table.write(128, 129, copies));
  EXPECT_EQ(table.pages().size(), 4u);
  EXPECT_TRUE(copies.empty());
}

TEST(PageTable, ASharedPageIsCopiedBeforeItIsWritten) {
  PagePool pool(4, 32);
  PageTable first(pool);
  PageTable second(pool);
  std::vector<PageCopy> copies;
  ASSERT_TRUE(first.write(0, 40, copies));
  for (const PageId page : first.pages()) second.adopt(page);
  EXPECT_EQ(pool.available(), 2);

  EXPECT_EQ(second.wanted(40, 41), 1);
  ASSERT_TRUE(second.write(40, 41, copies));
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].from, first.pages()[1]);
  EXPECT_EQ(copies[0].to, second.pages()[1]);
  EXPECT_EQ(second.pages()[0], first.pages()[0]) << "the whole page stays shared";

  ASSERT_TRUE(first.write(40, 41, copies)) << "the last holder writes in place";
  EXPECT_EQ(copies.size(), 1u);
  EXPECT_EQ(pool.available(), 1);
}

TEST(PageTable, AFullPoolCopiesNothing) {
  PagePool pool(1, 32);
  PageTable first(pool);
  PageTable second(pool);
  std::vector<PageCopy> copies;
  ASSERT_TRUE(first.write(0, 10, copies));
  second.adopt(first.pages()[0]);
  EXPECT_FALSE(second.write(10, 11, copies));
  EXPECT_TRUE(copies.empty());
  EXPECT_EQ(pool.holders(0), 2);
  second.clear();
  EXPECT_TRUE(first.write(10, 11, copies));
}

TEST(PageTable, AnIndexedPageIsNotWrittenEither) {
  PagePool pool(2, 4);
  const Salt salt = std::make_shared<const std::string>();
  const std::vector<TokenId> tokens{1, 2, 3, 4};
  PageTable table(pool);
  std::vector<PageCopy> copies;
  ASSERT_TRUE(table.write(0, 4, copies));
  ASSERT_EQ(pool.publish(table.pages()[0], {7, kNoPage, tokens, salt}), table.pages()[0]);
  ASSERT_TRUE(table.write(3, 4, copies));  // a prompt that was cached whole computes its last token again
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(pool.cached(), 1);
}

TEST(PageTable, HoldersAlwaysAddUp) {
  PagePool pool(50, 16);
  std::vector<std::unique_ptr<PageTable>> tables(10);
  for (auto& table : tables) table = std::make_unique<PageTable>(pool);
  std::vector<int64_t> lengths(tables.size());
  Rng rng(7);
  std::vector<PageCopy> copies;
  for (int step = 0; step < 20000; ++step) {
    const size_t i = rng.below(tables.size());
    const size_t from = rng.below(tables.size());
    const auto more = static_cast<int64_t>(1 + rng.below(60));
    if (rng.below(4) == 0) {
      tables[i]->clear();
      lengths[i] = 0;
    } else if (tables[i]->pages().empty() && rng.below(2) == 0) {
      for (const PageId page : tables[from]->pages()) tables[i]->adopt(page);
      lengths[i] = lengths[from];
    } else if (tables[i]->write(lengths[i], lengths[i] + more, copies)) {
      lengths[i] += more;
    } else {
      lengths[i] /= 2;
      tables[i]->shrink(static_cast<size_t>(pool.pages_for(lengths[i])));
    }
    std::map<PageId, int32_t> holders;
    for (const auto& table : tables) {
      for (const PageId page : table->pages()) ++holders[page];
    }
    for (const auto& [page, count] : holders) ASSERT_EQ(pool.holders(page), count);
    ASSERT_EQ(static_cast<int32_t>(holders.size()) + pool.available(), pool.capacity());
  }
  EXPECT_GT(copies.size(), 100u);
}

}  // namespace
}  // namespace ferry
