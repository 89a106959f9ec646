#pragma once
// The flags that `ferry key`, `ferry team` and `ferry organisation` have in common.

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/configuration.h"
#include "serve/accounts/account_store.h"

namespace ferry::cli {

// Limits and budgets; what is not given stays as it is, "none" takes a limit away.
struct LimitFlags {
  std::string requests_per_minute;
  std::string tokens_per_minute;
  std::string concurrent;
  std::vector<std::string> budgets;

  void add_to(std::vector<Option>& options);
  // Errors name the flag.
  Result<void> apply(RateLimits& limits, Budgets& money) const;
};

// What a key is allowed; what is not given stays as it is.
struct KeyFlags {
  std::string name;
  std::string role;
  std::string expires;
  std::vector<std::string> routes;
  std::vector<std::string> endpoints;
  std::vector<std::string> labels;
  LimitFlags limits;

  void add_to(std::vector<Option>& options, bool name_required);
  Result<void> apply(KeyTerms& terms, WallTime now) const;
};

// "90d" from now, "2027-01-31" (when that day begins, UTC), or "never".
Result<std::optional<WallTime>> parse_expiry(std::string_view text, WallTime now);

// The system's clock.
WallTime wall_now();

// Opens the accounts in the data folder.
Result<AccountStore> open_accounts(const Configuration& configuration);

}  // namespace ferry::cli
