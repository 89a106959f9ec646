#include "base/observe/metrics_reader.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/observe/metrics.h"

namespace ferry {
namespace {

TEST(MetricsReader, ReadsWhatIsWritten) {
  MetricsText text;
  text.family("requests_total", "counter", "Requests.\nMany \\ of them.");
  text.sample("requests_total", {{"route", "a \"quoted\" name\\\nand more"}, {"empty", ""}}, 12);
  text.sample("process_seconds", {}, 0.25);
  Histogram histogram({0.5, 1});
  histogram.observe(0.7);
  text.histogram("seconds", {{"route", "x"}}, histogram);
  const auto samples = parse_metrics(text.take()).value();
  ASSERT_EQ(samples.size(), 7U);
  EXPECT_EQ(samples[0].name, "requests_total");
  EXPECT_EQ(samples[0].label("route"), "a \"quoted\" name\\\nand more");
  EXPECT_EQ(samples[0].label("empty"), "");
  EXPECT_EQ(samples[0].label("missing"), "");
  EXPECT_EQ(samples[0].value, 12);
  EXPECT_EQ(samples[1].value, 0.25);
  EXPECT_TRUE(samples[1].labels.empty());
  EXPECT_EQ(samples[4].name, "seconds_bucket");
  EXPECT_EQ(samples[4].label("le"), "+Inf");
  EXPECT_EQ(samples[4].value, 1);
}

TEST(MetricsReader, ReadsWhatOthersWrite) {
  const auto samples = parse_metrics(
                           "# a comment\r\n\n  # another\n"
                           "  up { job = \"x\" , } \t 1 1700000000000\r\n"
                           "a:b{x=\"\\z\\\"\"} +Inf\n"
                           "c -Inf\nd NaN\ne +1e3\nf{} 2")
                           .value();
  ASSERT_EQ(samples.size(), 6U);
  EXPECT_EQ(samples[0].label("job"), "x");
  EXPECT_EQ(samples[0].value, 1);
  EXPECT_EQ(samples[1].name, "a:b");
  EXPECT_EQ(samples[1].label("x"), "\\z\"");
  EXPECT_TRUE(std::isinf(samples[1].value));
  EXPECT_LT(samples[2].value, 0);
  EXPECT_TRUE(std::isnan(samples[3].value));
  EXPECT_EQ(samples[4].value, 1000);
  EXPECT_EQ(samples[5].value, 2);
}

TEST(MetricsReader, SaysWhereAPageIsWrong) {
  const auto error = [](std::string_view line) {
    const auto samples = parse_metrics("good 1\n" + std::string(line) + "\n");
    EXPECT_FALSE(samples) << line;
    return samples ? std::string() : samples.error().message;
  };
  EXPECT_EQ(error("{a=\"b\"} 1"), "line 2: there must be a metric's name");
  EXPECT_EQ(error("a{b} 1"), "line 2: labels must read name=\"value\"");
  EXPECT_EQ(error("a{b=c} 1"), "line 2: the value of label b must be quoted");
  EXPECT_EQ(error("a{b=\"c} 1"), "line 2: a label's value has no end");
  EXPECT_EQ(error("a{b=\"c\\"), "line 2: a label's value has no end");
  EXPECT_EQ(error("a{b=\"c\" d=\"e\"} 1"), "line 2: after label b there must be a comma or a brace");
  EXPECT_EQ(error("a{b=\"c\""), "line 2: after label b there must be a comma or a brace");
  EXPECT_EQ(error("a"), "line 2: \"\" is no number");
  EXPECT_EQ(error("a 1x"), "line 2: \"1x\" is no number");
  EXPECT_EQ(error("a +-1"), "line 2: \"+-1\" is no number");
  EXPECT_EQ(error("a 1 2 3"), "line 2: something follows the sample");
  EXPECT_EQ(error("<html>"), "line 2: there must be a metric's name");
}

}  // namespace
}  // namespace ferry
