#pragma once
// What a compilation may still spend. Everything that can grow asks here; once something is exceeded it stays
// so, and whoever works in steps looks now and then.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

class Budget {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr size_t kUnlimited = SIZE_MAX;

  explicit Budget(size_t max_nodes = kUnlimited, Clock::time_point deadline = Clock::time_point::max())
      : nodes_left_(max_nodes), deadline_(deadline) {}

  // One expression or rule more. Always true for a budget without limits.
  void spend_node() {
    if (nodes_left_ == 0) {
      exceeded_ = Exceeded::nodes;
    } else if (nodes_left_ != kUnlimited) {
      --nodes_left_;
    }
    spend_step();
  }
  // One small piece of work; looks at the clock every 256.
  void spend_step() {
    if ((++steps_ & 255) == 0) look_at_clock();
  }
  // Says that it has become too much in another way.
  void exceed_nodes() { exceeded_ = Exceeded::nodes; }

  bool exceeded() const { return exceeded_ != Exceeded::nothing; }
  Result<void> check() {
    look_at_clock();
    if (exceeded_ == Exceeded::time) {
      return fail(ErrorCode::resource_exhausted,
                  "the grammar takes too long to compile (the limit max_compile_ms): make it simpler");
    }
    if (exceeded_ == Exceeded::nodes) {
      return fail(ErrorCode::resource_exhausted,
                  "the grammar becomes too large (the limit max_nodes): make it simpler, or its repetitions "
                  "smaller");
    }
    return {};
  }

 private:
  enum class Exceeded : uint8_t { nothing, nodes, time };

  void look_at_clock() {
    if (deadline_ != Clock::time_point::max() && Clock::now() > deadline_) exceeded_ = Exceeded::time;
  }

  size_t nodes_left_;
  Clock::time_point deadline_;
  uint64_t steps_ = 0;
  Exceeded exceeded_ = Exceeded::nothing;
};

}  // namespace ferry
