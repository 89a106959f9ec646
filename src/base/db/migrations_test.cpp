#include "base/db/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/db/scratch_folder.h"

namespace ferry {
namespace {

using testing::HasSubstr;

constexpr Migration kFirst = {"things", "CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT"};
constexpr Migration kSecond = {"names", "ALTER TABLE things ADD COLUMN name TEXT"};
constexpr Migration kBroken = {
    "a mistake", "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1)"};
constexpr Migration kLoose = {"anything goes", "CREATE TABLE loose (id)"};

class MigrationsTest : public testing::Test {
 protected:
  Result<void> run(std::vector<Migration> migrations, std::string_view owner = "room") {
    return migrate(database_, owner, migrations);
  }
  // "1" where the expression is true.
  std::string ask(std::string_view sql) {
    auto select = database_.prepare("ask", sql);
    if (!select) return select.error().message;
    EXPECT_TRUE(select->next().value());
    return select->column<std::string>(0);
  }

  ScratchFolder folder_;
  Database database_ = Database::open(folder_ / "ferry.db").value();
};

TEST_F(MigrationsTest, EachRunsOnceAndInOrder) {
  ASSERT_TRUE(run({kFirst}));
  ASSERT_TRUE(run({kFirst})) << "a second CREATE TABLE would fail";
  ASSERT_TRUE(run({kFirst, kSecond}));
  EXPECT_EQ(ask("SELECT group_concat(name) FROM migrations"), "things,names");
  EXPECT_EQ(ask("SELECT count(name) FROM things"), "0");
}

TEST_F(MigrationsTest, RoomsShareAFile) {
  ASSERT_TRUE(run({kFirst}, "one"));
  ASSERT_TRUE(run({{"others", "CREATE TABLE others (id INTEGER PRIMARY KEY) STRICT"}}, "two"));
  EXPECT_EQ(ask("SELECT group_concat(owner || number) FROM migrations"), "one0,two0");
}

TEST_F(MigrationsTest, AFailureLeavesTheOldState) {
  ASSERT_TRUE(run({kFirst}));
  const auto failed = run({kFirst, kSecond, kBroken});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message,
              HasSubstr("cannot bring the database up to date (a mistake): no such table"));
  EXPECT_EQ(ask("SELECT group_concat(name) FROM migrations"), "things");
  EXPECT_EQ(ask("SELECT count(*) FROM pragma_table_info('things')"), "1");
  EXPECT_EQ(ask("SELECT count(*) FROM pragma_table_list WHERE name = 'more'"), "0");
  EXPECT_TRUE(run({kFirst, kSecond})) << "and the next attempt works";
}

TEST_F(MigrationsTest, ANewerDatabaseIsRefused) {
  ASSERT_TRUE(run({kFirst, kSecond}));
  const auto older = run({kFirst});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::unsupported);
  EXPECT_THAT(older.error().message,
              HasSubstr("was written by a newer Ferry, which calls what is in it \"names\""));
  const auto other = run({kFirst, {"something else", "SELECT 1"}});
  EXPECT_EQ(other.error().code, ErrorCode::unsupported);
}

TEST_F(MigrationsTest, TablesMustBeStrict) {
  const auto loose = run({kLoose});
  ASSERT_FALSE(loose);
  EXPECT_EQ(loose.error().code, ErrorCode::internal);
  EXPECT_THAT(loose.error().message, HasSubstr("loose is not STRICT"));
  EXPECT_EQ(ask("SELECT count(*) FROM pragma_table_list WHERE name = 'loose'"), "0");
}

}  // namespace
}  // namespace ferry
