#pragma once
// How a database's schema comes to be: an ordered list, to which every change of the schema adds at the end.

#include <span>
#include <string_view>

#include "base/db/database.h"

namespace ferry {

struct Migration {
  std::string_view name;  // "keys and teams": never changes once released
  std::string_view sql;   // tables are STRICT
};

// Brings what `owner` keeps in the database (a room: "accounts"; rooms may share a file) up to the last of
// `migrations`. All that are missing are applied in one transaction: after an error everything is as it was.
// `unsupported` where the database has been through migrations that are not in the list: a newer Ferry wrote
// it. Two processes may do this at the same time: one of them waits.
Result<void> migrate(Database& database, std::string_view owner, std::span<const Migration> migrations);

}  // namespace ferry
