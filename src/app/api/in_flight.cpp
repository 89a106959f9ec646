#include "app/api/in_flight.h"

#include <utility>

namespace ferry::api {

void InFlight::State::forget(uint64_t id) {
  End dropped;  // destroyed after the lock is released: it may own anything
  const std::lock_guard lock(mutex);
  const auto entry = ends.find(id);
  if (entry == ends.end()) return;
  dropped.swap(entry->second);
  ends.erase(entry);
}

InFlight::Registration InFlight::add(End end) {
  std::unique_lock lock(state_->mutex);
  if (state_->ended) {
    lock.unlock();
    end();
    return nullptr;
  }
  const uint64_t id = ++state_->next;
  state_->ends.emplace(id, std::move(end));
  lock.unlock();
  return {state_.get(), [state = state_, id](void*) { state->forget(id); }};
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
