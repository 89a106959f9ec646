#include "serve/traffic/journal/journal.h"

#include <csignal>
#include <map>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/traffic/journal/test_segments.h"

namespace ferry {
namespace {

std::string frame_of(uint64_t n) {
  std::string frame;
  FERRY_CHECK(build_frame(test_intent(n), frame).has_value());
  return frame;
}

size_t bytes_of_frames(uint64_t count) {
  size_t bytes = 0;
  for (uint64_t n = 0; n < count; ++n) bytes += frame_of(n).size();
  return bytes;
}

Result<void> append(Journal& journal, uint64_t n) {
  std::string frame = frame_of(n);
  return journal.append(frame);
}

// Of all segments, in order.
std::vector<uint64_t> all_intents(const std::filesystem::path& folder, bool whole = true) {
  std::vector<uint64_t> all;
  const std::vector<uint64_t> numbers = list_segments(folder).value();
  for (const uint64_t number : numbers) {
    const ReadBack back = read_back(segment_path(folder, number), whole);
    all.insert(all.end(), back.intents.begin(), back.intents.end());
  }
  return all;
}

class JournalTest : public testing::Test {
 protected:
  JournalSettings settings() const { return {.folder = folder_.path() / "journal"}; }

  TestFolder folder_;
};

TEST_F(JournalTest, AppendedRecordsAreThereAtOnce) {
  auto journal = Journal::open(settings()).value();
  for (uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(append(*journal, n));
  EXPECT_EQ(all_intents(settings().folder, false), first_numbers(100));
}

TEST_F(JournalTest, EachStartBeginsASegment) {
  for (uint64_t n = 0; n < 3; ++n) {
    auto journal = Journal::open(settings()).value();
    EXPECT_EQ(journal->active_segment(), n + 1);
    ASSERT_TRUE(append(*journal, n));
  }
  EXPECT_EQ(all_intents(settings().folder), first_numbers(3));
}

TEST_F(JournalTest, RotatingLosesNothingAndKeepsTheOrder) {
  auto journal = Journal::open(settings()).value();
  for (uint64_t n = 0; n < 50; ++n) {
    ASSERT_TRUE(append(*journal, n));
    if (n % 10 == 9) {
      ASSERT_TRUE(journal->rotate());
    }
  }
  EXPECT_EQ(journal->active_segment(), 6u);
  EXPECT_EQ(all_intents(settings().folder, false), first_numbers(50));
  // What was reserved is given back.
  const auto path = segment_path(settings().folder, 1);
  EXPECT_EQ(std::filesystem::file_size(path), kSegmentHeaderBytes + bytes_of_frames(10));
}

TEST_F(JournalTest, AFullSegmentIsFollowedByTheNext) {
  JournalSettings small = settings();
  small.segment_size = ByteSize{4096};
  small.sync_interval = Duration(1);
  auto journal = Journal::open(small).value();
  uint64_t n = 0;
  while (journal->active_segment() < 4) ASSERT_TRUE(append(*journal, n++));
  EXPECT_EQ(all_intents(small.folder, false), first_numbers(n));
}

TEST_F(JournalTest, OneProcessHoldsTheFolder) {
  auto journal = Journal::open(settings()).value();
  const auto second = Journal::open(settings());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(second.error().message.find("another process records here"), std::string::npos);
  journal.reset();
  EXPECT_TRUE(Journal::open(settings()));
}

TEST_F(JournalTest, CutsTheTornTailOfTheLastSegment) {
  auto journal = Journal::open(settings()).value();
  for (uint64_t n = 0; n < 3; ++n) ASSERT_TRUE(append(*journal, n));
  journal.reset();
  const auto path = segment_path(settings().folder, 1);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5);
  journal = Journal::open(settings()).value();
  EXPECT_EQ(std::filesystem::file_size(path), kSegmentHeaderBytes + bytes_of_frames(2));
  ASSERT_TRUE(append(*journal, 2));
  EXPECT_EQ(all_intents(settings().folder, false), first_numbers(3));
}

TEST_F(JournalTest, ManyThreadsAppendWholeFramesInTheirOrder) {
  JournalSettings small = settings();
  small.segment_size = ByteSize{uint64_t{64} << 10};
  small.sync_interval = Duration(1);
  auto journal = Journal::open(small).value();
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 500;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kEach; ++i) ASSERT_TRUE(append(*journal, t * 1000 + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<uint64_t, std::vector<uint64_t>> by_thread;
  for (const uint64_t n : all_intents(small.folder, false)) by_thread[n / 1000].push_back(n % 1000);
  ASSERT_EQ(by_thread.size(), kThreads);
  for (const auto& [thread, numbers] : by_thread) EXPECT_EQ(numbers, first_numbers(kEach)) << thread;
}

// What a child process does that is killed: appends until it dies, saying how far it came.
[[noreturn]] void append_until_killed(const JournalSettings& settings, int pipe) {
  auto journal = Journal::open(settings);
  for (uint64_t n = 0; journal && append(**journal, n); ++n) {
    if (::write(pipe, &n, sizeof n) != sizeof n) break;
  }
  ::_exit(1);
}

TEST_F(JournalTest, KillingTheProcessLosesNothingThatWasAcknowledged) {
  uint64_t acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    JournalSettings here = settings();
    here.folder = folder_.path() / fmt::format("round{}", round);
    here.segment_size = ByteSize{uint64_t{32} << 10};
    here.sync_interval = Duration(1);
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) append_until_killed(here, pipe[1]);
    ::close(pipe[1]);
    uint64_t n = 0;
    uint64_t count = 0;
    while (::read(pipe[0], &n, sizeof n) == sizeof n) {
      if (++count == 100 + 37 * static_cast<uint64_t>(round)) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    ASSERT_TRUE(Journal::open(here));
    const std::vector<uint64_t> there = all_intents(here.folder);
    ASSERT_GE(there.size(), count);
    EXPECT_EQ(there, first_numbers(there.size()));
    acknowledged += count;
  }
  EXPECT_GT(acknowledged, 20 * 100u);
}

// A limit on file sizes stands in for a full disk: a write is cut short in the same way.
int append_to_a_full_disk(const JournalSettings& settings) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto journal = Journal::open(settings);
  if (!journal) return 1;
  const rlim_t bytes = kSegmentHeaderBytes + bytes_of_frames(2) + 11;
  const rlimit limit{bytes, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  if (!append(**journal, 0) || !append(**journal, 1)) return 3;
  for (int i = 0; i < 3; ++i) {
    const auto refused = append(**journal, 2);
    if (refused || refused.error().code != ErrorCode::resource_exhausted) return 4;
  }
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 5;
  return append(**journal, 2) ? 0 : 6;
}

TEST_F(JournalTest, AFullDiskRefusesAndLeavesNothingHalfWritten) {
  JournalSettings here = settings();
  here.segment_size = ByteSize{256};
  here.sync_interval = std::chrono::hours(1);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(append_to_a_full_disk(here));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const ReadBack back = read_back(segment_path(here.folder, 1), true);
  EXPECT_EQ(back.intents, first_numbers(3));
  EXPECT_EQ(back.read.damaged_bytes, 0u);
}

TEST_F(JournalTest, AFolderThatCannotBeMadeIsAnError) {
  ASSERT_TRUE(write_file_atomic(folder_.path() / "file", ""));
  const auto journal = Journal::open({.folder = folder_.path() / "file" / "journal"});
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace ferry
