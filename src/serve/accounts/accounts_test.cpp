#include "serve/accounts/accounts.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/db/scratch_folder.h"
#include "serve/accounts/account_store.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const WallTime kNow = std::chrono::sys_days(2026y / 11 / 22) + 20h;
const SteadyTime kSteady = SteadyTime(100h);
constexpr AccountsOptions kNeverPolls = {.poll_interval = 24h};

class AccountsTest : public testing::Test {
 protected:
  std::unique_ptr<Accounts> open(const AccountsOptions& options = kNeverPolls) {
    return Accounts::open(file_, options).value();
  }
  std::string make_key(const KeyTerms& terms) { return store_.create_key(terms, kNow)->secret; }

  ScratchFolder folder_;
  std::filesystem::path file_ = folder_ / "ferry.db";
  AccountStore store_ = AccountStore::open(file_).value();
};

TEST_F(AccountsTest, AGoodKeyIsItsPrincipal) {
  ASSERT_TRUE(store_.create_team({.name = "care", .limits = {.concurrent = 9}}, kNow));
  const std::string secret = make_key({.name = "app",
                                       .team_id = "care",
                                       .role = Role::admin,
                                       .routes = {"support"},
                                       .labels = {"phi"},
                                       .limits = {.requests_per_minute = 3}});
  const auto accounts = open();
  const auto principal = accounts->authenticate(secret, kNow);
  ASSERT_TRUE(principal);
  EXPECT_EQ((*principal)->key_name, "app");
  EXPECT_EQ((*principal)->team_name, "care");
  EXPECT_EQ((*principal)->role, Role::admin);
  EXPECT_THAT((*principal)->labels, testing::ElementsAre("phi"));
  ASSERT_EQ((*principal)->accounts.size(), 3u);
  EXPECT_EQ((*principal)->accounts[0]->limits.requests_per_minute, 3);
  EXPECT_EQ((*principal)->accounts[1]->limits.concurrent, 9);
  EXPECT_TRUE(accounts->has_keys());
}

TEST_F(AccountsTest, WhatIsNoGoodKeyIsToldApart) {
  const std::string good = make_key({.name = "good"});
  const std::string expiring = make_key({.name = "expiring", .expires = kNow + 1h});
  const std::string revoked = make_key({.name = "revoked"});
  const std::string rotated = make_key({.name = "rotated"});
  ASSERT_TRUE(store_.revoke_key("revoked", kNow));
  const std::string fresh = store_.rotate_key("rotated", 1h, kNow)->secret;
  const auto accounts = open();
  const auto refusal = [&](std::string_view secret, WallTime now) {
    const auto principal = accounts->authenticate(secret, now);
    return principal ? std::string() : std::string(message_of(principal.error()));
  };
  for (const std::string& secret : {good, expiring, rotated, fresh}) {
    EXPECT_EQ(refusal(secret, kNow + 1h - 1ms), "");
  }
  EXPECT_EQ(refusal(good, kNow + 24h * 3650), "");
  EXPECT_EQ(refusal(expiring, kNow + 1h), "this API key has expired");
  EXPECT_EQ(refusal(rotated, kNow + 1h), "this API key has expired");
  EXPECT_EQ(refusal(fresh, kNow + 1h), "");
  EXPECT_EQ(refusal(revoked, kNow), "this API key has been revoked");
  for (const std::string& unknown : {std::string(), std::string("fk_"), good + "x", good.substr(0, 45),
                                     "FK_" + good.substr(3), std::string(100000, 'x'), good + '\0'}) {
    EXPECT_EQ(refusal(unknown, kNow), "this API key is not known here");
  }
}

TEST_F(AccountsTest, WithoutKeysTheOrganisationsLimitsHold) {
  ASSERT_TRUE(store_.change_organisation({.name = "Example", .limits = {.requests_per_minute = 1}}));
  const auto accounts = open();
  EXPECT_FALSE(accounts->has_keys());
  const auto nobody = accounts->keyless();
  EXPECT_EQ(nobody->key_id, "");
  EXPECT_TRUE(accounts->admit(nobody, 0, kSteady));
  EXPECT_FALSE(accounts->admit(nobody, 0, kSteady));
}

TEST_F(AccountsTest, ChangesOfAnotherConnectionAreSeen) {
  const auto accounts = open({.poll_interval = 1ms});
  const std::string secret = make_key({.name = "late"});
  const auto wait_until = [&](const std::function<bool()>& done) {
    for (int i = 0; i < 10000 && !done(); ++i) std::this_thread::sleep_for(2ms);
    return done();
  };
  EXPECT_TRUE(wait_until([&] { return accounts->authenticate(secret, kNow).has_value(); }));
  ASSERT_TRUE(store_.revoke_key("late", kNow));
  EXPECT_TRUE(wait_until([&] { return !accounts->authenticate(secret, kNow).has_value(); }));
  EXPECT_FALSE(accounts->has_keys());
}

TEST_F(AccountsTest, RefreshSeesThemAtOnce) {
  const auto accounts = open();
  const std::string secret = make_key({.name = "late"});
  EXPECT_FALSE(accounts->authenticate(secret, kNow));
  const int64_t before = accounts->revision();
  ASSERT_TRUE(accounts->refresh());
  EXPECT_TRUE(accounts->authenticate(secret, kNow));
  EXPECT_EQ(accounts->revision(), before + 1);
}

TEST_F(AccountsTest, ChangedTermsForgetNothingThatWasUsed) {
  const std::string secret = make_key({.name = "app", .limits = {.concurrent = 2}, .budgets = {.day = 100}});
  const auto accounts = open();
  const auto before = accounts->authenticate(secret, kNow).value();
  auto running = accounts->admit(before, 0, kSteady).value();
  auto reserved = accounts->reserve(before, 60, kNow).value();
  const KeyRecord key = store_.find_key("app").value();
  KeyTerms terms = key.terms;
  terms.limits.concurrent = 1;
  terms.budgets.day = 70;
  ASSERT_TRUE(store_.change_key("app", terms, kNow));
  ASSERT_TRUE(accounts->refresh());
  const auto after = accounts->authenticate(secret, kNow).value();
  EXPECT_FALSE(accounts->admit(after, 0, kSteady));
  running.release();
  EXPECT_TRUE(accounts->admit(after, 0, kSteady));
  const auto refused = accounts->reserve(after, 20, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().limit, 70);
  EXPECT_EQ(refused.error().reserved, 60);
  reserved.settle(10);
  EXPECT_TRUE(accounts->reserve(after, 60, kNow));
}

TEST_F(AccountsTest, EarlierRunsSpendingIsRestored) {
  const TeamRecord team = store_.create_team({.name = "care", .budgets = {.month = 1000}}, kNow).value();
  const std::string secret = make_key({.name = "app", .team_id = "care", .budgets = {.day = 100}});
  const std::string key = store_.find_key("app")->id;
  const auto accounts = open();
  const auto today = std::chrono::sys_days(2026y / 11 / 22);
  const std::vector<DaySpending> spending = {
      {.key_id = key, .team_id = team.id, .day = today, .spent = 30},
      {.key_id = key, .team_id = team.id, .day = today, .spent = 5},
      {.key_id = "key_that_is_gone", .team_id = team.id, .day = today - std::chrono::days(3), .spent = 800},
      {.key_id = "", .team_id = "", .day = today, .spent = 7},
      {.key_id = key, .team_id = team.id, .day = today - std::chrono::days(30), .spent = 100000},
  };
  accounts->restore(spending);
  const auto principal = accounts->authenticate(secret, kNow).value();
  const auto key_refusal = accounts->reserve(principal, 66, kNow);
  ASSERT_FALSE(key_refusal);
  EXPECT_EQ(key_refusal.error().spent, 35);
  accounts->reserve(principal, 65, kNow).value().release();
  std::vector<std::string> lines;
  for (const BudgetBalance& balance : accounts->balances(kNow)) {
    lines.push_back(fmt::format("{} {} {} {}", to_string(balance.level), balance.name,
                                to_string(balance.period), balance.spent));
  }
  EXPECT_THAT(lines, testing::ElementsAre("organisation organisation day 42",
                                          "organisation organisation month 842", "team care day 35",
                                          "team care month 835", "key app day 35", "key app month 35"));
}

TEST_F(AccountsTest, AReservationMayOutliveTheAccounts) {
  auto accounts = open();
  auto reservation = accounts->reserve(accounts->keyless(), 5, kNow).value();
  auto admission = accounts->admit(accounts->keyless(), 5, kSteady).value();
  accounts.reset();
  admission.correct_tokens(3, kSteady);
  reservation.settle(3);
}

TEST_F(AccountsTest, AFileThatCannotBeReadLaterChangesNothing) {
  const std::string secret = make_key({.name = "app"});
  const auto accounts = open();
  ASSERT_TRUE(Database::open(file_)->execute("spoil it", "UPDATE keys SET role = 'king'"));
  EXPECT_FALSE(accounts->refresh());
  EXPECT_TRUE(accounts->authenticate(secret, kNow));
}

TEST_F(AccountsTest, ANewerFerrysDatabaseIsRefused) {
  ASSERT_TRUE(
      Database::open(file_)->execute("be newer", "INSERT INTO migrations VALUES ('accounts', 99, 'x', 0)"));
  const auto accounts = Accounts::open(file_, {});
  ASSERT_FALSE(accounts);
  EXPECT_THAT(accounts.error().message, HasSubstr("was written by a newer Ferry"));
}

TEST_F(AccountsTest, ManyThreadsAskWhileKeysChange) {
  const std::string secret = make_key({.name = "stable", .budgets = {.day = 1'000'000'000}});
  const auto accounts = open({.poll_interval = 1ms});
  std::atomic<bool> stop = false;
  std::atomic<int64_t> spent = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto principal = accounts->authenticate(secret, kNow);
        ASSERT_TRUE(principal);
        auto admission = accounts->admit(*principal, 1, kSteady);
        auto reservation = accounts->reserve(*principal, 2, kNow);
        ASSERT_TRUE(admission);
        ASSERT_TRUE(reservation);
        reservation->settle(1);
        ++spent;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(store_.create_key({.name = fmt::format("other {}", i)}, kNow));
    ASSERT_TRUE(accounts->refresh());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (const BudgetBalance& balance : accounts->balances(kNow)) {
    if (balance.name == "stable") {
      EXPECT_EQ(balance.spent, spent);
    }
    EXPECT_EQ(balance.reserved, 0);
  }
}

}  // namespace
}  // namespace ferry
