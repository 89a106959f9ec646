#include "app/api/engine_watch.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace ferry::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kFresh{1};

}  // namespace

// A sign of life that an engine was asked for.
struct EngineWatch::Probe {
  const Clock::time_point asked = Clock::now();

  void answer() {
    const std::lock_guard lock(mutex);
    answered = true;
    changed.notify_all();
  }
  bool wait_until(Clock::time_point deadline) {
    std::unique_lock lock(mutex);
    return changed.wait_until(lock, deadline, [this] { return answered; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool answered = false;  // guarded by mutex
};

EngineWatch::EngineWatch(std::vector<WatchedEngine> engines, Duration patience)
    : engines_(std::move(engines)), patience_(patience) {}

void EngineWatch::check(std::function<void(Result<void>)> answer) {
  thread_.post([this, answer = std::move(answer)] { answer(check_all()); });
}

Result<void> EngineWatch::check_all() {
  for (const WatchedEngine& engine : engines_) FERRY_TRY_VOID(check_one(engine));
  return {};
}

// An engine is asked anew only when it has answered: of one that stands still the second check knows at once.
Result<void> EngineWatch::check_one(const WatchedEngine& engine) {
  const Clock::time_point now = Clock::now();
  if (now - engine.last_step() < kFresh) return {};
  std::shared_ptr<Probe>& probe = probes_[engine.model];
  if (!probe || probe->wait_until(now)) {
    probe = std::make_shared<Probe>();
    engine.probe([probe] { probe->answer(); });
  }
  if (probe->wait_until(probe->asked + patience_)) return {};
  return fail(ErrorCode::unavailable, "the engine of model {} has taken no step for {}", engine.model,
              to_string(std::chrono::duration_cast<Duration>(Clock::now() - engine.last_step())));
}

}  // namespace ferry::api
