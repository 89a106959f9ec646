#include "base/core/money.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

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
  Rng rng(1);
  for (int i = 0; i < 10000; ++i) {
    const auto amount = static_cast<Nanomoney>(rng.below(1'000'000'000'000'000'000) >> rng.below(60));
    EXPECT_EQ(parse_money(money_text(amount)), amount);
  }
  EXPECT_EQ(money_text(-500'000'000), "-0.5");
  EXPECT_EQ(money_text(INT64_MIN), "-9223372036.854775808");
  EXPECT_EQ(money_text(INT64_MAX), "9223372036.854775807");
}

}  // namespace
}  // namespace ferry
