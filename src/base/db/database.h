#pragma once
// The one door to SQL. SQLite stands behind it (linked in, nothing to install); another database would be
// another database.cpp: callers write SQL, and see no type or constant of SQLite.
//
//   FERRY_TRY(Database database, Database::open(file, {.durability = Durability::normal}));
//   FERRY_TRY_VOID(migrate(database, "traffic", kMigrations));               // migrations.h
//   FERRY_TRY(Statement insert, database.prepare("record an exchange", "INSERT INTO t VALUES (?1, ?2)"));
//   FERRY_TRY(Transaction transaction, database.begin_write());
//   for (const Row& row : rows) FERRY_TRY_VOID(insert.run(row.id, row.cost));
//   FERRY_TRY_VOID(transaction.commit());
//
// Threads: a connection, its statements and its transaction are used by one thread at a time; different
// connections to a file, of this process or another, are independent. Every call may wait for the disk and,
// up to the busy timeout, for another writer: network threads make none.
//
// Errors read "<file>: cannot <purpose>: <why>; <what to do>". resource_exhausted: the disk is full;
// unavailable: another connection holds the file longer than the busy timeout; corrupt: not a database, or a
// damaged one; invalid_argument: a constraint of the schema refuses the data; io: everything else that the
// system says no to. SQL that is wrong is our own bug: internal.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/core/result.h"
#include "base/settings/units.h"

namespace ferry {

enum class Durability {
  normal,  // a commit survives the end of the process, kill -9 included; a power cut may take the last ones
           // back
  full,    // a commit survives a power cut
};

struct DatabaseOptions {
  Durability durability = Durability::full;
  Duration busy_timeout{std::chrono::seconds(5)};  // how long to wait while another connection writes
  bool create = true;                              // false: a file that is not there is not_found
};

struct DatabaseConnection;

// A parameter of a statement: nothing is NULL. Texts and bytes are copied when they are bound.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string_view, std::span<const std::byte>>;

template <class T>
SqlValue sql_value(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string_view(value);
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(sizeof(T) < sizeof(int64_t) || std::is_signed_v<T>,
                  "SQL's integers are signed, of 64 bits");
    return static_cast<int64_t>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else {
    return std::span<const std::byte>(value);
  }
}
template <class T>
SqlValue sql_value(const std::optional<T>& value) {
  return value ? sql_value(*value) : SqlValue();
}
inline SqlValue sql_value(std::nullopt_t) {
  return {};
}

// A compiled statement, to be run many times. It must not outlive its database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Runs it to its end with the parameters ?1, ?2, ...; rows are dropped.
  template <class... Values>
  Result<void> run(const Values&... values) {
    FERRY_TRY_VOID(start(values...));
    return run_to_end();
  }

  // For rows: start(), then next() until it says false. A statement that stops before that keeps what it
  // reads unchanged for itself (and the write-ahead log from shrinking) until finish() or the next start().
  template <class... Values>
  Result<void> start(const Values&... values) {
    const std::array<SqlValue, sizeof...(Values)> bound{sql_value(values)...};
    return bind(bound);
  }
  Result<bool> next();  // true: it stands on a row
  void finish();

  // Of the row that next() found, from 0: int64_t, double, bool, std::string, std::string_view,
  // std::span<const std::byte>, or an optional of these. Views live until the next call of next(), start() or
  // finish(). NULL is nullopt, or else zero or empty.
  template <class T>
  T column(int index) const;

 private:
  friend class Database;
  struct Compiled;
  explicit Statement(std::unique_ptr<Compiled> compiled);

  Result<void> bind(std::span<const SqlValue> values);
  Result<void> run_to_end();
  bool column_is_null(int index) const;
  int64_t column_integer(int index) const;
  double column_number(int index) const;
  std::string_view column_text(int index) const;
  std::span<const std::byte> column_bytes(int index) const;

  std::unique_ptr<Compiled> compiled_;
};

// A scope: what is not committed when it ends is taken back. One at a time on a connection.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // After an error the transaction is taken back.
  Result<void> commit();

 private:
  friend struct DatabaseConnection;
  explicit Transaction(DatabaseConnection& connection) : connection_(&connection) {}

  DatabaseConnection* connection_;  // null: over
};

class Database {
 public:
  // Opens the file, or makes it, readable by its owner only: write-ahead log, foreign keys enforced, schema
  // not trusted with functions. The folder must be there (data_dir.h).
  static Result<Database> open(const std::filesystem::path& path, const DatabaseOptions& options = {});
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  // `purpose` completes "cannot ...": "add a key".
  Result<Statement> prepare(std::string_view purpose, std::string_view sql);
  // Statements without parameters or rows, separated by semicolons.
  Result<void> execute(std::string_view purpose, std::string_view sql);

  // Waits until no other connection writes, so that no later statement has to.
  Result<Transaction> begin_write();
  // Everything that is read in its scope is of one moment.
  Result<Transaction> begin_read();

  // Changes whenever another connection, of whichever process, has committed. Cheap enough to ask often.
  Result<int64_t> data_version();

  int64_t last_insert_id() const;
  int64_t changed_rows() const;  // by the statement that ran last
  const std::filesystem::path& path() const;

 private:
  explicit Database(std::unique_ptr<DatabaseConnection> connection);
  Result<void> wait_for_write_ahead_log();
  Result<void> use_write_ahead_log();

  std::unique_ptr<DatabaseConnection> connection_;
};

namespace database_detail {
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
}  // namespace database_detail

template <class T>
T Statement::column(int index) const {
  if constexpr (database_detail::IsOptional<T>::value) {
    if (column_is_null(index)) return std::nullopt;
    return column<typename T::value_type>(index);
  } else if constexpr (std::is_same_v<T, bool>) {
    return column_integer(index) != 0;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return column_integer(index);
  } else if constexpr (std::is_same_v<T, double>) {
    return column_number(index);
  } else if constexpr (std::is_same_v<T, std::span<const std::byte>>) {
    return column_bytes(index);
  } else {
    static_assert(std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>);
    return T(column_text(index));
  }
}

}  // namespace ferry
