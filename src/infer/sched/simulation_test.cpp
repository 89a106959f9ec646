#include "infer/sched/simulation.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

// scheduler_bench.cpp runs a million steps.
TEST(Simulation, SixtyThousandRandomStepsKeepEveryInvariant) {
  const SimulationReport report = simulate(1, 60000);
  EXPECT_EQ(report.failure, "");
  // It is a test only if all of this happens.
  EXPECT_GT(report.answers, 1000u);
  EXPECT_GT(report.cancelled, 100u);
  EXPECT_GT(report.branched, 1000u);
  EXPECT_GT(report.copies, 1000u);
  EXPECT_GT(report.preemptions, 1000u);
  EXPECT_GT(report.hits, 10000u);
  EXPECT_GT(report.accepted, 10000u);
  EXPECT_GT(report.drafts - report.accepted, 10000u);
  RecordProperty("longest_wait", static_cast<int>(report.longest_wait));
}

}  // namespace
}  // namespace ferry
