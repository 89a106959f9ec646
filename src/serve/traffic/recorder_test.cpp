#include "serve/traffic/recorder.h"

#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/traffic/audit/audit.h"
#include "serve/traffic/data_folder.h"
#include "serve/traffic/journal/segment.h"
#include "serve/traffic/store.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

class RecorderTest : public testing::Test {
 protected:
  std::unique_ptr<Recorder> open() { return Recorder::open(folder_.path(), settings_).value(); }

  TestFolder folder_;
  RecorderSettings settings_;
};

TEST_F(RecorderTest, WhatIsRecordedCanBeRead) {
  const auto recorder = open();
  ASSERT_TRUE(recorder->intent(test_intent(1)));
  ASSERT_TRUE(recorder->intent(test_intent(2)));
  recorder->outcome(test_outcome(1));
  ASSERT_TRUE(recorder->flush());
  const auto attempts = recorder->store().attempts({}).value();
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].intent, test_intent(2));
  EXPECT_FALSE(attempts[0].outcome);
  EXPECT_EQ(attempts[1].intent, test_intent(1));
  EXPECT_EQ(attempts[1].outcome, test_outcome(1));
  const RecorderStats stats = recorder->stats();
  EXPECT_EQ(stats.intents, 2u);
  EXPECT_EQ(stats.outcomes, 1u);
  EXPECT_EQ(stats.carried_records, 3u);
}

TEST_F(RecorderTest, ContentsAndFeedbackComeBack) {
  const auto recorder = open();
  const Content content{test_id(1), 1, kTestTime, "chat", ContentForm::full, "question", "answer"};
  recorder->content(content);
  const Feedback feedback{test_id(1), kTestTime, FeedbackKind::rating, 0.75, "good", "key-1"};
  ASSERT_TRUE(recorder->feedback(feedback));
  ASSERT_TRUE(recorder->flush());
  EXPECT_THAT(recorder->store().contents(test_id(1), nullptr).value(), testing::ElementsAre(content));
  EXPECT_THAT(recorder->store().feedback(test_id(1), nullptr).value(), testing::ElementsAre(feedback));
  EXPECT_THAT(recorder->store().contents(test_id(2), nullptr).value(), testing::IsEmpty());
}

TEST_F(RecorderTest, SealedContentsNeedTheirKey) {
  settings_.content_key = std::string(64, 'a');
  const auto recorder = open();
  const Content content{test_id(1), 1, kTestTime, "chat", ContentForm::full, "a secret question", "answer"};
  recorder->content(content);
  ASSERT_TRUE(recorder->flush());
  TrafficStore& store = recorder->store();
  const Sealer right = Sealer::from_hex(std::string(64, 'a')).value();
  const Sealer wrong = Sealer::from_hex(std::string(64, 'b')).value();
  EXPECT_THAT(store.contents(test_id(1), &right).value(), testing::ElementsAre(content));
  EXPECT_NE(store.contents(test_id(1), nullptr).error().message.find("sealed with the content key"),
            std::string::npos);
  EXPECT_NE(store.contents(test_id(1), &wrong).error().message.find("the one that was given"),
            std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find("a secret question"), std::string::npos) << entry.path();
  }
}

TEST_F(RecorderTest, AContentKeyThatIsNoneIsAnError) {
  settings_.content_key = "secret";
  const auto opened = Recorder::open(folder_.path(), settings_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
  settings_.content_key = std::string(64, 'a');
  settings_.content_key_file = "key";
  EXPECT_FALSE(Recorder::open(folder_.path(), settings_));
}

TEST_F(RecorderTest, ContentsThatTheQueueCannotHoldAreDroppedAndCounted) {
  settings_.content_queue = ByteSize{1000};
  const auto recorder = open();
  recorder->content({.exchange = test_id(1), .request = std::string(2000, 'x')});
  EXPECT_EQ(recorder->stats().dropped_contents, 1u);
  recorder->content({.exchange = test_id(2), .request = "x"});
  ASSERT_TRUE(recorder->flush());
  EXPECT_EQ(recorder->store().contents(test_id(2), nullptr).value().size(), 1u);
}

TEST_F(RecorderTest, CarriedSegmentsAreRemovedAndNumbersGoOn) {
  for (int run = 0; run < 3; ++run) {
    const auto recorder = open();
    ASSERT_TRUE(recorder->intent(test_intent(static_cast<uint64_t>(run))));
  }
  const auto recorder = open();
  EXPECT_THAT(list_segments(journal_folder(folder_.path())).value(), testing::ElementsAre(4));
  EXPECT_EQ(recorder->store().attempts({}).value().size(), 3u);
}

TEST_F(RecorderTest, CarriedSegmentsStayAsLongAsTheSettingSays) {
  settings_.journal_retention = std::chrono::hours(1);
  for (int run = 0; run < 2; ++run) open();
  const auto recorder = open();
  EXPECT_EQ(list_segments(journal_folder(folder_.path()))->size(), 3u);
}

TEST_F(RecorderTest, ToolsCarryWhatAKilledGatewayLeft) {
  settings_.journal_retention = std::chrono::hours(1);
  { const auto journal_only = open(); }
  const pid_t child = ::fork();
  if (child == 0) {
    auto recorder = Recorder::open(folder_.path(), settings_);
    for (uint64_t n = 0; recorder && n < 10; ++n) (void)(*recorder)->intent(test_intent(n));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(carry_if_idle(folder_.path()));
  ASSERT_TRUE(carry_if_idle(folder_.path()));
  EXPECT_EQ(TrafficStore::open(folder_.path()).value()->attempts({})->size(), 10u);
}

TEST_F(RecorderTest, ADamagedJournalCostsWhatIsDamagedAndSaysSo) {
  settings_.journal_retention = std::chrono::hours(1);
  { const auto journal_only = open(); }
  const pid_t child = ::fork();
  if (child == 0) {
    auto recorder = Recorder::open(folder_.path(), settings_);
    for (uint64_t n = 0; recorder && n < 10; ++n) (void)(*recorder)->intent(test_intent(n));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  // Some of them may have been carried before the end: carry again into a new database.
  std::filesystem::remove(folder_.path() / "traffic.db");
  std::filesystem::remove(folder_.path() / "traffic.db-wal");
  std::filesystem::remove(folder_.path() / "traffic.db-shm");
  const auto segment = segment_path(journal_folder(folder_.path()), 2);
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(kSegmentHeaderBytes + 1000);
  file.put('\x7F');
  file.close();
  const auto recorder = open();
  EXPECT_EQ(recorder->store().attempts({})->size(), 9u);
  EXPECT_GT(recorder->stats().damaged_bytes, 0u);
}

TEST_F(RecorderTest, ManyThreadsRecordWhileTheStoreIsRead) {
  const auto recorder = open();
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 250;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kEach; ++i) {
        ASSERT_TRUE(recorder->intent(test_intent(t * kEach + i)));
        recorder->outcome(test_outcome(t * kEach + i));
        recorder->content({.exchange = test_id(t * kEach + i), .request = "q", .answer = "a"});
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(recorder->flush());
    ASSERT_TRUE(recorder->store().attempts({.limit = 10}));
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(recorder->flush());
  const auto attempts = recorder->store().attempts({.fate = Fate::ok}).value();
  EXPECT_EQ(attempts.size(), kThreads * kEach);
  EXPECT_EQ(recorder->stats().carried_records, 3 * kThreads * kEach);
}

struct Acknowledged {
  uint64_t exchange = 0;
  bool has_outcome = false;
};

// What a gateway does that is killed: records exchanges until it dies, saying how far it came.
[[noreturn]] void record_until_killed(const std::filesystem::path& data_dir, RecorderSettings settings,
                                      uint64_t first, int pipe) {
  settings.journal_segment_size = ByteSize{uint64_t{32} << 10};
  settings.journal_sync_interval = Duration(1);
  auto recorder = Recorder::open(data_dir, settings);
  for (uint64_t n = first; recorder && (*recorder)->intent(test_intent(n)); ++n) {
    const Acknowledged sent{n, false};
    if (::write(pipe, &sent, sizeof sent) != sizeof sent) break;
    (*recorder)->outcome(test_outcome(n));
    const Acknowledged ended{n, true};
    if (::write(pipe, &ended, sizeof ended) != sizeof ended) break;
    if (n % 50 == 0) (void)(*recorder)->flush();  // so that it also dies while it carries
  }
  ::_exit(1);
}

TEST_F(RecorderTest, KillingTheGatewayAgainAndAgainLosesNothingAndCountsNothingTwice) {
  constexpr uint64_t kRounds = 8;
  constexpr uint64_t kApart = 1'000'000;
  uint64_t intents = 0;
  uint64_t outcomes = 0;
  std::map<ExchangeId, bool> acknowledged;
  for (uint64_t round = 0; round < kRounds; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) record_until_killed(folder_.path(), settings_, round * kApart, pipe[1]);
    ::close(pipe[1]);
    Acknowledged one;
    for (uint64_t count = 1; ::read(pipe[0], &one, sizeof one) == sizeof one; ++count) {
      bool& has_outcome = acknowledged[test_id(one.exchange)];
      has_outcome = has_outcome || one.has_outcome;
      (one.has_outcome ? outcomes : intents) += 1;
      if (count == 150 + 61 * round) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  ASSERT_GE(intents + outcomes, kRounds * 150);

  const auto recorder = open();
  const auto attempts = recorder->store().attempts({}).value();
  // An intent that was written may not have been acknowledged before the end.
  EXPECT_GE(attempts.size(), intents);
  EXPECT_LE(attempts.size(), intents + kRounds);
  int64_t expected = 0;
  for (const Attempt& attempt : attempts) {
    expected += attempt.outcome ? attempt.outcome->cost : attempt.intent.reserved;
    const auto known = acknowledged.find(attempt.intent.exchange);
    if (known == acknowledged.end()) continue;
    EXPECT_TRUE(attempt.outcome.has_value() || !known->second);
    acknowledged.erase(known);
  }
  EXPECT_TRUE(acknowledged.empty()) << acknowledged.size() << " acknowledged exchanges are not there";
  int64_t spent = 0;
  const auto spending = recorder->store().spending(0, 1 << 20).value();
  for (const DaySpend& day : spending) spent += day.spent();
  EXPECT_EQ(spent, expected);
  Database database = open_traffic_database(folder_.path()).value();
  EXPECT_TRUE(verify_store(database, std::nullopt)->is_intact());
}

// A limit on file sizes stands in for a full disk.
int record_on_a_full_disk(const std::filesystem::path& data_dir, const RecorderSettings& settings) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto recorder = Recorder::open(data_dir, settings);
  if (!recorder || !(*recorder)->intent(test_intent(1))) return 1;
  const rlimit limit{0, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  const auto refused = (*recorder)->intent(test_intent(2));
  if (refused.has_value() != settings.allow_unrecorded) return 3;
  (*recorder)->outcome(test_outcome(1));
  if ((*recorder)->stats().unrecorded != 1 || (*recorder)->stats().waiting_outcomes != 1) return 4;
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 5;
  while (!(*recorder)->flush()) continue;
  const auto attempts = (*recorder)->store().attempts({});
  if (!attempts || attempts->size() != 1 || !attempts->front().outcome) return 6;
  return 0;
}

TEST_F(RecorderTest, OnAFullDiskExchangesAreRefusedAndOutcomesWait) {
  for (const bool allow : {false, true}) {
    settings_.allow_unrecorded = allow;
    settings_.journal_sync_interval = std::chrono::hours(1);
    const auto data_dir = folder_.path() / (allow ? "allow" : "refuse");
    std::filesystem::create_directories(data_dir);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(record_on_a_full_disk(data_dir, settings_));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << allow;
  }
}

}  // namespace
}  // namespace ferry
