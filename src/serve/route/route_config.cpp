#include "serve/route/route_config.h"

#include <algorithm>

namespace ferry {

bool TimeWindow::holds(int64_t unix_s) const {
  constexpr int64_t kDay = 24 * 60;
  // Floored: times before 1970 too.
  const auto floored = [](int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); };
  const int64_t minutes = floored(unix_s, 60) + offset_minutes;
  int64_t day = floored(minutes, kDay);
  const int64_t minute = minutes - day * kDay;
  if (from_minute < to_minute) {
    if (minute < from_minute || minute >= to_minute) return false;
  } else if (minute < to_minute) {
    --day;  // the window of the day before, over midnight
  } else if (minute < from_minute) {
    return false;
  }
  const int64_t weekday = ((day + 3) % 7 + 7) % 7;  // 1 January 1970 was a Thursday
  return (days >> weekday & 1u) != 0;
}

bool RouteConfig::asks_language() const {
  return std::any_of(rules.begin(), rules.end(),
                     [](const RouteRule& rule) { return !rule.condition.languages.empty(); });
}

void for_each_target(const RouteConfig& route, FunctionRef<void(const TargetConfig&)> visit) {
  const auto visit_set = [&](const TargetSet& use) {
    for (const WeightedTarget& weighted : use.targets) visit(*weighted.target);
    for (const TargetConfig* target : use.fallbacks) visit(*target);
  };
  visit_set(route.use);
  for (const RouteRule& rule : route.rules) visit_set(rule.use);
  for (const ShadowTarget& shadow : route.shadows) visit(*shadow.target);
  if (route.cascade) visit(*route.cascade->first);
}

}  // namespace ferry
