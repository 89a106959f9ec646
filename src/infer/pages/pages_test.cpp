#include "infer/pages/pages.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

TEST(Pages, GrowTakesOnlyWhatIsMissing) {
  PagePool pool(4, 32);
  PageTable table(pool);
  EXPECT_TRUE(table.grow(1));
  EXPECT_EQ(table.pages().size(), 1u);
  EXPECT_TRUE(table.grow(32));
  EXPECT_EQ(table.pages().size(), 1u);
  EXPECT_EQ(table.missing(33), 1);
  EXPECT_TRUE(table.grow(128));
  EXPECT_EQ(pool.free_pages(), 0);
  EXPECT_FALSE(table.grow(129));
  EXPECT_EQ(table.pages().size(), 4u);
}

TEST(Pages, SharedPagesAreFreedByTheLastHolder) {
  PagePool pool(1, 32);
  const PageId page = pool.take();
  pool.hold(page);
  pool.release(page);
  EXPECT_EQ(pool.free_pages(), 0);
  pool.release(page);
  EXPECT_EQ(pool.free_pages(), 1);
}

TEST(PagesDeathTest, ReleasingAFreePageIsOurBug) {
  PagePool pool(1, 32);
  const PageId page = pool.take();
  pool.release(page);
  EXPECT_DEATH(pool.release(page), "check failed");
}

TEST(Pages, NoPageIsEverHeldTwiceOrLost) {
  PagePool pool(50, 16);
  std::vector<std::unique_ptr<PageTable>> tables;
  for (int i = 0; i < 10; ++i) tables.push_back(std::make_unique<PageTable>(pool));
  Rng rng(7);
  for (int step = 0; step < 20000; ++step) {
    PageTable& table = *tables[rng.below(tables.size())];
    if (rng.below(4) == 0) {
      table.clear();
    } else {
      table.grow(static_cast<int64_t>(rng.below(400)));
    }
    std::set<PageId> held;
    size_t count = 0;
    for (const auto& t : tables) {
      held.insert(t->pages().begin(), t->pages().end());
      count += t->pages().size();
    }
    ASSERT_EQ(held.size(), count);
    ASSERT_EQ(static_cast<int32_t>(count) + pool.free_pages(), pool.capacity());
  }
}

}  // namespace
}  // namespace ferry
