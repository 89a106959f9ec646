#include "app/api/engine_watch.h"

namespace ferry::api {

Result<void> EngineWatch::check(const std::string& model, const EngineStatus& status, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (status.running + status.waiting == 0) {
    busy_.erase(model);
    return {};
  }
  const auto [entry, is_new] = busy_.try_emplace(model, Seen{status.steps, now});
  Seen& seen = entry->second;
  if (!is_new && seen.steps != status.steps) seen = {status.steps, now};
  if (now - seen.since <= patience_) return {};
  return fail(ErrorCode::unavailable, "the engine of model {} has taken no step for {}", model,
              to_string(std::chrono::duration_cast<Duration>(now - seen.since)));
}

}  // namespace ferry::api
