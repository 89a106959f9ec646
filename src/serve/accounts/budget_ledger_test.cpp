#include "serve/accounts/budget_ledger.h"

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/accounts/account_counters.h"
#include "serve/accounts/test_principal.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

const WallTime kNow = sys_days(2026y / 11 / 30) + 12h;

struct Books {
  explicit Books(Budgets key, Budgets team = {}, Budgets organisation = {})
      : accounts({test_account(AccountLevel::key, {}, key), test_account(AccountLevel::team, {}, team),
                  test_account(AccountLevel::organisation, {}, organisation)}),
        principal(test_principal(accounts)) {}

  auto reserve(Nanomoney amount, WallTime now = kNow) { return ledger->reserve(principal, amount, now); }
  BudgetBalance day(size_t account, WallTime now = kNow) {
    return ledger->balances(*accounts[account], now)[0];
  }
  BudgetBalance month(size_t account, WallTime now = kNow) {
    return ledger->balances(*accounts[account], now)[1];
  }

  std::shared_ptr<BudgetLedger> ledger = std::make_shared<BudgetLedger>();
  std::vector<std::shared_ptr<const Account>> accounts;
  std::shared_ptr<const Principal> principal;
};

TEST(BudgetLedger, ReservedMoneyCountsUntilItIsSettled) {
  Books books({.day = 100});
  auto first = books.reserve(60).value();
  EXPECT_EQ(books.day(0).reserved, 60);
  const auto refused = books.reserve(50);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().level, AccountLevel::key);
  EXPECT_EQ(refused.error().period, BudgetPeriod::day);
  EXPECT_EQ(refused.error().limit, 100);
  EXPECT_EQ(refused.error().spent, 0);
  EXPECT_EQ(refused.error().reserved, 60);
  EXPECT_EQ(refused.error().period_end, WallTime(sys_days(2026y / 12 / 1)));
  first.settle(10);
  EXPECT_FALSE(first.open());
  first.settle(1000);
  EXPECT_EQ(books.day(0).spent, 10);
  EXPECT_EQ(books.day(0).reserved, 0);
  EXPECT_TRUE(books.reserve(90)) << "exactly the limit is allowed";
}

TEST(BudgetLedger, EveryLevelAndPeriodCounts) {
  Books books({}, {.month = 1000}, {.day = 50});
  books.reserve(30).value().settle(20);
  for (size_t account = 0; account < 3; ++account) {
    EXPECT_EQ(books.day(account).spent, 20);
    EXPECT_EQ(books.month(account).spent, 20);
  }
  const auto refused = books.reserve(31);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().level, AccountLevel::organisation);
  for (size_t account = 0; account < 3; ++account) {
    EXPECT_EQ(books.day(account).reserved, 0) << "all or none";
    EXPECT_EQ(books.month(account).reserved, 0) << "all or none";
  }
}

TEST(BudgetLedger, TheRefusalIsToldInWords) {
  Books books({}, {.month = parse_money("2.5").value()});
  books.reserve(parse_money("2").value()).value().settle(parse_money("2").value());
  auto running = books.reserve(parse_money("0.25").value()).value();
  EXPECT_EQ(
      books.reserve(parse_money("1").value()).error().message(),
      "the team \"my team\" may spend 2.5 a month: 2 are spent, 0.25 are reserved by running requests, and "
      "this one may cost 1; the budget is renewed on 2026-12-01 at 00:00 UTC");
}

TEST(BudgetLedger, WhatCostMoreThanReservedIsBookedInFull) {
  Books books({.day = 100});
  books.reserve(10).value().settle(150);
  EXPECT_EQ(books.day(0).spent, 150);
  EXPECT_FALSE(books.reserve(1));
  EXPECT_TRUE(books.reserve(0)) << "what costs nothing needs no budget";
}

TEST(BudgetLedger, WhatNobodySettlesCountsAsSpent) {
  Books books({.day = 100});
  {
    Reservation forgotten = books.reserve(10).value();
    Reservation moved = std::move(forgotten);
    EXPECT_EQ(books.day(0).reserved, 10);
  }
  EXPECT_EQ(books.day(0).spent, 10);
  books.reserve(20).value().release();
  EXPECT_EQ(books.day(0).spent, 10);
  Reservation reservation = books.reserve(1).value();
  reservation = books.reserve(2).value();
  EXPECT_EQ(books.day(0).spent, 11);
  EXPECT_EQ(books.day(0).reserved, 2);
  reservation.release();
  EXPECT_EQ(books.day(0).reserved, 0);
}

TEST(BudgetLedger, ANewPeriodBeginsFresh) {
  Books books({.day = 100, .month = 150});
  books.reserve(100).value().settle(100);
  const WallTime tomorrow = sys_days(2026y / 12 / 1);
  EXPECT_FALSE(books.reserve(1, tomorrow - 1ms));
  EXPECT_TRUE(books.reserve(100, tomorrow)) << "November's month is over too";
  EXPECT_FALSE(books.reserve(51, tomorrow));
  EXPECT_FALSE(books.reserve(1, tomorrow - 1ms)) << "a clock that is set back finds the old sums";
}

TEST(BudgetLedger, SettlingLateBooksIntoThePeriodOfTheReservation) {
  Books books({.day = 100});
  auto slow = books.reserve(100).value();
  for (int day = 1; day < 5; ++day) books.reserve(1, kNow + 24h * day).value().settle(1);
  slow.settle(70);
  EXPECT_EQ(books.day(0, kNow + 24h * 4).spent, 1);
  EXPECT_EQ(slow.day(), sys_days(2026y / 11 / 30));
  // The month of the reservation, too: it holds nothing of December's.
  EXPECT_EQ(books.month(0, kNow).spent, 70);
  EXPECT_EQ(books.month(0, kNow + 24h).spent, 4);
}

TEST(BudgetLedger, WhatWasSpentBeforeIsAdded) {
  Books books({.day = 100, .month = 500});
  for (const int day : {28, 30, 29}) {
    books.ledger->add_spent(*books.accounts[0]->counters, sys_days(2026y / 11 / day), 60);
  }
  EXPECT_EQ(books.day(0).spent, 60);
  EXPECT_EQ(books.month(0).spent, 180);
  EXPECT_FALSE(books.reserve(41));
  EXPECT_TRUE(books.reserve(40));
}

TEST(BudgetLedger, AmountsThatNothingCouldHoldAreRefusedNotWrapped) {
  Books books({});
  auto huge = books.reserve(INT64_MAX).value();
  EXPECT_FALSE(books.reserve(1));
  huge.settle(INT64_MAX);
  EXPECT_EQ(books.day(0).spent, INT64_MAX);
  EXPECT_FALSE(books.reserve(1));
  EXPECT_TRUE(books.reserve(0));
}

// Random reservations, settlements and changes of time, beside sums that are kept in the plainest way.
TEST(BudgetLedger, AgreesWithPlainSums) {
  Rng rng(3);
  Books books({.day = 500, .month = 3000}, {.day = 700}, {.month = 4000});
  struct Open {
    Reservation reservation;
    sys_days day;
  };
  std::vector<Open> open;
  std::map<sys_days, Nanomoney> spent;
  const auto month_of = [](sys_days day) { return period_start(BudgetPeriod::month, day); };
  WallTime now = kNow;
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    if (rng.below(200) == 0) now += std::chrono::hours(rng.below(40));
    const sys_days today = period_start(BudgetPeriod::day, now);
    Nanomoney day_used = 0;
    Nanomoney month_used = 0;
    for (const auto& [day, sum] : spent) {
      if (day == today) day_used += sum;
      if (month_of(day) == month_of(today)) month_used += sum;
    }
    for (const Open& one : open) {
      if (one.day == today) day_used += one.reservation.amount();
      if (month_of(one.day) == month_of(today)) month_used += one.reservation.amount();
    }
    const auto amount = static_cast<Nanomoney>(rng.below(60));
    auto reservation = books.reserve(amount, now);
    const bool fits = amount == 0 || (day_used + amount <= 500 && month_used + amount <= 3000);
    ASSERT_EQ(reservation.has_value(), fits) << i;
    if (reservation) {
      open.push_back({std::move(*reservation), today});
    } else {
      ++refused;
    }
    while (!open.empty() && rng.below(3) != 0) {
      std::swap(open[rng.below(open.size())], open.back());
      const auto actual = static_cast<Nanomoney>(rng.below(60));
      open.back().reservation.settle(actual);
      spent[open.back().day] += actual;
      open.pop_back();
    }
  }
  EXPECT_GT(refused, 1000);
  for (Open& one : open) one.reservation.release();
  Nanomoney today = 0;
  Nanomoney month = 0;
  for (const auto& [day, sum] : spent) {
    if (day == period_start(BudgetPeriod::day, now)) today += sum;
    if (month_of(day) == period_start(BudgetPeriod::month, now)) month += sum;
  }
  for (size_t account = 0; account < 3; ++account) {
    EXPECT_EQ(books.day(account, now).spent, today);
    EXPECT_EQ(books.month(account, now).spent, month);
    EXPECT_EQ(books.month(account, now).reserved, 0);
  }
}

// Several keys of one team, from several threads: at no admission is more promised than there is, and in the
// end every sum is what was settled.
TEST(BudgetLedger, ThreadsTogetherNeverExceedABudget) {
  constexpr int kThreads = 4;
  constexpr Nanomoney kTeamBudget = 1'000'000;
  const auto ledger = std::make_shared<BudgetLedger>();
  const auto team = test_account(AccountLevel::team, {}, {.day = kTeamBudget});
  const auto organisation = test_account(AccountLevel::organisation, {}, {.month = 10 * kTeamBudget});
  std::vector<std::shared_ptr<const Principal>> keys;
  std::vector<Nanomoney> settled(kThreads, 0);
  for (int t = 0; t < kThreads; ++t) {
    keys.push_back(test_principal({test_account(AccountLevel::key, {}), team, organisation}));
  }
  std::atomic<Nanomoney> outstanding = 0;  // what is spent or reserved at least, by those who were admitted
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Rng rng(static_cast<uint64_t>(t));
      std::vector<Reservation> open;
      for (int i = 0; i < 20000; ++i) {
        const auto amount = static_cast<Nanomoney>(rng.below(200));
        auto reservation = ledger->reserve(keys[static_cast<size_t>(t)], amount, kNow);
        if (reservation) {
          // Added after the admission and taken off before it is settled: never more than the ledger counts.
          if (outstanding += amount; outstanding > kTeamBudget) exceeded = true;
          open.push_back(std::move(*reservation));
        }
        if (open.size() > 20 || (!reservation && !open.empty())) {
          const Nanomoney actual =
              open.back().amount() - static_cast<Nanomoney>(rng.below(2)) * open.back().amount() / 2;
          outstanding -= open.back().amount() - actual;
          open.back().settle(actual);
          settled[static_cast<size_t>(t)] += actual;
          open.pop_back();
        }
      }
      for (Reservation& reservation : open) {
        outstanding -= reservation.amount();
        reservation.release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  Nanomoney all = 0;
  for (int t = 0; t < kThreads; ++t) {
    const auto key = ledger->balances(*keys[static_cast<size_t>(t)]->accounts[0], kNow)[0];
    EXPECT_EQ(key.spent, settled[static_cast<size_t>(t)]);
    EXPECT_EQ(key.reserved, 0);
    all += key.spent;
  }
  EXPECT_EQ(ledger->balances(*team, kNow)[0].spent, all);
  EXPECT_EQ(ledger->balances(*team, kNow)[0].reserved, 0);
  EXPECT_EQ(ledger->balances(*organisation, kNow)[1].spent, all);
  EXPECT_EQ(all, outstanding);
  EXPECT_GT(all, kTeamBudget / 2);
}

}  // namespace
}  // namespace ferry
