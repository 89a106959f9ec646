#pragma once
// Notices engines that stand still.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/core/task_queue.h"
#include "base/settings/units.h"

namespace ferry::api {

// What the watch sees of an engine.
struct WatchedEngine {
  std::string model;
  std::function<std::chrono::steady_clock::time_point()> last_step;
  std::function<void(std::function<void()> done)> probe;  // Engine::probe
};

// Any thread may use it. It must be destroyed before the engines.
class EngineWatch {
 public:
  // An engine that takes no step for `patience` although it was asked to stands still.
  EngineWatch(std::vector<WatchedEngine> engines, Duration patience);

  // `answer` is called once, on the watch's thread: success as soon as each engine has taken a step, or had
  // done so within the last second (so that asking often costs nothing); `unavailable` where one stands
  // still.
  void check(std::function<void(Result<void>)> answer);

 private:
  struct Probe;

  Result<void> check_all();
  Result<void> check_one(const WatchedEngine& engine);

  const std::vector<WatchedEngine> engines_;
  const Duration patience_;
  std::map<std::string, std::shared_ptr<Probe>> probes_;  // the last of each model; the watch's thread's
  TaskQueue thread_{1};
};

}  // namespace ferry::api
