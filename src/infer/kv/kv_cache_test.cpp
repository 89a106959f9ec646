#include "infer/kv/kv_cache.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(KvCache, LayersAreSeparateAndAligned) {
  KvCache cache = KvCache::create({DType::bf16, 3, 2, 64, 32}, 5).value();
  EXPECT_EQ(cache.geometry().page_bytes(), 2 * 2 * 64 * 32 * 2);
  cache.layer(0)[cache.geometry().page_bytes() * 5 - 1] = std::byte{1};
  EXPECT_EQ(cache.layer(1)[0], std::byte{0});
  for (int32_t i = 0; i < 3; ++i) EXPECT_EQ(reinterpret_cast<uintptr_t>(cache.layer(i)) % 64, 0u);
}

TEST(KvCache, SaysWhatIsTooMuch) {
  const auto cache = KvCache::create({DType::f32, 1, 1 << 15, 1 << 15, 256}, 1 << 30);
  ASSERT_FALSE(cache);
  EXPECT_EQ(cache.error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace ferry
