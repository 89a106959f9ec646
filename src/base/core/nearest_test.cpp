#include "base/core/nearest.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(Nearest, DistanceCountsInsertionsRemovalsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("pilot", "pilot"), 0u);
  EXPECT_EQ(edit_distance("Pilot", "pilot"), 0u);
  EXPECT_EQ(edit_distance("pilto", "pilot"), 1u);
  EXPECT_EQ(edit_distance("plot", "pilot"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
}

TEST(Nearest, SuggestsOnlyWhatCouldBeMeant) {
  const std::vector<std::string> names = {"serve", "run", "list", "show"};
  EXPECT_EQ(nearest_name("sevre", names), "serve");
  EXPECT_EQ(nearest_name("lits", names), "list");
  EXPECT_EQ(nearest_name("quantise", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_first("shwo", names).front(), "show");
}

}  // namespace
}  // namespace ferry
