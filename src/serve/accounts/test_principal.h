#pragma once
// For tests: principals without a database.

#include <memory>
#include <string>
#include <utility>

#include "serve/accounts/account_counters.h"
#include "serve/accounts/principal.h"

namespace ferry {

inline std::shared_ptr<const Account> test_account(AccountLevel level, RateLimits limits,
                                                   Budgets budgets = {}) {
  return std::make_shared<const Account>(Account{.level = level,
                                                 .id = std::string(to_string(level)),
                                                 .name = "my " + std::string(to_string(level)),
                                                 .limits = limits,
                                                 .budgets = budgets,
                                                 .counters = std::make_shared<AccountCounters>()});
}

inline std::shared_ptr<const Principal> test_principal(std::vector<std::shared_ptr<const Account>> accounts) {
  return std::make_shared<const Principal>(Principal{.key_id = "key", .accounts = std::move(accounts)});
}

}  // namespace ferry
