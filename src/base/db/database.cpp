#include "base/db/database.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace ferry {

struct DatabaseConnection {
  explicit DatabaseConnection(std::filesystem::path file) : path(std::move(file)) {}
  ~DatabaseConnection() { sqlite3_close_v2(handle); }  // waits for statements that are still there
  DatabaseConnection(const DatabaseConnection&) = delete;
  DatabaseConnection& operator=(const DatabaseConnection&) = delete;

  tl::unexpected<Error> error(std::string_view purpose) const;
  Result<void> execute(std::string_view purpose, const char* sql);
  Result<Transaction> begin(const char* sql);

  std::filesystem::path path;
  sqlite3* handle = nullptr;
  Duration busy_timeout{0};
};

struct Statement::Compiled {
  Compiled(DatabaseConnection& owner, std::string_view what) : connection(&owner), purpose(what) {}
  ~Compiled() { sqlite3_finalize(handle); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  DatabaseConnection* connection;
  std::string purpose;
  sqlite3_stmt* handle = nullptr;
};

namespace {

constexpr std::string_view kOpening = "open the database";

struct Advice {
  ErrorCode code;
  std::string text;  // what to do; empty where there is nothing to say
};

Advice advice_for(int primary_code, const DatabaseConnection& connection) {
  switch (primary_code) {
    case SQLITE_FULL:
      return {ErrorCode::resource_exhausted, "free space on that disk"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, fmt::format("another process has been writing to it for {}: try again, "
                                                  "or end what holds it",
                                                  to_string(connection.busy_timeout))};
    case SQLITE_CORRUPT:
      return {ErrorCode::corrupt,
              "restore it from a backup, or save what can be read with sqlite3's .recover"};
    case SQLITE_NOTADB:
      return {ErrorCode::corrupt,
              "something else lies under this name: move it away, or name another data_dir"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {ErrorCode::io, "the file and its folder must be writable for the user that runs Ferry"};
    case SQLITE_IOERR:
      return {ErrorCode::io, "the disk or its file system fails: look at the system's log"};
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
      return {ErrorCode::invalid_argument, ""};
    case SQLITE_NOMEM:
      return {ErrorCode::resource_exhausted, ""};
    default:
      return {ErrorCode::internal, ""};
  }
}

// The reason as SQLite tells it; for what the system said no to, the system's words too.
std::string reason_of(sqlite3* handle) {
  std::string reason = sqlite3_errmsg(handle);
  if (const int system_error = sqlite3_system_errno(handle); system_error != 0) {
    const int primary = sqlite3_errcode(handle) & 0xff;
    if (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR) {
      reason += fmt::format(" ({})", std::strerror(system_error));
    }
  }
  return reason;
}

Error cannot_open(const std::filesystem::path& path, int error) {
  return {
      error == ENOENT ? ErrorCode::not_found : ErrorCode::io,
      fmt::format(
          "{}: cannot open the database: {}{}", path.string(), std::strerror(error),
          error == ENOENT ? "" : "; the file and its folder must be writable for the user that runs Ferry")};
}

// SQLite makes files that others may read, and gives its log the rights of the database: so that the file is
// made here, before. One that is there is not opened, for closing it again would drop every lock that this
// process holds on it by another connection (POSIX), and other processes would take the log for abandoned.
Result<void> create_private_file(const std::filesystem::path& path, bool create) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return {};
  if (errno != ENOENT || !create) return tl::unexpected(cannot_open(path, errno));
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  if (errno == EEXIST) return {};
  return tl::unexpected(cannot_open(path, errno));
}

void set_up(const DatabaseConnection& connection) {
  sqlite3_extended_result_codes(connection.handle, 1);
  sqlite3_busy_timeout(connection.handle, static_cast<int>(connection.busy_timeout.count()));
  // What stands in the file is data: its schema may neither write to itself nor call functions with effects.
  sqlite3_db_config(connection.handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

int bind_one(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* number = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *number);
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    // A null pointer would be NULL, not the empty text.
    return sqlite3_bind_text64(statement, index, text->data() == nullptr ? "" : text->data(), text->size(),
                               SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (const auto* bytes = std::get_if<std::span<const std::byte>>(&value)) {
    if (bytes->empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes->data(), bytes->size(), SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

tl::unexpected<Error> DatabaseConnection::error(std::string_view purpose) const {
  const Advice advice = advice_for(sqlite3_errcode(handle) & 0xff, *this);
  return fail(advice.code, "{}: cannot {}: {}{}{}", path.string(), purpose, reason_of(handle),
              advice.text.empty() ? "" : "; ", advice.text);
}

Result<void> DatabaseConnection::execute(std::string_view purpose, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(purpose);
  return {};
}

Result<Transaction> DatabaseConnection::begin(const char* sql) {
  FERRY_CHECK(sqlite3_get_autocommit(handle) != 0);  // one transaction at a time
  FERRY_TRY_VOID(execute("begin a transaction", sql));
  return Transaction(*this);
}

Statement::Statement(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Statement::Statement(Statement&& other) noexcept = default;
Statement& Statement::operator=(Statement&& other) noexcept = default;
Statement::~Statement() = default;

Result<void> Statement::bind(std::span<const SqlValue> values) {
  finish();
  sqlite3_stmt* handle = compiled_->handle;
  FERRY_CHECK(sqlite3_bind_parameter_count(handle) == static_cast<int>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (bind_one(handle, static_cast<int>(i) + 1, values[i]) != SQLITE_OK) {
      return compiled_->connection->error(compiled_->purpose);
    }
  }
  return {};
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(compiled_->handle);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    finish();
    return false;
  }
  auto error = compiled_->connection->error(compiled_->purpose);
  finish();
  return error;
}

Result<void> Statement::run_to_end() {
  for (;;) {
    FERRY_TRY(const bool row, next());
    if (!row) return {};
  }
}

// Its code is that of the step before, which has been told already.
void Statement::finish() {
  sqlite3_reset(compiled_->handle);
}

bool Statement::column_is_null(int index) const {
  return sqlite3_column_type(compiled_->handle, index) == SQLITE_NULL;
}

int64_t Statement::column_integer(int index) const {
  return sqlite3_column_int64(compiled_->handle, index);
}

double Statement::column_number(int index) const {
  return sqlite3_column_double(compiled_->handle, index);
}

std::string_view Statement::column_text(int index) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(compiled_->handle, index));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(compiled_->handle, index))};
}

std::span<const std::byte> Statement::column_bytes(int index) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(compiled_->handle, index));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(compiled_->handle, index))};
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors; that there is nothing left to do then is no failure.
  if (connection_ != nullptr) sqlite3_exec(connection_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit() {
  FERRY_CHECK(connection_ != nullptr);
  FERRY_TRY_VOID(connection_->execute("commit", "COMMIT"));
  connection_ = nullptr;
  return {};
}

Database::Database(std::unique_ptr<DatabaseConnection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&& other) noexcept = default;
Database& Database::operator=(Database&& other) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path& path, const DatabaseOptions& options) {
  std::error_code error;
  // Absolute, so that no name is taken for a URI, and a later change of the working folder changes nothing.
  auto connection = std::make_unique<DatabaseConnection>(std::filesystem::absolute(path, error));
  if (error) return fail(ErrorCode::io, "{}: {}", path.string(), error.message());
  connection->busy_timeout = options.busy_timeout;
  // Who has just made the file closes it before anybody of this process locks it.
  static std::mutex opening;
  const std::lock_guard lock(opening);
  FERRY_TRY_VOID(create_private_file(connection->path, options.create));
  const int opened = sqlite3_open_v2(connection->path.c_str(), &connection->handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  FERRY_CHECK(connection->handle != nullptr);  // null only without memory for it
  if (opened != SQLITE_OK) return connection->error(kOpening);
  set_up(*connection);
  Database database(std::move(connection));
  FERRY_TRY_VOID(database.wait_for_write_ahead_log());
  FERRY_TRY_VOID(database.execute(kOpening, options.durability == Durability::full
                                                ? "PRAGMA synchronous = FULL"
                                                : "PRAGMA synchronous = NORMAL"));
  FERRY_TRY_VOID(database.execute(kOpening, "PRAGMA foreign_keys = ON"));
  return database;
}

// While another process makes the file, or takes its log away because it was the last, SQLite does not wait:
// it is busy at once.
Result<void> Database::wait_for_write_ahead_log() {
  const auto end = std::chrono::steady_clock::now() + connection_->busy_timeout;
  while (true) {
    Result<void> used = use_write_ahead_log();
    const bool is_busy = !used && used.error().code == ErrorCode::unavailable;
    if (!is_busy || std::chrono::steady_clock::now() >= end) return used;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<void> Database::use_write_ahead_log() {
  FERRY_TRY(Statement statement, prepare(kOpening, "PRAGMA journal_mode = WAL"));
  FERRY_TRY(const bool row, statement.next());
  if (row && statement.column<std::string_view>(0) == "wal") return {};
  return fail(ErrorCode::io, "{}: cannot {}: its file system has no shared memory; put it on a local disk",
              path().string(), kOpening);
}

Result<Statement> Database::prepare(std::string_view purpose, std::string_view sql) {
  auto compiled = std::make_unique<Statement::Compiled>(*connection_, purpose);
  const int code = sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &compiled->handle, nullptr);
  if (code != SQLITE_OK) return connection_->error(purpose);
  FERRY_CHECK(compiled->handle != nullptr);  // an empty text
  return Statement(std::move(compiled));
}

Result<void> Database::execute(std::string_view purpose, std::string_view sql) {
  return connection_->execute(purpose, std::string(sql).c_str());
}

Result<Transaction> Database::begin_write() {
  return connection_->begin("BEGIN IMMEDIATE");
}

Result<Transaction> Database::begin_read() {
  return connection_->begin("BEGIN");
}

Result<int64_t> Database::data_version() {
  FERRY_TRY(Statement statement, prepare("look for changes", "PRAGMA data_version"));
  FERRY_TRY(const bool row, statement.next());
  FERRY_CHECK(row);
  return statement.column<int64_t>(0);
}

int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(connection_->handle);
}

int64_t Database::changed_rows() const {
  return sqlite3_changes64(connection_->handle);
}

const std::filesystem::path& Database::path() const {
  return connection_->path;
}

}  // namespace ferry
