#include "infer/draft/step_costs.h"

#include <algorithm>
#include <iterator>

namespace ferry {
namespace {

constexpr double kRise = 1.02;  // of a measurement at the next one: contexts grow, loads change
constexpr int32_t kInUse = 4;   // times: more than a try takes

}  // namespace

void StepCosts::took(int32_t rows, double ms) {
  ++steps_;
  if (rows > kMostRows) return;
  Measured& one = measured_[rows];
  if (one.times > 0 && steps_ >= one.until) {
    one.times = 0;
    one.memory = std::min(kLongestMemory, one.memory * 2);
  }
  one.ms = one.times == 0 ? ms : std::min(ms, one.ms * kRise);
  if (++one.times > kInUse) one.memory = kMemory;
  one.until = steps_ + one.memory;
}

bool StepCosts::knows_any() const {
  return std::ranges::any_of(measured_, [this](const auto& one) { return known(one.second); });
}

double StepCosts::ms(int32_t rows) const {
  auto above = measured_.lower_bound(rows);
  while (above != measured_.end() && !known(above->second)) ++above;
  if (above != measured_.end() && above->first == rows) return above->second.ms;
  auto below = std::make_reverse_iterator(measured_.lower_bound(rows));
  while (below != measured_.rend() && !known(below->second)) ++below;
  const double least_above = above == measured_.end() ? 0 : above->second.ms * rows / above->first;
  const double least_below =
      below == measured_.rend() ? 0 : below->second.ms * (1 + kLeastRow * (rows - below->first));
  const double least = std::max(least_above, least_below);
  return least > 0 ? least : 1;
}

}  // namespace ferry
