#include <set>

#include <gmock/gmock.h>

#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

using testing::HasSubstr;

TEST(Tables, HaveNamesOfTheirOwnAndEndWithTheReference) {
  std::set<std::string_view> names;
  for (const KernelTable* table : all_tables()) {
    EXPECT_TRUE(names.insert(table->name).second) << table->name;
    EXPECT_FALSE(table->description.empty());
  }
  EXPECT_EQ(all_tables().back()->name, "reference");
  EXPECT_TRUE(all_tables().back()->supported());
}

TEST(Tables, AutoIsTheFirstThatThisMachineRuns) {
  const auto chosen = choose_table();
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(*chosen, supported_tables().front());
}

TEST(Tables, CanBeChosenByName) {
  for (const KernelTable* table : supported_tables()) EXPECT_EQ(choose_table(table->name).value(), table);
}

TEST(Tables, AnUnknownNameIsAnErrorThatListsWhatThereIs) {
  const auto chosen = choose_table("neon");
  ASSERT_FALSE(chosen.has_value());
  EXPECT_EQ(chosen.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(chosen.error().message, HasSubstr("\"neon\""));
  for (const KernelTable* table : all_tables()) {
    EXPECT_THAT(chosen.error().message, HasSubstr(std::string(table->name)));
  }
}

TEST(Tables, OneThatThisMachineCannotRunIsAnError) {
  for (const KernelTable* table : all_tables()) {
    if (!table->supported()) {
      EXPECT_THAT(choose_table(table->name).error().message, HasSubstr("not on this machine"));
    }
  }
}

}  // namespace
}  // namespace ferry::kernels
