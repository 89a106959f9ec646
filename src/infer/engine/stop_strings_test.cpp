#include "infer/engine/stop_strings.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

TEST(StopStrings, HoldsBackOnlyWhatMayBeginOne) {
  StopStrings stops({"\n\n", "END"});
  EXPECT_EQ(stops.push("hello\n").text, "hello");
  EXPECT_EQ(stops.push("world E").text, "\nworld ");
  EXPECT_EQ(stops.push("N").text, "");
  EXPECT_EQ(stops.push("T").text, "ENT");
  const auto last = stops.push(" x END y");
  EXPECT_EQ(last.text, " x ");
  EXPECT_TRUE(last.stopped);
}

TEST(StopStrings, TheOneThatEndsFirstWinsAndThenTheLongest) {
  StopStrings inner({"bc", "abcd"});
  EXPECT_EQ(inner.push("xabcd").text, "xa");
  StopStrings same_end({"bc", "abc", "c"});
  const auto release = same_end.push("xabcd");
  EXPECT_EQ(release.text, "x");
  EXPECT_EQ(release.stop, "abc");
}

TEST(StopStrings, IncludesTheStopStringIfAsked) {
  StopStrings stops({"END"}, true);
  EXPECT_EQ(stops.push("x E").text, "x ");
  const auto last = stops.push("ND y");
  EXPECT_EQ(last.text, "END");
  EXPECT_EQ(last.stop, "END");
}

TEST(StopStrings, OneThatEndsTooEarlyDoesNotCount) {
  StopStrings stops({"ab", "xabcd"});
  EXPECT_EQ(stops.push("ab..xab", false).text, "ab..");
  EXPECT_EQ(stops.push("c").text, "");  // "ab" is there, but ended before
  const auto last = stops.push("d!");
  EXPECT_TRUE(last.stopped);
  EXPECT_EQ(last.stop, "xabcd");
  StopStrings across({"ab"});
  EXPECT_EQ(across.push("a", false).text, "");
  EXPECT_TRUE(across.push("b").stopped);
}

TEST(StopStrings, GivesBackTheBeginningOfNothing) {
  StopStrings stops({"###"});
  EXPECT_EQ(stops.push("a##").text, "a");
  EXPECT_EQ(stops.finish(), "##");
}

// However a text is cut, the same comes out: that of a search byte by byte.
TEST(StopStrings, CutsDoNotMatter) {
  Rng rng(3);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += static_cast<char>('a' + rng.below(3));
    const auto part = [&] { return text.substr(10 + rng.below(10), 1 + rng.below(4)); };
    const std::vector<std::string> all = {part(), part(), "cccc"};
    const bool include = rng.below(2) == 0;
    std::string expected = text;
    std::string expected_stop;
    for (size_t end = 1; end <= text.size() && expected_stop.empty(); ++end) {
      for (const std::string& stop : all) {
        if (stop.size() <= expected_stop.size() || !std::string_view(text).substr(0, end).ends_with(stop))
          continue;
        expected_stop = stop;
        expected = text.substr(0, include ? end : end - stop.size());
      }
    }
    StopStrings stops(all, include);
    std::string out;
    StopStrings::Release release;
    for (size_t at = 0; at < text.size() && !release.stopped;) {
      const size_t n = 1 + rng.below(5);
      release = stops.push(text.substr(at, n));
      out += release.text;
      at += n;
    }
    if (!release.stopped) out += stops.finish();
    EXPECT_EQ(out, expected) << text;
    EXPECT_EQ(release.stop, expected_stop);
  }
}

}  // namespace
}  // namespace ferry
