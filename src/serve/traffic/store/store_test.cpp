// The store against a naive model: random histories, read back through every filter, carried in pieces by
// carriers that come and go.

#include "serve/traffic/store.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/traffic/audit/audit.h"
#include "serve/traffic/journal/journal.h"
#include "serve/traffic/record_frame.h"
#include "serve/traffic/store/carrier.h"
#include "serve/traffic/store/erasure.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

Intent random_intent(Rng& rng, uint64_t exchange) {
  Intent intent = test_intent(exchange, static_cast<uint32_t>(rng.below(3)));
  intent.time_us = kTestTime + static_cast<int64_t>(rng.below(4 * kDayUs));
  intent.route = rng.below(2) == 0 ? "chat" : "mail";
  intent.target = rng.below(2) == 0 ? "openai/large" : "local/small";
  intent.user = fmt::format("person-{}", rng.below(4));
  intent.key_id = fmt::format("key-{}", rng.below(3));
  intent.reserved = static_cast<int64_t>(rng.below(1000));
  intent.labels.clear();
  if (rng.below(3) == 0) intent.labels = {"phi"};
  return intent;
}

Outcome random_outcome(Rng& rng, uint64_t exchange) {
  Outcome outcome = test_outcome(exchange, static_cast<uint32_t>(rng.below(3)));
  outcome.time_us = kTestTime + static_cast<int64_t>(rng.below(4 * kDayUs));
  outcome.fate = static_cast<Fate>(rng.below(7));
  outcome.cost = static_cast<int64_t>(rng.below(1000));
  return outcome;
}

// What the store must say, in the simplest way.
class Model {
 public:
  void add(const Intent& intent) {
    attempts_.try_emplace({intent.exchange, intent.attempt}, Attempt{intent, {}});
  }

  void add(const Outcome& outcome) {
    Intent nobody;
    nobody.exchange = outcome.exchange;
    nobody.attempt = outcome.attempt;
    nobody.time_us = outcome.time_us;
    Attempt& attempt =
        attempts_.try_emplace({outcome.exchange, outcome.attempt}, Attempt{nobody, {}}).first->second;
    if (!attempt.outcome) attempt.outcome = outcome;
  }

  std::vector<Attempt> attempts(const AttemptFilter& filter) const {
    std::vector<Attempt> found;
    for (const auto& [id, attempt] : attempts_) {
      if (matches(attempt, filter)) found.push_back(attempt);
    }
    std::stable_sort(found.begin(), found.end(), [](const Attempt& a, const Attempt& b) {
      return std::tie(a.intent.time_us, a.intent.exchange, a.intent.attempt) >
             std::tie(b.intent.time_us, b.intent.exchange, b.intent.attempt);
    });
    if (filter.limit && found.size() > *filter.limit) found.resize(*filter.limit);
    return found;
  }

  std::vector<DaySpend> spending(int64_t from_day, int64_t to_day) const {
    std::map<std::tuple<int64_t, std::string, std::string>, DaySpend> sums;
    for (const auto& [id, attempt] : attempts_) {
      const int64_t day = attempt.intent.time_us / kDayUs;
      if (day < from_day || day >= to_day) continue;
      DaySpend& sum = sums[{day, attempt.intent.key_id, attempt.intent.team_id}];
      sum.day = day;
      sum.key_id = attempt.intent.key_id;
      sum.team_id = attempt.intent.team_id;
      (attempt.outcome ? sum.settled : sum.unknown) +=
          attempt.outcome ? attempt.outcome->cost : attempt.intent.reserved;
      (attempt.outcome ? sum.settled_attempts : sum.unknown_attempts) += 1;
    }
    std::vector<DaySpend> rows;
    for (const auto& [key, sum] : sums) rows.push_back(sum);
    return rows;
  }

 private:
  static bool matches(const Attempt& attempt, const AttemptFilter& filter) {
    const Intent& intent = attempt.intent;
    const auto is = [](const std::string& wanted, const std::string& value) {
      return wanted.empty() || wanted == value;
    };
    return intent.time_us >= filter.time.from_us && intent.time_us < filter.time.to_us &&
           is(filter.route, intent.route) && is(filter.target, intent.target) &&
           is(filter.key_id, intent.key_id) && is(filter.team_id, intent.team_id) &&
           is(filter.user, intent.user) &&
           (filter.label.empty() ||
            std::find(intent.labels.begin(), intent.labels.end(), filter.label) != intent.labels.end()) &&
           (!filter.fate || (attempt.outcome && attempt.outcome->fate == *filter.fate)) &&
           (!filter.unknown_only || !attempt.outcome);
  }

  std::map<std::pair<ExchangeId, uint32_t>, Attempt> attempts_;
};

void expect_same(const std::vector<Attempt>& store, const std::vector<Attempt>& model) {
  ASSERT_EQ(store.size(), model.size());
  for (size_t i = 0; i < store.size(); ++i) {
    EXPECT_EQ(store[i].intent, model[i].intent) << i;
    EXPECT_EQ(store[i].outcome, model[i].outcome) << i;
  }
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { journal_ = Journal::open({.folder = folder_.path() / "journal"}).value(); }

  template <class Record>
  void append(const Record& record) {
    std::string frame;
    ASSERT_TRUE(build_frame(record, frame));
    ASSERT_TRUE(journal_->append(frame));
  }

  // By a carrier of its own, as after a restart.
  CarryReport carry() {
    auto carrier = Carrier::open(folder_.path(), folder_.path() / "journal").value();
    return carrier->carry(journal_->active_segment()).value();
  }

  void record_randomly(uint64_t seed, int records) {
    Rng rng(seed);
    for (int i = 0; i < records; ++i) {
      const uint64_t exchange = rng.below(static_cast<uint64_t>(records) / 2);
      if (rng.below(2) == 0) {
        const Intent intent = random_intent(rng, exchange);
        append(intent);
        model_.add(intent);
      } else {
        const Outcome outcome = random_outcome(rng, exchange);
        append(outcome);
        model_.add(outcome);
      }
      if (rng.below(100) == 0) carry();
      if (rng.below(200) == 0) {
        ASSERT_TRUE(journal_->rotate());
      }
    }
    carry();
  }

  TestFolder folder_;
  std::unique_ptr<Journal> journal_;
  Model model_;
};

TEST_F(StoreTest, RandomHistoriesReadAsAModelSays) {
  record_randomly(1, 1500);
  const auto store = TrafficStore::open(folder_.path()).value();
  const std::vector<AttemptFilter> filters = {
      {},
      {.limit = 10},
      {.time = {kTestTime + kDayUs, kTestTime + 2 * kDayUs}},
      {.route = "chat"},
      {.target = "local/small", .key_id = "key-1"},
      {.team_id = "sales"},
      {.user = "person-2", .label = "phi"},
      {.label = "phi", .fate = Fate::failed},
      {.unknown_only = true},
      {.route = "none"},
  };
  for (const AttemptFilter& filter : filters)
    expect_same(store->attempts(filter).value(), model_.attempts(filter));
  for (const auto& [from, to] :
       {std::pair<int64_t, int64_t>{0, 1 << 20}, {kTestTime / kDayUs, kTestTime / kDayUs + 2}}) {
    EXPECT_EQ(store->spending(from, to).value(), model_.spending(from, to));
  }
}

TEST_F(StoreTest, TheTablesOfRandomHistoriesPassTheirAudit) {
  record_randomly(2, 1000);
  Database database = open_traffic_database(folder_.path()).value();
  const AuditReport report = verify_store(database, std::nullopt).value();
  EXPECT_TRUE(report.is_intact()) << report.broken->table << ": " << report.broken->what;
  EXPECT_EQ(report.head.number, 1000);
  EXPECT_EQ(report.head, read_head(database).value());
}

TEST_F(StoreTest, CarryingAgainCarriesNothingTwice) {
  for (uint64_t n = 0; n < 10; ++n) append(test_intent(n));
  EXPECT_EQ(carry().records, 10u);
  EXPECT_EQ(carry().records, 0u);
  ASSERT_TRUE(journal_->rotate());
  append(test_outcome(3));
  EXPECT_EQ(carry().records, 1u);
}

TEST_F(StoreTest, CarriersOfTwoProcessesDoNotDisturbEachOther) {
  for (uint64_t n = 0; n < 2000; ++n) append(test_intent(n));
  uint64_t carried[2] = {};
  std::thread other([&] { carried[0] = carry().records; });
  carried[1] = carry().records;
  other.join();
  EXPECT_EQ(carried[0] + carried[1], 2000u);
  EXPECT_EQ(TrafficStore::open(folder_.path()).value()->attempts({}).value().size(), 2000u);
}

TEST_F(StoreTest, RecordsOfANewerFerryAreKeptAndChained) {
  std::string frame;
  ASSERT_TRUE(build_frame(static_cast<RecordKind>(77), "open", "personal", frame));
  ASSERT_TRUE(journal_->append(frame));
  append(test_intent(1));
  carry();
  Database database = open_traffic_database(folder_.path()).value();
  const AuditReport report = verify_store(database, std::nullopt).value();
  EXPECT_TRUE(report.is_intact());
  EXPECT_EQ(report.records_by_kind.at("unknown"), 1);
}

TEST_F(StoreTest, DaysAreUtc) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kDayUs - 1), 0);
  EXPECT_EQ(day_of(kDayUs), 1);
}

class ErasureTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    for (uint64_t n = 0; n < 10; ++n) {
      append(test_intent(n));
      append(test_outcome(n));
      append_content(n, n % 2 == 0 ? "chat" : "mail");
    }
    carry();
    database_.emplace(open_traffic_database(folder_.path()).value());
  }

  void append_content(uint64_t n, const std::string& route) {
    const Content content{test_id(n),
                          1,
                          kTestTime + static_cast<int64_t>(n) * kDayUs,
                          route,
                          ContentForm::full,
                          fmt::format("the secret of person-{}", n % 5),
                          "answer"};
    std::string frame;
    ASSERT_TRUE(build_frame(RecordKind::content, encode_open(content, 0), encode_personal(content), frame));
    ASSERT_TRUE(journal_->append(frame));
  }

  bool is_intact() { return verify_store(*database_, std::nullopt).value().is_intact(); }

  size_t contents() {
    const auto store = TrafficStore::open(folder_.path()).value();
    size_t count = 0;
    for (uint64_t n = 0; n < 10; ++n) count += store->contents(test_id(n), nullptr).value().size();
    return count;
  }

  // The bytes of the database's files, after what is in its log went into it.
  std::string file_bytes() {
    EXPECT_TRUE(empty_log(*database_));
    return read_file(folder_.path() / "traffic.db").value();
  }

  std::optional<Database> database_;
};

TEST_F(ErasureTest, ASubjectsTextsAndNameAreGoneAndTheChainHolds) {
  ASSERT_NE(file_bytes().find("the secret of person-3"), std::string::npos);
  const ErasureReport report = erase_subject(*database_, {.id = "person-3"}).value();
  EXPECT_EQ(report.exchanges, 2u);
  EXPECT_EQ(report.records, 6u);
  EXPECT_TRUE(is_intact());
  EXPECT_EQ(contents(), 8u);
  EXPECT_EQ(file_bytes().find("person-3"), std::string::npos);

  const auto store = TrafficStore::open(folder_.path()).value();
  EXPECT_TRUE(store->attempts({.user = "person-3"}).value().empty());
  const auto erased = store->attempts({.user = report.pseudonym}).value();
  ASSERT_EQ(erased.size(), 2u);
  EXPECT_EQ(erased[0].intent.route, "chat");  // what is not personal stays
  EXPECT_EQ(erased[0].intent.key_id, test_intent(8).key_id);
  EXPECT_TRUE(erased[0].outcome);
}

TEST_F(ErasureTest, AKeysNameIsGoneFromTheLedgerAndItsSumStays) {
  const auto store = TrafficStore::open(folder_.path()).value();
  const auto total = [&] {
    int64_t sum = 0;
    const auto spending = store->spending(0, 1 << 20).value();
    for (const DaySpend& day : spending) sum += day.spent();
    return sum;
  };
  const int64_t before = total();
  const ErasureReport report = erase_subject(*database_, {Subject::Kind::key, "key-1"}).value();
  EXPECT_EQ(report.exchanges, 3u);
  EXPECT_EQ(total(), before);
  EXPECT_TRUE(store->attempts({.key_id = "key-1"}).value().empty());
  EXPECT_EQ(file_bytes().find("key-1"), std::string::npos);
  EXPECT_TRUE(is_intact());
}

TEST_F(ErasureTest, WhoIsNotThereIsNotErased) {
  EXPECT_EQ(erase_subject(*database_, {.id = "nobody"}).value().exchanges, 0u);
  EXPECT_FALSE(erase_subject(*database_, {.id = ""}));
  EXPECT_EQ(read_head(*database_).value().number, 30);
}

TEST_F(ErasureTest, ContentsExpireByRouteAndTheChainHolds) {
  const ContentRetention retention{.by_route = {{"mail", Duration(0)}}, .others = std::chrono::hours(24 * 3)};
  const int64_t now = kTestTime + 10 * kDayUs;
  // Of "chat" there are the days 0, 2, 4, 6 and 8; 8 is younger than three days.
  EXPECT_EQ(drop_expired_contents(*database_, retention, now).value(), 4u);
  EXPECT_EQ(drop_expired_contents(*database_, retention, now).value(), 0u);
  EXPECT_EQ(contents(), 6u);
  EXPECT_TRUE(is_intact());
  EXPECT_EQ(TrafficStore::open(folder_.path()).value()->attempts({.user = "person-2"}).value().size(), 2u);
}

}  // namespace
}  // namespace ferry
