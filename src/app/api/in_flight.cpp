#include "app/api/in_flight.h"

#include <utility>

namespace ferry::api {

InFlight::Registration InFlight::add(End end) {
  uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->ended) {
      id = ++state_->next;
      state_->ends.emplace(id, std::move(end));
    }
  }
  if (id == 0) {
    end();
    return nullptr;
  }
  return {state_.get(), [state = state_, id](void*) {
            std::function<void()> dropped;  // destroyed after the lock is released: it may own anything
            const std::lock_guard lock(state->mutex);
            const auto entry = state->ends.find(id);
            if (entry == state->ends.end()) return;
            dropped.swap(entry->second);
            state->ends.erase(entry);
          }};
}

void InFlight::begin_draining() {
  const std::lock_guard lock(state_->mutex);
  state_->draining = true;
}

bool InFlight::draining() const {
  const std::lock_guard lock(state_->mutex);
  return state_->draining;
}

void InFlight::end_all() {
  std::map<uint64_t, End> ends;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
    ends = std::exchange(state_->ends, {});
  }
  for (const auto& [id, end] : ends) end();
}

}  // namespace ferry::api
