#include "base/observe/series_table.h"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/observe/metrics.h"

namespace ferry {
namespace {

using Table = SeriesTable<Counter, 2>;

std::map<std::string, uint64_t> counts(const Table& table) {
  std::map<std::string, uint64_t> counts;
  table.for_each([&](const Table::Labels& labels, const Counter& count) {
    const std::string name = std::string(labels[0]) + "/" + std::string(labels[1]);
    EXPECT_TRUE(counts.emplace(name, count.value()).second) << name << " comes twice";
  });
  return counts;
}

TEST(SeriesTable, CountsByAllLabels) {
  Table table(10);
  table.at({"a", "b"}).add(2);
  table.at({"a", "c"}).add();
  table.at({"", "ab"}).add();
  table.at({"ab", ""}).add(5);
  table.at({std::string("a"), std::string("b")}).add();
  EXPECT_EQ(counts(table), (std::map<std::string, uint64_t>{{"a/b", 3}, {"a/c", 1}, {"/ab", 1}, {"ab/", 5}}));
}

TEST(SeriesTable, WhatIsBeyondTheBoundCountsTogether) {
  Table table(3);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) table.at({"key", std::to_string(i)}).add();
  }
  EXPECT_EQ(counts(table), (std::map<std::string, uint64_t>{
                               {"key/0", 2}, {"key/1", 2}, {"key/2", 2}, {"other/other", 1994}}));
}

TEST(SeriesTable, ThreadsAgreeOnTheSeries) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20000;
  Table table(100);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) table.at({"key", std::to_string(i % 150)}).add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t sum = 0;
  const auto all = counts(table);
  for (const auto& [name, count] : all) sum += count;
  EXPECT_EQ(sum, uint64_t{kThreads} * kRounds);
  EXPECT_EQ(all.size(), 101U) << "each series once, and the others'";
}

}  // namespace
}  // namespace ferry
