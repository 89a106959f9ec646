#pragma once
// What names, scopes and limits can be, before they reach the database.

#include <string_view>

#include "serve/accounts/account.h"

namespace ferry {

// Errors name the field and what it may be.
Result<void> check_terms(const KeyTerms& terms, WallTime now);
Result<void> check_terms(const GroupTerms& terms, std::string_view what);  // "team"

}  // namespace ferry
