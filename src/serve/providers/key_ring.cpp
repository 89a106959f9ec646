#include "serve/providers/key_ring.h"

#include <algorithm>

namespace ferry {

size_t KeyRing::next(Time now) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < keys_.size(); ++i) {
    const size_t index = turn_++ % keys_.size();
    if (rests_until_[index] <= now) return index;
  }
  const auto soonest = std::min_element(rests_until_.begin(), rests_until_.end());
  return static_cast<size_t>(soonest - rests_until_.begin());
}

std::optional<size_t> KeyRing::another(size_t than, Time now) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 1; i < keys_.size(); ++i) {
    const size_t index = (than + i) % keys_.size();
    if (rests_until_[index] <= now) return index;
  }
  return std::nullopt;
}

void KeyRing::rest(size_t index, Time until) {
  const std::lock_guard lock(mutex_);
  rests_until_[index] = std::max(rests_until_[index], until);
}

}  // namespace ferry
