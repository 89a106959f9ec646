#include "serve/accounts/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using testing::HasSubstr;

TEST(Budget, IsAnAmountForAPeriod) {
  EXPECT_EQ(parse_budget("10/day")->period, BudgetPeriod::day);
  EXPECT_EQ(parse_budget("10/day")->amount, 10'000'000'000);
  EXPECT_EQ(parse_budget("2.50/month")->period, BudgetPeriod::month);
  EXPECT_THAT(parse_budget("10").error().message, HasSubstr("for which period, such as 10/day"));
  EXPECT_THAT(parse_budget("10/year").error().message, HasSubstr("a day or a month"));
  EXPECT_THAT(parse_budget("ten/day").error().message, HasSubstr("an amount"));
  EXPECT_FALSE(parse_budget("10/day/month"));
}

TEST(BudgetPeriods, AreCalendarDaysAndMonthsInUtc) {
  const WallTime last_moment = sys_days(2028y / 2 / 29) + 23h + 59min + 59s + 999ms;
  EXPECT_EQ(period_start(BudgetPeriod::day, last_moment), sys_days(2028y / 2 / 29));
  EXPECT_EQ(period_start(BudgetPeriod::month, last_moment), sys_days(2028y / 2 / 1));
  EXPECT_EQ(period_start(BudgetPeriod::day, last_moment + 1ms), sys_days(2028y / 3 / 1));
  EXPECT_EQ(period_start(BudgetPeriod::month, last_moment + 1ms), sys_days(2028y / 3 / 1));
  EXPECT_EQ(period_end(BudgetPeriod::day, sys_days(2028y / 2 / 29)), sys_days(2028y / 3 / 1));
  EXPECT_EQ(period_end(BudgetPeriod::month, sys_days(2028y / 12 / 1)), sys_days(2029y / 1 / 1));
  EXPECT_EQ(period_start(BudgetPeriod::day, WallTime(-1ms)), sys_days(1969y / 12 / 31));
}

}  // namespace
}  // namespace ferry
