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

TEST(StopStrings, TheEarliestOneWins) {
  StopStrings stops({"bc", "abcd"});
  EXPECT_EQ(stops.push("xabcd").text, "x");
}

TEST(StopStrings, GivesBackTheBeginningOfNothing) {
  StopStrings stops({"###"});
  EXPECT_EQ(stops.push("a##").text, "a");
  EXPECT_EQ(stops.finish(), "##");
}

// However a text is cut, what comes out is the text up to the first stop string.
TEST(StopStrings, CutsDoNotMatter) {
  Rng rng(3);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += static_cast<char>('a' + rng.below(3));
    const std::string stop = text.substr(10 + rng.below(10), 1 + rng.below(4));
    StopStrings stops({stop, "cccc"});
    std::string out;
    bool stopped = false;
    for (size_t at = 0; at < text.size() && !stopped;) {
      const size_t n = 1 + rng.below(5);
      const auto release = stops.push(text.substr(at, n));
      out += release.text;
      stopped = release.stopped;
      at += n;
    }
    if (!stopped) out += stops.finish();
    EXPECT_EQ(out, text.substr(0, std::min(text.find(stop), text.find("cccc")))) << text << " | " << stop;
  }
}

}  // namespace
}  // namespace ferry
