#include "serve/accounts/rate_limiter.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/accounts/test_principal.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const SteadyTime kNow = SteadyTime(100h);

struct Limited {
  explicit Limited(RateLimits key, RateLimits team = {}, RateLimits organisation = {})
      : principal(
            test_principal({test_account(AccountLevel::key, key), test_account(AccountLevel::team, team),
                            test_account(AccountLevel::organisation, organisation)})) {}

  auto admit(int64_t tokens, SteadyTime now) { return limiter->admit(principal, tokens, now); }
  bool admits(int64_t tokens, SteadyTime now) { return admit(tokens, now).has_value(); }

  std::shared_ptr<RateLimiter> limiter = std::make_shared<RateLimiter>();
  std::shared_ptr<const Principal> principal;
};

TEST(RateLimiter, WithoutLimitsEverythingIsAdmitted) {
  Limited limited({});
  for (int i = 0; i < 1000; ++i) {
    const auto admission = limited.admit(1'000'000'000, kNow);
    ASSERT_TRUE(admission);
    EXPECT_FALSE(admission->readings().requests);
    EXPECT_FALSE(admission->readings().tokens);
  }
}

TEST(RateLimiter, RequestsAreCountedOverTheLastMinute) {
  Limited limited({.requests_per_minute = 2});
  EXPECT_TRUE(limited.admits(0, kNow));
  EXPECT_TRUE(limited.admits(0, kNow + 20s));
  const auto refused = limited.admit(0, kNow + 30s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, LimitKind::requests_per_minute);
  EXPECT_EQ(refused.error().level, AccountLevel::key);
  EXPECT_EQ(refused.error().limit, 2);
  EXPECT_EQ(refused.error().used, 2);
  EXPECT_EQ(refused.error().retry_after, 30500ms);
  EXPECT_EQ(refused.error().message(),
            "the key \"my key\" may use 2 requests per minute: 2 are used and this request needs 1; try "
            "again in 31 s");
  EXPECT_FALSE(limited.admits(0, kNow + 60s));
  EXPECT_TRUE(limited.admits(0, kNow + 30s + *refused.error().retry_after)) << "as it was told";
  EXPECT_FALSE(limited.admits(0, kNow + 61s));
}

// And nothing is refused that the last 60.5 s leave room for.
TEST(RateLimiter, InNoMinuteAreMoreAdmittedThanTheLimit) {
  constexpr int64_t kLimit = 50;
  Limited limited({.requests_per_minute = kLimit});
  Rng rng(11);
  std::deque<SteadyTime> admitted;
  const auto admitted_since = [&](SteadyTime time) {
    return std::count_if(admitted.begin(), admitted.end(), [time](SteadyTime at) { return at > time; });
  };
  SteadyTime now = kNow;
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    now += std::chrono::milliseconds(rng.below(rng.below(100) == 0 ? 40000 : 300));
    if (limited.admits(0, now)) {
      admitted.push_back(now);
      ASSERT_LE(admitted_since(now - 60s), kLimit);
    } else {
      ++refused;
      ASSERT_GE(admitted_since(now - 60500ms), kLimit);
    }
    while (!admitted.empty() && admitted.front() < now - 2min) admitted.pop_front();
  }
  EXPECT_GT(refused, 1000);
}

TEST(RateLimiter, TheNarrowestOfTheNestedAccountsDecides) {
  Limited limited({.requests_per_minute = 5}, {.requests_per_minute = 1}, {.requests_per_minute = 5});
  const auto admission = limited.admit(0, kNow);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->readings().requests->limit, 1);
  EXPECT_EQ(admission->readings().requests->remaining, 0);
  EXPECT_EQ(admission->readings().requests->reset, 60500ms);
  const auto refused = limited.admit(0, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().level, AccountLevel::team);
  EXPECT_EQ(refused.error().account, "my team");
  EXPECT_EQ(refused.error().readings.requests->remaining, 0);
}

TEST(RateLimiter, ARefusalCountsNowhere) {
  Limited limited({.requests_per_minute = 2, .tokens_per_minute = 100, .concurrent = 2},
                  {.tokens_per_minute = 50});
  EXPECT_FALSE(limited.admit(60, kNow));
  const auto first = limited.admit(50, kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->readings().requests->remaining, 1);
  EXPECT_EQ(first->readings().tokens->limit, 50);
  EXPECT_EQ(first->readings().tokens->remaining, 0);
}

TEST(RateLimiter, TokensAreCorrectedToWhatWasUsed) {
  Limited limited({.tokens_per_minute = 100});
  auto less = limited.admit(80, kNow).value();
  EXPECT_FALSE(limited.admits(30, kNow + 1s));
  less.correct_tokens(60, kNow + 1s);
  EXPECT_TRUE(limited.admits(30, kNow + 1s));
  auto more = limited.admit(10, kNow + 2s).value();
  more.correct_tokens(40, kNow + 5s);
  const auto refused = limited.admit(1, kNow + 6s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().used, 130) << "what was used is counted, even beyond the limit";
  EXPECT_EQ(
      refused.error().message(),
      "the key \"my key\" may use 100 tokens per minute: 130 are used and this request needs 1; try again in "
      "55 s");
}

TEST(RateLimiter, TokensOfALongExchangeCountWhenTheyAreKnown) {
  Limited limited({.tokens_per_minute = 100});
  auto slow = limited.admit(10, kNow).value();
  slow.correct_tokens(90, kNow + 5min);
  const auto refused = limited.admit(30, kNow + 5min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().used, 80);
  slow.release();
  slow.correct_tokens(0, kNow + 5min);
  EXPECT_FALSE(limited.admits(30, kNow + 5min)) << "a released admission says nothing more";
}

TEST(RateLimiter, WhatIsLargerThanTheLimitNeverSucceeds) {
  Limited limited({.tokens_per_minute = 100});
  const auto refused = limited.admit(101, kNow);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().retry_after);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("counts 101 tokens per minute, more than the 100 that the key"));
}

TEST(RateLimiter, OfSeveralLimitsTheLongestWaitIsTold) {
  Limited limited({.requests_per_minute = 1}, {}, {.tokens_per_minute = 10});
  ASSERT_TRUE(limited.admits(0, kNow));
  const auto request =
      limited.limiter->admit(test_principal({limited.principal->accounts[2]}), 10, kNow + 30s);
  ASSERT_TRUE(request);
  const auto refused = limited.admit(5, kNow + 40s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().level, AccountLevel::organisation);
  EXPECT_EQ(refused.error().kind, LimitKind::tokens_per_minute);
  EXPECT_EQ(refused.error().retry_after, 50500ms);
}

TEST(RateLimiter, ConcurrencyEndsWithTheAdmission) {
  Limited limited({.concurrent = 1});
  {
    auto first = limited.admit(0, kNow).value();
    const auto refused = limited.admit(0, kNow);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, LimitKind::concurrent);
    EXPECT_EQ(refused.error().retry_after, 1s);
    Admission moved = std::move(first);
    EXPECT_FALSE(limited.admits(0, kNow)) << "moving does not release";
    moved.release();
    moved.release();
    Admission second = limited.admit(0, kNow).value();
    moved = std::move(second);
    EXPECT_FALSE(limited.admits(0, kNow));
  }
  EXPECT_TRUE(limited.admits(0, kNow));
  limited.limiter->admit(limited.principal, 0, kNow).value() = Admission();
  EXPECT_TRUE(limited.admits(0, kNow)) << "assigning releases what was there";
}

TEST(RateLimiter, ALimitThatIsNewDoesNotGiveBackWhatItDidNotCount) {
  Limited before({});
  auto admission = before.admit(50, kNow).value();
  auto limited = *before.principal->accounts[0];
  limited.limits.tokens_per_minute = 100;
  const auto after = test_principal({std::make_shared<const Account>(limited)});
  ASSERT_TRUE(before.limiter->admit(after, 100, kNow + 1s));
  admission.correct_tokens(0, kNow + 2s);
  EXPECT_FALSE(before.limiter->admit(after, 1, kNow + 2s));
}

TEST(RateLimiter, ThreadsTogetherStayWithinTheLimits) {
  constexpr int kThreads = 4;
  Limited limited({.requests_per_minute = 1000, .concurrent = 3}, {.tokens_per_minute = 5000});
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int64_t> admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        auto admission = limited.admit(7, kNow);
        if (!admission) continue;
        ++admitted;
        const int now_running = ++running;
        for (int seen = most; seen < now_running && !most.compare_exchange_weak(seen, now_running);) {
        }
        --running;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(admitted, 5000 / 7);
  EXPECT_EQ(limited.principal->accounts[0]->counters->rates.running, 0);
}

}  // namespace
}  // namespace ferry
