#include "serve/accounts/budget.h"

namespace ferry {

std::string_view to_string(BudgetPeriod period) {
  return period == BudgetPeriod::day ? "day" : "month";
}

std::chrono::sys_days period_start(BudgetPeriod period, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (period == BudgetPeriod::day) return day;
  const std::chrono::year_month_day date(day);
  return date.year() / date.month() / 1;
}

std::chrono::sys_days period_end(BudgetPeriod period, std::chrono::sys_days start) {
  if (period == BudgetPeriod::day) return start + std::chrono::days(1);
  return std::chrono::sys_days(std::chrono::year_month_day(start) + std::chrono::months(1));
}

Result<PeriodBudget> parse_budget(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "must say for which period, such as 10/day or 250/month");
  }
  FERRY_TRY(const Nanomoney amount, parse_money(text.substr(0, slash)));
  for (const BudgetPeriod period : {BudgetPeriod::day, BudgetPeriod::month}) {
    if (text.substr(slash + 1) == to_string(period)) return PeriodBudget{period, amount};
  }
  return fail(ErrorCode::invalid_argument, "must be for a day or a month, such as 10/day or 250/month");
}

}  // namespace ferry
