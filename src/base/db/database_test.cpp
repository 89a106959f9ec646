#include "base/db/database.h"

#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/core/file.h"
#include "base/db/scratch_folder.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kTable =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b REAL, c BLOB) STRICT";

class DatabaseTest : public testing::Test {
 protected:
  Database open(const DatabaseOptions& options = {}) { return Database::open(file_, options).value(); }
  Database open_with_table() {
    Database database = open();
    EXPECT_TRUE(database.execute("make the table", kTable));
    return database;
  }
  static int64_t count(Database& database) {
    Statement select = database.prepare("count", "SELECT count(*) FROM t").value();
    EXPECT_TRUE(select.next().value());
    return select.column<int64_t>(0);
  }

  ScratchFolder folder_;
  std::filesystem::path file_ = folder_ / "ferry.db";
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWere) {
  Database database = open_with_table();
  Statement insert = database.prepare("add", "INSERT INTO t VALUES (?1, ?2, ?3, ?4)").value();
  const std::vector<std::byte> bytes = {std::byte{0}, std::byte{255}};
  const std::string text("a\0é", 4);
  ASSERT_TRUE(insert.run(INT64_MIN, text, 0.1, bytes));
  ASSERT_TRUE(insert.run(true, std::optional<std::string>(), std::nullopt, std::optional(bytes)));
  ASSERT_TRUE(insert.run(2, "", 1, std::vector<std::byte>{}));
  EXPECT_EQ(database.last_insert_id(), 2);
  EXPECT_EQ(database.changed_rows(), 1);

  Statement select = database.prepare("read", "SELECT id, a, b, c FROM t ORDER BY id").value();
  ASSERT_TRUE(select.start());
  ASSERT_TRUE(select.next().value());
  EXPECT_EQ(select.column<int64_t>(0), INT64_MIN);
  EXPECT_EQ(select.column<std::string>(1), text);
  EXPECT_EQ(select.column<double>(2), 0.1);
  EXPECT_THAT(select.column<std::span<const std::byte>>(3), testing::ElementsAreArray(bytes));
  ASSERT_TRUE(select.next().value());
  EXPECT_TRUE(select.column<bool>(0));
  EXPECT_EQ(select.column<std::optional<std::string>>(1), std::nullopt);
  EXPECT_EQ(select.column<std::string>(1), "");
  EXPECT_EQ(select.column<std::optional<double>>(2), std::nullopt);
  ASSERT_TRUE(select.next().value());
  EXPECT_EQ(select.column<std::optional<std::string>>(1), "") << "empty is not NULL";
  EXPECT_TRUE(select.column<std::optional<std::span<const std::byte>>>(3).has_value());
  EXPECT_FALSE(select.next().value());
  ASSERT_TRUE(select.start());
  EXPECT_TRUE(select.next().value()) << "it can be run again";
}

TEST_F(DatabaseTest, WhatIsNotCommittedIsTakenBack) {
  Database database = open_with_table();
  Statement insert = database.prepare("add", "INSERT INTO t (a) VALUES (?1)").value();
  {
    const Transaction transaction = database.begin_write().value();
    ASSERT_TRUE(insert.run("lost"));
    EXPECT_EQ(count(database), 1);
  }
  EXPECT_EQ(count(database), 0);
  Transaction transaction = database.begin_write().value();
  ASSERT_TRUE(insert.run("kept"));
  ASSERT_TRUE(transaction.commit());
  Database other = open();
  EXPECT_EQ(count(other), 1);
}

TEST_F(DatabaseTest, AReadTransactionSeesOneMoment) {
  Database reader = open_with_table();
  Database writer = open();
  {
    const Transaction moment = reader.begin_read().value();
    EXPECT_EQ(count(reader), 0);
    ASSERT_TRUE(writer.execute("add", "INSERT INTO t (a) VALUES ('x')"));
    EXPECT_EQ(count(reader), 0);
  }
  EXPECT_EQ(count(reader), 1);
}

TEST_F(DatabaseTest, TheDataVersionTellsOthersChanges) {
  Database database = open_with_table();
  Database other = open();
  const int64_t before = database.data_version().value();
  ASSERT_TRUE(database.execute("add", "INSERT INTO t (a) VALUES ('own')"));
  EXPECT_EQ(database.data_version().value(), before);
  ASSERT_TRUE(other.execute("add", "INSERT INTO t (a) VALUES ('other')"));
  EXPECT_NE(database.data_version().value(), before);
}

TEST_F(DatabaseTest, ConstraintsRefuseDataAndSayWhich) {
  Database database = open_with_table();
  Statement insert = database.prepare("add a thing", "INSERT INTO t (a) VALUES (?1)").value();
  ASSERT_TRUE(insert.run("x"));
  const auto twice = insert.run("x");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(twice.error().message, file_.string() + ": cannot add a thing: UNIQUE constraint failed: t.a");
  EXPECT_TRUE(insert.run("y")) << "a failure does not spoil the statement";

  ASSERT_TRUE(database.execute("make the table", "CREATE TABLE u (t INTEGER NOT NULL REFERENCES t) STRICT"));
  EXPECT_EQ(database.execute("refer", "INSERT INTO u VALUES (99)").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(database.execute("mistype", "INSERT INTO u VALUES ('x')").error().code,
            ErrorCode::invalid_argument);
}

TEST_F(DatabaseTest, WrongSqlIsOurOwnError) {
  Database database = open();
  EXPECT_EQ(database.prepare("guess", "SELEKT 1").error().code, ErrorCode::internal);
  EXPECT_EQ(database.execute("guess", "INSERT INTO nowhere VALUES (1)").error().code, ErrorCode::internal);
}

TEST_F(DatabaseTest, AWriterThatHoldsOnIsNamed) {
  Database holder = open_with_table();
  Database waiting = open({.busy_timeout = Duration(10)});
  const Transaction held = holder.begin_write().value();
  const auto refused = waiting.begin_write();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("another process has been writing to it for 10ms"));
  EXPECT_EQ(count(waiting), 0) << "readers do not wait";
}

TEST_F(DatabaseTest, SomethingElseUnderTheNameIsNotTouched) {
  const std::string text(5000, 'x');
  ASSERT_TRUE(write_file_atomic(file_, text));
  const auto refused = Database::open(file_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_THAT(refused.error().message,
              HasSubstr("cannot open the database: file is not a database; something"));
  EXPECT_EQ(read_file(file_).value(), text);
}

TEST_F(DatabaseTest, DamageIsReported) {
  {
    Database database = open_with_table();
    Statement insert = database.prepare("add", "INSERT INTO t (a) VALUES (?1)").value();
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(insert.run(std::string(200, 'x') + std::to_string(i)));
  }
  std::string bytes = read_file(file_).value();
  ASSERT_GT(bytes.size(), 20000u);
  std::fill(bytes.begin() + 4096, bytes.begin() + 16384, '\x7f');
  ASSERT_TRUE(write_file_atomic(file_, bytes));
  Database database = open();
  Statement select = database.prepare("read it all", "SELECT sum(length(a)) FROM t").value();
  const auto damaged = select.next();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
  EXPECT_THAT(damaged.error().message, HasSubstr("cannot read it all: "));
  EXPECT_THAT(damaged.error().message, HasSubstr("backup"));
}

TEST_F(DatabaseTest, AFullDiskIsReportedAndTheDataStays) {
  Database database = open_with_table();
  ASSERT_TRUE(database.execute("add", "INSERT INTO t (a) VALUES ('before')"));
  ASSERT_TRUE(database.execute("bound it", "PRAGMA max_page_count = 5"));
  Statement insert = database.prepare("add a lot", "INSERT INTO t (a) VALUES (?1)").value();
  const auto full = insert.run(std::string(100000, 'x'));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(full.error().message, HasSubstr("free space"));
  EXPECT_EQ(count(database), 1);
}

TEST_F(DatabaseTest, AFileThatCannotBeWrittenIsReported) {
  Database database = open_with_table();
  ASSERT_TRUE(database.execute("forbid it", "PRAGMA query_only = ON"));
  const auto refused = database.execute("add", "INSERT INTO t (a) VALUES ('x')");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_THAT(refused.error().message, HasSubstr("must be writable for the user that runs Ferry"));
}

TEST_F(DatabaseTest, AFailedCommitTakesItsTransactionBack) {
  Database database = open_with_table();
  ASSERT_TRUE(database.execute(
      "make the table", "CREATE TABLE u (t INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED) STRICT"));
  {
    Transaction transaction = database.begin_write().value();
    ASSERT_TRUE(database.execute("refer", "INSERT INTO u VALUES (99)"));
    EXPECT_FALSE(transaction.commit());
  }
  EXPECT_TRUE(database.begin_write().value().commit());
  Statement select = database.prepare("count", "SELECT count(*) FROM u").value();
  ASSERT_TRUE(select.next().value());
  EXPECT_EQ(select.column<int64_t>(0), 0);
}

TEST_F(DatabaseTest, OnlyTheOwnerMayReadIt) {
  Database database = open_with_table();
  for (const char* name : {"ferry.db", "ferry.db-wal", "ferry.db-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(DatabaseTest, AFileThatIsNotThereIsMadeOnlyWhenWanted) {
  EXPECT_EQ(Database::open(file_, {.create = false}).error().code, ErrorCode::not_found);
  const auto nowhere = Database::open(folder_ / "no/such/folder.db");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, StartsWith((folder_ / "no/such/folder.db").string()));
  EXPECT_EQ(Database::open(folder_.path()).error().code, ErrorCode::io);
}

TEST_F(DatabaseTest, ManyMayOpenANewFileAtTheSameTime) {
  std::vector<std::thread> threads;
  std::vector<std::string> errors(8);
  for (size_t i = 0; i < errors.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto database = Database::open(file_);
      if (!database) errors[i] = database.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(errors, testing::Each(""));
}

// Whether another process would find that this one has the file open: SQLite's shared lock, where its file
// format (os.h) has it.
bool is_locked(const std::filesystem::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000002;
    lock.l_len = 510;
    const int fd = ::open(file.c_str(), O_RDWR);
    ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST_F(DatabaseTest, OpeningItOnceMoreDropsNoLock) {
  Database first = open_with_table();
  EXPECT_EQ(count(first), 0);
  ASSERT_TRUE(is_locked(file_));
  Database second = open();
  EXPECT_EQ(count(second), 0);
  EXPECT_TRUE(is_locked(file_));
  EXPECT_FALSE(Database::open(file_.string() + ".none", {.create = false}));
  EXPECT_TRUE(is_locked(file_));
}

TEST_F(DatabaseTest, WritersOfSeveralConnectionsLoseNothing) {
  Database first = open_with_table();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Database database = open({.durability = Durability::normal, .busy_timeout = std::chrono::minutes(1)});
      Statement insert = database.prepare("add", "INSERT INTO t (a) VALUES (?1)").value();
      for (int i = 0; i < 50; ++i) {
        Transaction transaction = database.begin_write().value();
        ASSERT_TRUE(insert.run(fmt::format("{}/{}", t, i)));
        ASSERT_TRUE(transaction.commit());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(first), 200);
}

}  // namespace
}  // namespace ferry
