#pragma once
// The tables of keys and teams. Times are milliseconds since 1970, money is in billionths.

#include <span>

#include "base/db/migrations.h"

namespace ferry {

std::span<const Migration> account_migrations();

}  // namespace ferry
