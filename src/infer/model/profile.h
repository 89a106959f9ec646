#pragma once
// Where a forward pass spends its time, op by op.

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace ferry {

enum class Op {
  gather,
  norm,
  qkv,
  rope,
  store_kv,
  attention,
  attention_out,
  gate_up,
  activation,
  down,
  add,
  head
};

inline constexpr std::array<std::string_view, 12> kOpNames = {
    "gather",        "norm",    "qkv",        "rope", "store_kv", "attention",
    "attention_out", "gate_up", "activation", "down", "add",      "head"};

// Sums over passes. Used by the thread that calls forward().
class ForwardProfile {
 public:
  using Clock = std::chrono::steady_clock;

  void begin() { last_ = Clock::now(); }
  // The time since the last call belongs to `op`.
  void lap(Op op) {
    const Clock::time_point now = Clock::now();
    seconds_[static_cast<size_t>(op)] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }
  double seconds(Op op) const { return seconds_[static_cast<size_t>(op)]; }

 private:
  Clock::time_point last_;
  std::array<double, kOpNames.size()> seconds_{};
};

}  // namespace ferry
