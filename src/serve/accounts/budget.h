#pragma once
// Budgets, and the periods that they are for.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/core/money.h"

namespace ferry {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// Calendar periods in UTC, so that all machines agree when one ends.
enum class BudgetPeriod : uint8_t { day, month };

std::string_view to_string(BudgetPeriod period);

// The period that `time` lies in, as its first day.
std::chrono::sys_days period_start(BudgetPeriod period, WallTime time);
// The first day after the period that begins on `start`.
std::chrono::sys_days period_end(BudgetPeriod period, std::chrono::sys_days start);

// How much may be spent in each period; not set: as much as one likes.
struct Budgets {
  std::optional<Nanomoney> day = {};
  std::optional<Nanomoney> month = {};

  const std::optional<Nanomoney>& of(BudgetPeriod period) const {
    return period == BudgetPeriod::day ? day : month;
  }
  bool operator==(const Budgets&) const = default;
};

struct PeriodBudget {
  BudgetPeriod period;
  Nanomoney amount;
};

// "10/day", "2.50/month".
Result<PeriodBudget> parse_budget(std::string_view text);

}  // namespace ferry
