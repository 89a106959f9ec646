#include "serve/traffic/store/schema.h"

#include <cstring>

#include "base/db/migrations.h"

namespace ferry {
namespace {

// `records` is what happened, in the chain's order; the other tables can be made from it again.
constexpr Migration kMigrations[] = {{"records, attempts, ledger", R"sql(
CREATE TABLE records (
  number INTEGER PRIMARY KEY,     -- of the chain: 1, 2, 3, ...
  kind INTEGER NOT NULL,
  version INTEGER NOT NULL,
  exchange BLOB,                  -- NULL: of none, or of many
  head BLOB NOT NULL,             -- the chain's after this record
  personal_digest BLOB NOT NULL,
  salt BLOB,                      -- NULL: erased, as personal
  open BLOB NOT NULL,
  personal BLOB
) STRICT;
CREATE INDEX records_by_exchange ON records (exchange);
CREATE INDEX contents ON records (number) WHERE kind = 3 AND personal IS NOT NULL;

CREATE TABLE attempts (
  exchange BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  route TEXT NOT NULL,
  target TEXT NOT NULL,
  key_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  user TEXT NOT NULL,
  reserved INTEGER NOT NULL,
  fate INTEGER,                   -- NULL: not known, as cost
  cost INTEGER,
  intent INTEGER,                 -- records.number; NULL: there is none
  outcome INTEGER,
  PRIMARY KEY (exchange, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts (time_us);
CREATE INDEX attempts_by_user ON attempts (user) WHERE user <> '';
CREATE INDEX attempts_by_key ON attempts (key_id, time_us);

CREATE TABLE attempt_labels (
  label TEXT NOT NULL,
  exchange BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY (label, exchange, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
  day INTEGER NOT NULL,           -- since 1970-01-01, UTC: of the intent
  key_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  settled INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  settled_attempts INTEGER NOT NULL,
  unknown_attempts INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, team_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE carried (            -- how far the journal has been carried
  one INTEGER PRIMARY KEY CHECK (one = 1),
  segment INTEGER NOT NULL,
  offset INTEGER NOT NULL
) STRICT;
INSERT INTO carried VALUES (1, 0, 0);
)sql"}};

}  // namespace

Result<Database> open_traffic_database(const std::filesystem::path& data_dir) {
  FERRY_TRY(Database database, Database::open(data_dir / "traffic.db", {.durability = Durability::full}));
  FERRY_TRY_VOID(database.execute("keep nothing of what is deleted in", "PRAGMA secure_delete = ON"));
  FERRY_TRY_VOID(migrate(database, "traffic", kMigrations));
  return database;
}

Result<void> empty_log(Database& database) {
  FERRY_TRY(Statement checkpoint, database.prepare("empty the log of the database", "PRAGMA wal_checkpoint(TRUNCATE)"));
  FERRY_TRY_VOID(checkpoint.start());
  FERRY_TRY(const bool found, checkpoint.next());
  const bool is_busy = found && checkpoint.column<bool>(0);
  if (!is_busy) return {};
  return fail(ErrorCode::unavailable,
              "{}: its log still holds what was erased, because something reads the database; erase again",
              database.path().string());
}

IdBytes::IdBytes(ExchangeId id) {
  const uint64_t big_endian[2] = {__builtin_bswap64(id.high), __builtin_bswap64(id.low)};
  std::memcpy(bytes_.data(), big_endian, bytes_.size());
}

ExchangeId read_id(std::span<const std::byte> bytes) {
  uint64_t big_endian[2] = {};
  if (bytes.size() != sizeof big_endian) return {};
  std::memcpy(big_endian, bytes.data(), sizeof big_endian);
  return {__builtin_bswap64(big_endian[0]), __builtin_bswap64(big_endian[1])};
}

}  // namespace ferry
