#include "infer/sched/fair_share.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(FairShare, ANewTenantStartsLevelWithTheLeastServed) {
  FairShare shares;
  Tenant& a = shares.enter("a");
  shares.charge(a, 100);
  Tenant& b = shares.enter("b");
  EXPECT_EQ(b.service, 100);
  shares.charge(a, 50);
  EXPECT_EQ(shares.enter("c").service, 100);
}

TEST(FairShare, TimeAwayNeitherEarnsNorForgives) {
  FairShare shares;
  Tenant& a = shares.enter("a");
  Tenant& b = shares.enter("b");
  shares.charge(a, 100);
  shares.leave(a);
  EXPECT_EQ(shares.enter("a").service, 100) << "what it has had counts on";
  shares.leave(a);
  shares.charge(b, 500);
  EXPECT_EQ(shares.enter("a").service, 500) << "but it cannot save up";
}

TEST(FairShare, RemembersNobodyForever) {
  FairShare shares;
  Tenant& stays = shares.enter("stays");
  for (int i = 0; i < 100; ++i) {
    Tenant& passes = shares.enter(std::to_string(i));
    shares.charge(passes, 10);
    shares.leave(passes);
  }
  EXPECT_EQ(shares.size(), 101u) << "each has had more than the one that stays";
  shares.charge(stays, 1000);
  shares.leave(shares.enter("last"));
  EXPECT_EQ(shares.size(), 1u);
  shares.leave(stays);
  EXPECT_EQ(shares.size(), 0u);
}

}  // namespace
}  // namespace ferry
