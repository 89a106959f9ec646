#include "base/observe/metrics.h"

#include <thread>

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(Metrics, TextIsAsPrometheusReadsIt) {
  Histogram waits({0.5, 1, 20});
  for (const double seconds : {0.25, 0.5, 0.75, 30.0}) waits.observe(seconds);
  MetricsText text;
  text.family("waits_seconds", "histogram", "a \\ and a\nbreak");
  text.histogram("waits_seconds", {{"model", "a\"b"}}, waits);
  text.family("up", "gauge", "whether");
  text.sample("up", {}, 1);
  text.sample("share", {{"a", "x"}, {"b", "y"}}, 0.125);
  EXPECT_EQ(text.take(),
            "# HELP waits_seconds a \\\\ and a\\nbreak\n"
            "# TYPE waits_seconds histogram\n"
            "waits_seconds_bucket{model=\"a\\\"b\",le=\"0.5\"} 2\n"
            "waits_seconds_bucket{model=\"a\\\"b\",le=\"1\"} 3\n"
            "waits_seconds_bucket{model=\"a\\\"b\",le=\"20\"} 3\n"
            "waits_seconds_bucket{model=\"a\\\"b\",le=\"+Inf\"} 4\n"
            "waits_seconds_sum{model=\"a\\\"b\"} 31.5\n"
            "waits_seconds_count{model=\"a\\\"b\"} 4\n"
            "# HELP up whether\n"
            "# TYPE up gauge\n"
            "up 1\n"
            "share{a=\"x\",b=\"y\"} 0.125\n");
}

TEST(Metrics, ManyThreadsLoseNothing) {
  Histogram histogram({10});
  Counter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        histogram.observe(i % 20);
        counter.add();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 80000u);
  EXPECT_EQ(histogram.counts(), (std::vector<uint64_t>{44000, 36000}));
  EXPECT_EQ(histogram.sum(), 80000 * 9.5);
}

}  // namespace
}  // namespace ferry
