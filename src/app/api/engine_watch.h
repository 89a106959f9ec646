#pragma once
// Notices an engine that has work to do and takes no step.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/core/result.h"
#include "base/settings/units.h"
#include "infer/engine/engine.h"

namespace ferry::api {

// Any thread may use it.
class EngineWatch {
 public:
  using Clock = std::chrono::steady_clock;

  explicit EngineWatch(Duration patience) : patience_(patience) {}

  // Call it with each look at an engine. An engine stalls when it had work at every look for longer than the
  // patience, with the same count of steps: `unavailable`.
  Result<void> check(const std::string& model, const EngineStatus& status,
                     Clock::time_point now = Clock::now());

 private:
  struct Seen {
    uint64_t steps = 0;
    Clock::time_point since;
  };

  const Duration patience_;
  std::mutex mutex_;
  std::map<std::string, Seen> busy_;  // guarded by mutex_: engines that had work when last looked at
};

}  // namespace ferry::api
