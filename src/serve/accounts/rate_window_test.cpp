#include "serve/accounts/rate_window.h"

#include <map>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

constexpr int64_t kStart = 1000;
constexpr int64_t kMinute = RateWindow::kSlots;

TEST(RateWindow, HoldsAmountsForAMinute) {
  RateWindow window;
  window.advance(kStart);
  window.add(kStart, 3);
  window.advance(kStart + kMinute - 1);
  EXPECT_EQ(window.sum(), 3);
  window.advance(kStart + kMinute);
  EXPECT_EQ(window.sum(), 0);
}

TEST(RateWindow, SaysWhenThereIsRoomAgain) {
  RateWindow window;
  window.advance(kStart);
  EXPECT_EQ(window.slot_empty(), kStart + 1);
  window.add(kStart, 3);
  window.advance(kStart + 10);
  window.add(kStart + 10, 4);
  EXPECT_EQ(window.slot_at_most(7), kStart + 11);
  EXPECT_EQ(window.slot_at_most(6), kStart + kMinute);
  EXPECT_EQ(window.slot_at_most(4), kStart + kMinute);
  EXPECT_EQ(window.slot_at_most(3), kStart + 10 + kMinute);
  EXPECT_EQ(window.slot_at_most(0), kStart + 10 + kMinute);
  EXPECT_EQ(window.slot_empty(), kStart + 10 + kMinute);
}

TEST(RateWindow, CorrectsThePastWhileItIsInTheWindow) {
  RateWindow window;
  window.advance(kStart);
  window.add(kStart, 10);
  window.advance(kStart + 50);
  window.add(kStart, -4);
  EXPECT_EQ(window.sum(), 6);
  window.add(kStart, -100);
  EXPECT_EQ(window.sum(), 0) << "no more than was added";
  window.add(kStart + 50 - kMinute, 1);
  window.add(kStart + 51, 1);
  EXPECT_EQ(window.sum(), 0) << "outside the window nothing is counted";
}

TEST(RateWindow, NoNumberMakesItOverflow) {
  RateWindow window;
  window.advance(kStart);
  for (int i = 0; i < 3; ++i) window.add(kStart, INT64_MAX);
  EXPECT_EQ(window.sum(), RateWindow::kMost);
  window.add(kStart, INT64_MIN + 1);
  EXPECT_EQ(window.sum(), 0);
}

TEST(RateWindow, AClockMayBeginAtZero) {
  RateWindow window;
  window.advance(0);
  window.add(0, 2);
  EXPECT_EQ(window.slot_at_most(0), kMinute);
  window.advance(5);
  window.add(5, 1);
  EXPECT_EQ(window.sum(), 3);
  EXPECT_EQ(window.slot_at_most(1), kMinute);
  window.advance(kMinute);
  EXPECT_EQ(window.sum(), 1);
}

TEST(RateWindow, AgreesWithAListOfEvents) {
  Rng rng(7);
  RateWindow window;
  std::map<int64_t, int64_t> events;
  int64_t now = 3;
  for (int i = 0; i < 20000; ++i) {
    now += static_cast<int64_t>(rng.below(rng.below(50) == 0 ? 300 : 4));
    window.advance(now);
    events.erase(events.begin(), events.upper_bound(now - kMinute));
    const auto amount = static_cast<int64_t>(rng.below(100));
    window.add(now, amount);
    events[now] += amount;
    int64_t sum = 0;
    for (const auto& [slot, count] : events) sum += count;
    ASSERT_EQ(window.sum(), sum);

    const auto most = static_cast<int64_t>(rng.below(static_cast<uint64_t>(sum) + 10));
    int64_t expected = now + 1;
    for (auto event = events.begin(); sum > most; ++event) {
      sum -= event->second;
      expected = std::max(expected, event->first + kMinute);
    }
    ASSERT_EQ(window.slot_at_most(most), expected);
  }
}

}  // namespace
}  // namespace ferry
