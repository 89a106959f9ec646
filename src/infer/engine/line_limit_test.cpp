#include "infer/engine/line_limit.h"

#include <vector>

#include <gtest/gtest.h>

namespace ferry {
namespace {

// What is left of a text that comes in pieces of `size` bytes.
std::string limited(const std::string& text, size_t size, LineLimitSettings settings) {
  LineLimit limit(settings);
  std::string kept;
  for (size_t at = 0; at < text.size(); at += size) {
    std::string piece = text.substr(at, size);
    const bool ended = limit.cut(piece);
    kept += piece;
    if (ended) break;
  }
  return kept;
}

TEST(LineLimit, EndsWhereALineLeavesTheBlockHoweverTheTextIsCut) {
  const std::string text = "x = 1\n    y = 2\n\n\t\t\t\tz = 3\r\n  \n  w = 4\n    v";
  for (size_t size = 1; size <= text.size(); ++size) {
    EXPECT_EQ(limited(text, size, {.least_indent = 4}), "x = 1\n    y = 2\n\n\t\t\t\tz = 3\r\n  \n  ")
        << size;
    EXPECT_EQ(limited(text, size, {.least_indent = 2}), text) << size;
    EXPECT_EQ(limited(text, size, {.least_indent = 5}), "x = 1\n    ") << size;
    EXPECT_EQ(limited(text, size, {}), text) << size;
  }
  // The first line goes on where the prompt's last one ends.
  EXPECT_EQ(limited("x = 1", 2, {.least_indent = 4}), "x = 1");
}

TEST(LineLimit, WaitsForTheFirstLineAndThenNoLongerThanItMay) {
  LineLimit limit({.end_ms = 100});
  std::string text = "a";
  EXPECT_FALSE(limit.cut(text));
  EXPECT_FALSE(limit.late(5000));
  text = "b\nc";
  EXPECT_FALSE(limit.cut(text));
  EXPECT_EQ(text, "b\nc");
  EXPECT_FALSE(limit.late(100));
  EXPECT_TRUE(limit.late(101));
  LineLimit without({.least_indent = 1});
  EXPECT_FALSE(without.cut(text = "a\n"));
  EXPECT_FALSE(without.late(5000));
}

}  // namespace
}  // namespace ferry
