#include "infer/kv/kv_cache.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(KvCache, LayersAreSeparateAndAligned) {
  KvCache cache = KvCache::create({KvType::bf16, 3, 2, 64, 32}, 5).value();
  EXPECT_EQ(cache.geometry().page_bytes(), 2 * 2 * 64 * 32 * 2);
  cache.layer(0)[cache.geometry().page_bytes() * 5 - 1] = std::byte{1};
  EXPECT_EQ(cache.layer(1)[0], std::byte{0});
  for (int32_t i = 0; i < 3; ++i) EXPECT_EQ(reinterpret_cast<uintptr_t>(cache.layer(i)) % 64, 0u);
}

TEST(KvCache, CopiesWholePagesInOrderInEveryLayer) {
  KvCache cache = KvCache::create({KvType::f32, 2, 1, 2, 4}, 3).value();
  const int64_t bytes = cache.geometry().page_bytes();
  for (int32_t layer = 0; layer < 2; ++layer) {
    for (int64_t i = 0; i < 3 * bytes; ++i) cache.layer(layer)[i] = static_cast<std::byte>(i + layer);
  }
  cache.copy(std::vector<PageCopy>{{0, 1}, {1, 2}});  // so page 2 gets what page 0 had
  for (int32_t layer = 0; layer < 2; ++layer) {
    for (int64_t i = 0; i < 3 * bytes; ++i) {
      ASSERT_EQ(cache.layer(layer)[i], static_cast<std::byte>(i % bytes + layer)) << layer << " " << i;
    }
  }
}

TEST(KvCacheDeathTest, PagesOfAnotherCacheAreNotCopied) {
  KvCache cache = KvCache::create({KvType::f32, 2, 1, 2, 4}, 3).value();
  EXPECT_DEATH(cache.copy(std::vector<PageCopy>{{0, 3}}), "check failed");
}

TEST(KvCache, SaysWhatIsTooMuch) {
  const auto cache = KvCache::create({KvType::f32, 1, 1 << 15, 1 << 15, 256}, 1 << 30);
  ASSERT_FALSE(cache);
  EXPECT_EQ(cache.error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace ferry
