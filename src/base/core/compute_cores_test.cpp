#include "base/core/compute_cores.h"

#include <thread>

#include <gmock/gmock.h>
#include <sched.h>

#include "base/core/cpu_quota.h"
#include "base/core/thread_pool.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Four physical cores of two logical ones each, numbered as Linux mostly does.
const std::vector<LogicalCore> kEight = {{0, "0,4"}, {1, "1,5"}, {2, "2,6"}, {3, "3,7"},
                                         {4, "0,4"}, {5, "1,5"}, {6, "2,6"}, {7, "3,7"}};

TEST(ComputeCores, AreTheFirstOfEachPhysicalCore) {
  const ComputeCores cores = choose_compute_cores(kEight, 8, 0, true);
  EXPECT_EQ(cores.threads, 4);
  EXPECT_THAT(cores.pins, ElementsAre(0, 1, 2, 3));
}

TEST(ComputeCores, KeepWithinAQuotaAndArePinnedToNothingThen) {
  const ComputeCores cores = choose_compute_cores(kEight, 2, 0, true);
  EXPECT_EQ(cores.threads, 2);
  EXPECT_THAT(cores.pins, IsEmpty());
  EXPECT_THAT(choose_compute_cores(kEight, 6, 0, true).pins, IsEmpty());
}

TEST(ComputeCores, AreThoseThatTheProcessMayUse) {
  EXPECT_THAT(choose_compute_cores({{5, "1,5"}, {7, "3,7"}}, 2, 0, true).pins, ElementsAre(5, 7));
}

TEST(ComputeCores, AreNotPinnedWhereTheyArePartOfTheMachineOrMoreThanIt) {
  EXPECT_THAT(choose_compute_cores(kEight, 8, 2, true).pins, IsEmpty());
  EXPECT_THAT(choose_compute_cores(kEight, 8, 16, true).pins, IsEmpty());
  EXPECT_EQ(choose_compute_cores(kEight, 8, 16, true).threads, 16);
  EXPECT_THAT(choose_compute_cores(kEight, 8, 4, true).pins, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(choose_compute_cores(kEight, 8, 4, false).pins, IsEmpty());
}

TEST(ComputeCores, WithoutTopologyEachIsPhysical) {
  EXPECT_THAT(choose_compute_cores({{0, ""}, {1, ""}}, 2, 0, true).pins, ElementsAre(0, 1));
  EXPECT_EQ(choose_compute_cores({}, 1, 0, true).threads, 1);
}

TEST(ComputeCores, OfThisMachineAreSome) {
  const ComputeCores cores = choose_compute_cores(0, true);
  EXPECT_GE(cores.threads, 1);
  EXPECT_LE(cores.threads, usable_cores());
}

// The last core of this machine that the process may use: what each worker then runs on.
TEST(ThreadPool, KeepsItsThreadsOnTheirCores) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &allowed)) --last;
  std::thread([&] {  // so that this test's own thread stays as it is
    ThreadPool pool(3, {last, last, last});
    pool.keep_caller();
    std::vector<int> on(300, -1);
    pool.parallel_for(300, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) on[static_cast<size_t>(i)] = sched_getcpu();
    });
    EXPECT_THAT(on, testing::Each(last));
  })
      .join();
}

}  // namespace
}  // namespace ferry
