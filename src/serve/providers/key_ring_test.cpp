#include "serve/providers/key_ring.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

using namespace std::chrono_literals;

constexpr KeyRing::Time kNow = KeyRing::Time(1h);

TEST(KeyRing, KeysTakeTurns) {
  KeyRing ring({"a", "b", "c"});
  EXPECT_EQ(ring.next(kNow), 0u);
  EXPECT_EQ(ring.next(kNow), 1u);
  EXPECT_EQ(ring.next(kNow), 2u);
  EXPECT_EQ(ring.next(kNow), 0u);
  EXPECT_TRUE(KeyRing({}).empty());
}

TEST(KeyRing, AKeyRestsUntilItsTimeIsOver) {
  KeyRing ring({"a", "b"});
  ring.rest(0, kNow + 10s);
  ring.rest(0, kNow + 5s);  // the longer rest holds
  EXPECT_EQ(ring.next(kNow), 1u);
  EXPECT_EQ(ring.next(kNow), 1u);
  EXPECT_EQ(ring.another(1, kNow), std::nullopt);
  EXPECT_EQ(ring.another(1, kNow + 10s), 0u);
}

TEST(KeyRing, WhereAllRestTheOneThatMayComeBackFirstIsUsed) {
  KeyRing ring({"a", "b"});
  ring.rest(0, kNow + 10s);
  ring.rest(1, kNow + 5s);
  EXPECT_EQ(ring.next(kNow), 1u);
  EXPECT_EQ(ring.another(0, kNow), std::nullopt);
}

}  // namespace
}  // namespace ferry
