#include "base/db/migrations.h"

#include <vector>

namespace ferry {
namespace {

constexpr std::string_view kPurpose = "bring the database up to date";

constexpr std::string_view kHistory = R"(
CREATE TABLE IF NOT EXISTS migrations (
  owner TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  applied INTEGER NOT NULL,  -- seconds since 1970
  PRIMARY KEY (owner, number)
) STRICT)";

// The names of those that have been applied, in their order.
Result<std::vector<std::string>> applied_migrations(Database& database, std::string_view owner) {
  FERRY_TRY(Statement select,
            database.prepare(kPurpose, "SELECT name FROM migrations WHERE owner = ?1 ORDER BY number"));
  FERRY_TRY_VOID(select.start(owner));
  std::vector<std::string> names;
  for (;;) {
    FERRY_TRY(const bool row, select.next());
    if (!row) return names;
    names.push_back(select.column<std::string>(0));
  }
}

Result<void> check_history(const Database& database, std::span<const std::string> applied,
                           std::span<const Migration> migrations) {
  for (size_t i = 0; i < applied.size(); ++i) {
    if (i < migrations.size() && applied[i] == migrations[i].name) continue;
    return fail(ErrorCode::unsupported,
                "{}: was written by a newer Ferry, which calls what is in it \"{}\": start that one, or name "
                "another data_dir",
                database.path().string(), applied[i]);
  }
  return {};
}

Result<void> apply(Database& database, std::string_view owner, size_t number, const Migration& migration) {
  const std::string purpose = fmt::format("{} ({})", kPurpose, migration.name);
  FERRY_TRY_VOID(database.execute(purpose, migration.sql));
  FERRY_TRY(Statement insert,
            database.prepare(purpose, "INSERT INTO migrations VALUES (?1, ?2, ?3, unixepoch())"));
  return insert.run(owner, static_cast<int64_t>(number), migration.name);
}

// A column that takes values of any type would have every reader check them.
Result<void> check_strict(Database& database) {
  FERRY_TRY(Statement select,
            database.prepare(kPurpose,
                             "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = "
                             "'table' AND NOT strict AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"));
  FERRY_TRY(const bool found, select.next());
  if (!found) return {};
  return fail(ErrorCode::internal, "{}: the table {} is not STRICT", database.path().string(),
              select.column<std::string>(0));
}

}  // namespace

Result<void> migrate(Database& database, std::string_view owner, std::span<const Migration> migrations) {
  FERRY_TRY(Transaction transaction, database.begin_write());
  FERRY_TRY_VOID(database.execute(kPurpose, kHistory));
  FERRY_TRY(const std::vector<std::string> applied, applied_migrations(database, owner));
  FERRY_TRY_VOID(check_history(database, applied, migrations));
  for (size_t i = applied.size(); i < migrations.size(); ++i) {
    FERRY_TRY_VOID(apply(database, owner, i, migrations[i]));
  }
  FERRY_TRY_VOID(check_strict(database));
  return transaction.commit();
}

}  // namespace ferry
