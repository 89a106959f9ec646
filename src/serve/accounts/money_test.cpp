#include "serve/accounts/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using testing::HasSubstr;

TEST(Money, IsReadExactly) {
  EXPECT_EQ(parse_money("10").value(), 10'000'000'000);
  EXPECT_EQ(parse_money("0.25").value(), 250'000'000);
  EXPECT_EQ(parse_money("0.000000001").value(), 1);
  EXPECT_EQ(parse_money("0.1").value() * 10, parse_money("1").value());
  EXPECT_EQ(parse_money("007").value(), 7'000'000'000);
  EXPECT_EQ(parse_money("1000000000").value(), 1'000'000'000'000'000'000);
}

TEST(Money, WhatIsNoAmountIsRefused) {
  for (const char* bad :
       {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "$1", "0x1", "1.0000000001",
        "1000000000.000000001", "1000000001", "99999999999999999999", "nan", "1.2.3"}) {
    EXPECT_FALSE(parse_money(bad)) << bad;
  }
  EXPECT_EQ(parse_money("x").error().message, "must be an amount such as 10 or 0.25");
}

TEST(Money, IsPrintedAsItIsRead) {
  for (const char* text : {"0", "10", "0.25", "0.000000001", "1000000000", "123.456789"}) {
    EXPECT_EQ(money_text(parse_money(text).value()), text);
  }
  EXPECT_EQ(money_text(-500'000'000), "-0.5");
  EXPECT_EQ(money_text(INT64_MIN), "-9223372036.854775808");
  EXPECT_EQ(money_text(INT64_MAX), "9223372036.854775807");
}

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
