#pragma once
// What an account has used so far. Shared by the principals of all times, so that changed terms forget
// nothing.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "serve/accounts/budget.h"
#include "serve/accounts/rate_window.h"

namespace ferry {

// Guarded by RateLimiter's lock.
struct RateCounters {
  std::unique_ptr<RateWindow> requests;  // null until there has been such a limit
  std::unique_ptr<RateWindow> tokens;
  int64_t running = 0;
};

struct PeriodBalance {
  std::chrono::sys_days start;
  Nanomoney spent = 0;
  Nanomoney reserved = 0;
  int64_t open = 0;  // reservations
};

// Guarded by BudgetLedger's lock.
struct BalanceCounters {
  // For each BudgetPeriod: the current one, the one before, and those with open reservations.
  std::array<std::vector<PeriodBalance>, 2> periods;
};

struct AccountCounters {
  RateCounters rates;
  BalanceCounters balances;
};

}  // namespace ferry
