#pragma once
// The columns that keys, teams and the organisation have in common, and times.

#include <chrono>
#include <optional>

#include "base/db/database.h"
#include "serve/accounts/account.h"

namespace ferry {

// The columns requests_per_minute, tokens_per_minute and concurrent.
inline RateLimits read_limits(const Statement& row, int first) {
  return {.requests_per_minute = row.column<std::optional<int64_t>>(first),
          .tokens_per_minute = row.column<std::optional<int64_t>>(first + 1),
          .concurrent = row.column<std::optional<int64_t>>(first + 2)};
}

// The columns day_budget and month_budget.
inline Budgets read_budgets(const Statement& row, int first) {
  return {.day = row.column<std::optional<int64_t>>(first),
          .month = row.column<std::optional<int64_t>>(first + 1)};
}

inline int64_t to_ms(WallTime time) {
  return time.time_since_epoch().count();
}
inline std::optional<int64_t> to_ms(const std::optional<WallTime>& time) {
  return time ? std::optional(to_ms(*time)) : std::nullopt;
}

inline WallTime read_time(const Statement& row, int index) {
  return WallTime(std::chrono::milliseconds(row.column<int64_t>(index)));
}
inline std::optional<WallTime> read_optional_time(const Statement& row, int index) {
  const auto ms = row.column<std::optional<int64_t>>(index);
  return ms ? std::optional(WallTime(std::chrono::milliseconds(*ms))) : std::nullopt;
}

}  // namespace ferry
