#pragma once
// How much happened in the last minute, to half a second.

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferry {

// Time is a number of slots of kSlotMs. At a time within slot `s` the window holds the slots s - 120 to s:
// the last 60 seconds whole, and at most half a second more. Not thread-safe.
class RateWindow {
 public:
  static constexpr int64_t kSlotMs = 500;
  static constexpr int64_t kSlots = 60'000 / kSlotMs + 1;
  static constexpr int64_t kMost = int64_t{1} << 62;

  // Forgets what has left the window at `slot`; a time that lies behind changes nothing.
  void advance(int64_t slot);

  int64_t sum() const { return sum_; }

  // Counts `amount` in `slot`, which may lie behind as long as it is in the window; otherwise nothing
  // happens. Amounts below zero take back what was added in the same slot, at most all of it.
  void add(int64_t slot, int64_t amount);

  // The first slot, from the one after the newest on, at which what is counted now has shrunk to `most` >= 0.
  int64_t slot_at_most(int64_t most) const;
  // The same for 0, found from the other end: cheap just after something was counted.
  int64_t slot_empty() const;

 private:
  // Clocks may begin near zero, so that the window's beginning lies below.
  static size_t index(int64_t slot) { return static_cast<size_t>((slot % kSlots + kSlots) % kSlots); }

  std::array<int64_t, kSlots> counts_ = {};
  int64_t newest_ = 0;
  int64_t sum_ = 0;
};

}  // namespace ferry
