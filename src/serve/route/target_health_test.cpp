#include "serve/route/target_health.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ferry {
namespace {

using State = TargetHealth::State;
using Outcome = TargetOutcome;

constexpr BreakerSettings kExact{.jitter = 0};

// Sends one request, if it may, and reports how it went.
bool send(TargetHealth& health, Outcome outcome, int64_t now, std::optional<Duration> retry_after = {}) {
  const auto permit = health.admit(now);
  if (permit) health.report(*permit, outcome, now, retry_after);
  return permit.has_value();
}

TEST(TargetHealth, OnlyItsOwnFaultsOpenIt) {
  for (const Outcome outcome : {Outcome::success, Outcome::caller_error, Outcome::cancelled}) {
    TargetHealth health(kExact, 1);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(send(health, outcome, 0));
    EXPECT_EQ(health.state(0), State::closed);
    EXPECT_FALSE(is_fault(outcome));
  }
  for (const Outcome outcome : {Outcome::refused, Outcome::timeout, Outcome::server_error,
                                Outcome::cut_stream, Outcome::error_event, Outcome::rate_limited}) {
    TargetHealth health(kExact, 1);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(health, outcome, 0)) << i;
    EXPECT_EQ(health.state(0), State::open);
    EXPECT_FALSE(send(health, outcome, 999));
    EXPECT_EQ(health.retry_after(400), Duration(600));
    EXPECT_TRUE(is_fault(outcome));
  }
}

TEST(TargetHealth, WhatSaysNothingDoesNotBreakARowOfFaults) {
  TargetHealth health(kExact, 1);
  for (int i = 0; i < 5; ++i) {
    send(health, Outcome::caller_error, 0);
    send(health, Outcome::timeout, 0);
    send(health, Outcome::cancelled, 0);
  }
  EXPECT_EQ(health.state(0), State::open);
}

TEST(TargetHealth, ManyFaultsBetweenSuccessesOpenItToo) {
  TargetHealth health(kExact, 1);
  for (int i = 0; i < 4; ++i) {
    send(health, Outcome::success, 0);
    send(health, Outcome::server_error, 0);
  }
  EXPECT_EQ(health.state(0), State::closed) << "too few to tell";
  send(health, Outcome::success, 0);
  send(health, Outcome::server_error, 0);
  EXPECT_EQ(health.state(0), State::open);
}

TEST(TargetHealth, OneProbeDecides) {
  TargetHealth health(kExact, 1);
  for (int i = 0; i < 5; ++i) send(health, Outcome::timeout, 0);
  EXPECT_EQ(health.state(1000), State::half_open);
  EXPECT_TRUE(health.available(1000));
  const auto probe = health.admit(1000);
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe->is_probe);
  EXPECT_FALSE(health.admit(1000));
  EXPECT_FALSE(health.available(1500));
  EXPECT_GT(health.retry_after(1500).count(), 0);
  health.report(*probe, Outcome::timeout, 2000);
  EXPECT_EQ(health.retry_after(2000), Duration(2000)) << "twice as long";
  const auto again = health.admit(4000);
  ASSERT_TRUE(again);
  health.report(*again, Outcome::success, 4100);
  EXPECT_EQ(health.state(4100), State::closed);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(send(health, Outcome::timeout, 4200));
  EXPECT_EQ(health.state(4200), State::closed) << "old faults are forgotten";
}

TEST(TargetHealth, AProbeThatSaysNothingIsGivenBack) {
  TargetHealth health(kExact, 1);
  for (int i = 0; i < 5; ++i) send(health, Outcome::timeout, 0);
  EXPECT_TRUE(send(health, Outcome::cancelled, 1000));
  EXPECT_TRUE(health.available(1000));
  EXPECT_TRUE(send(health, Outcome::caller_error, 1000));
  EXPECT_EQ(health.state(1000), State::closed) << "it answered";
}

TEST(TargetHealth, AProbeThatNobodyReportsLapses) {
  TargetHealth health(kExact, 1);
  for (int i = 0; i < 5; ++i) send(health, Outcome::timeout, 0);
  ASSERT_TRUE(health.admit(1000));
  EXPECT_FALSE(health.admit(60999));
  EXPECT_TRUE(health.admit(61000));
}

TEST(TargetHealth, OutcomesOfWhatWasSentBeforeSayNothingNew) {
  TargetHealth health(kExact, 1);
  const auto early = health.admit(0);
  for (int i = 0; i < 5; ++i) send(health, Outcome::timeout, 0);
  const Duration wait = health.retry_after(0);
  health.report(*early, Outcome::rate_limited, 10, Duration(100000));
  EXPECT_EQ(health.retry_after(0), wait);
  ASSERT_TRUE(send(health, Outcome::success, 1000));
  for (int i = 0; i < 9; ++i) health.report(*early, Outcome::timeout, 1001);
  EXPECT_EQ(health.state(1001), State::closed);
}

TEST(TargetHealth, RetryAfterIsKeptWithinReason) {
  TargetHealth health(kExact, 1);
  send(health, Outcome::rate_limited, 0, Duration(7000));
  EXPECT_EQ(health.retry_after(0), Duration(7000));
  EXPECT_FALSE(send(health, Outcome::success, 6999));
  TargetHealth greedy(kExact, 1);
  send(greedy, Outcome::rate_limited, 0, std::chrono::hours(24 * 365));
  EXPECT_EQ(greedy.retry_after(0), kExact.most_retry_after);
  TargetHealth silent(kExact, 1);
  send(silent, Outcome::rate_limited, 0);
  EXPECT_EQ(silent.state(0), State::closed) << "one 429 without a wish is one fault";
}

TEST(TargetHealth, WaitsDoubleUpToTheMostAndJitter) {
  const BreakerSettings settings{.jitter = 0.2};
  int64_t least_first = INT64_MAX;
  int64_t most_first = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    TargetHealth health(settings, seed);
    int64_t now = 0;
    for (int i = 0; i < 5; ++i) send(health, Outcome::refused, now);
    least_first = std::min(least_first, health.retry_after(now).count());
    most_first = std::max(most_first, health.retry_after(now).count());
    for (int failed = 0; failed < 40; ++failed) {
      const double wanted = std::min(60000.0, 1000.0 * std::pow(2.0, failed));
      const auto wait = static_cast<double>(health.retry_after(now).count());
      EXPECT_GE(wait, 0.8 * wanted - 1);
      EXPECT_LE(wait, 1.2 * wanted + 1);
      now += static_cast<int64_t>(wait);
      ASSERT_TRUE(send(health, Outcome::refused, now));
    }
  }
  EXPECT_LT(least_first, 850);
  EXPECT_GT(most_first, 1150);
}

// A target that is down for a minute of ten: few requests are lost to it, and it is found again soon.
TEST(TargetHealth, SimulatedOutageCostsFewRequests) {
  TargetHealth health({}, 9);
  int lost = 0;
  int served = 0;
  int64_t back_at = 0;
  for (int64_t now = 0; now < 600'000; now += 10) {
    const bool is_down = now >= 120'000 && now < 180'000;
    const auto permit = health.admit(now);
    if (!permit) continue;
    health.report(*permit, is_down ? Outcome::server_error : Outcome::success, now);
    is_down ? ++lost : ++served;
    if (!is_down && now >= 180'000 && back_at == 0) back_at = now;
  }
  EXPECT_LE(lost, 5 + 7) << "five to open it, then one for each doubled wait";
  EXPECT_LE(back_at, 180'000 + 72'000) << "the longest wait, with its jitter";
  EXPECT_GE(served, (600'000 - 60'000 - 72'000) / 10);
}

}  // namespace
}  // namespace ferry
