#pragma once
// A provider's keys, used in turns. One that the vendor refuses, or that is used up for a while, rests.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ferry {

// Any thread.
class KeyRing {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit KeyRing(std::vector<std::string> keys) : keys_(std::move(keys)), rests_until_(keys_.size()) {}

  bool empty() const { return keys_.empty(); }
  const std::string& key(size_t index) const { return keys_[index]; }

  // The next one that does not rest; where all rest, the one that has rested longest, for the vendor to say
  // no itself. REQUIRES: there are keys.
  size_t next(Time now);
  // Another one that does not rest now.
  std::optional<size_t> another(size_t than, Time now);
  void rest(size_t index, Time until);

 private:
  const std::vector<std::string> keys_;
  std::mutex mutex_;               // guards what follows
  std::vector<Time> rests_until_;  // by key
  size_t turn_ = 0;
};

}  // namespace ferry
