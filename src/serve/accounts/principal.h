#pragma once
// Who makes a request: a key, as it was when the request came.

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/accounts/account.h"

namespace ferry {

struct AccountCounters;  // account_counters.h: what was used so far; outlives changes of the account's terms

// A key's, team's or organisation's limits.
struct Account {
  AccountLevel level;
  std::string id;    // empty for the organisation
  std::string name;  // for messages
  RateLimits limits;
  Budgets budgets;
  std::shared_ptr<AccountCounters> counters;
};

// Immutable, so that any thread may read it; an exchange keeps the one that it began with.
struct Principal {
  std::string key_id = {};  // empty: no key was needed
  std::string key_name = {};
  std::string team_id = {};  // empty: the key belongs to no team
  std::string team_name = {};
  Role role = Role::user;
  std::vector<std::string> routes = {};
  std::vector<std::string> endpoints = {};
  std::vector<std::string> labels = {};
  std::vector<std::shared_ptr<const Account>> accounts = {};  // the key's, its team's, the organisation's

  bool may_use_route(std::string_view route) const;
  bool may_use_endpoint(std::string_view endpoint) const;  // what follows /v1/
};

}  // namespace ferry
