#pragma once
// What a target's whole answers take, lately: for routes with `max_latency`.

#include <mutex>
#include <optional>

#include "base/settings/units.h"
#include "serve/route/target_health.h"

namespace ferry {

// Any thread. An exponential mean over the last answers, each weighing an eighth. Forgotten after a minute
// without one, so that a target that was slow is tried again.
class TargetLatency {
 public:
  void note(Duration took, TargetHealth::Time now) {
    const std::lock_guard lock(mutex_);
    const auto sample = static_cast<double>(took.count());
    mean_ms_ = is_fresh(now) ? mean_ms_ + (sample - mean_ms_) / 8 : sample;
    noted_ = now;
  }

  std::optional<Duration> typical(TargetHealth::Time now) const {
    const std::lock_guard lock(mutex_);
    if (!is_fresh(now)) return std::nullopt;
    return Duration(static_cast<int64_t>(mean_ms_));
  }

 private:
  static constexpr TargetHealth::Time kFreshMs = 60'000;

  bool is_fresh(TargetHealth::Time now) const { return noted_ && now - *noted_ < kFreshMs; }

  mutable std::mutex mutex_;  // guards what follows
  double mean_ms_ = 0;
  std::optional<TargetHealth::Time> noted_;
};

}  // namespace ferry
