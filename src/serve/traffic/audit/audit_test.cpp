#include "serve/traffic/audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/traffic/audit/proof.h"
#include "serve/traffic/store/erasure.h"
#include "serve/traffic/store/record_writer.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

// The chain's arithmetic, worked out apart (Python's hashlib) for one record.
TEST(Chain, IsWhatTheDocumentationSays) {
  const std::string salt(kSaltBytes, '\1');
  const Digest personal = personal_digest(salt, "who");
  EXPECT_EQ(to_hex(personal), "f195470af16697046f33758adf32fce683c532166ee70b683e5e423d334275dc");
  const Digest record = record_digest(1, 1, "open", personal);
  EXPECT_EQ(to_hex(record), "3050ec5bfc9c6e871534a84f2332b586078c5805ad8d62db6786cf18c11c5bbf");
  EXPECT_EQ(to_hex(chain_head(1, Digest{}, record)),
            "64487dbeb6784c387fc69e578adb5201302a66028d95eec1cbc5874b7b6f974c");
}

TEST(Chain, HeadsReadBack) {
  const ChainHead head{42, sha256("x")};
  EXPECT_EQ(ChainHead::parse(head.to_string()), head);
  for (const char* wrong : {"", "42", "42:", "x:00", "-1:00", "42:zz"})
    EXPECT_FALSE(ChainHead::parse(wrong)) << wrong;
}

class AuditTest : public testing::Test {
 protected:
  AuditTest() : database_(open_copy(folder_.path())) {}

  // Of a store with the intents and outcomes 1 to 5, made once: making one waits for the disk.
  static Database open_copy(const std::filesystem::path& folder) {
    static const TestFolder kOriginal;
    static const bool kMade = make_store(kOriginal.path());
    EXPECT_TRUE(kMade);
    std::filesystem::copy(kOriginal.path() / "traffic.db", folder / "traffic.db");
    return open_traffic_database(folder).value();
  }

  static bool make_store(const std::filesystem::path& folder) {
    Database database = open_traffic_database(folder).value();
    {
      RecordWriter writer = RecordWriter::prepare(database).value();
      Transaction transaction = database.begin_write().value();
      EXPECT_TRUE(writer.begin());
      for (uint64_t n = 1; n <= 5; ++n) {
        write(writer, RecordKind::intent, test_intent(n));
        write(writer, RecordKind::outcome, test_outcome(n));
      }
      EXPECT_TRUE(transaction.commit());
    }
    return empty_log(database).has_value();
  }

  template <class Record>
  void append(RecordKind kind, const Record& record) {
    RecordWriter writer = RecordWriter::prepare(database_).value();
    Transaction transaction = database_.begin_write().value();
    ASSERT_TRUE(writer.begin());
    write(writer, kind, record);
    ASSERT_TRUE(transaction.commit());
  }

  template <class Record>
  static void write(RecordWriter& writer, RecordKind kind, const Record& record) {
    std::string payload;
    const uint32_t open = encode(record, payload);
    ASSERT_TRUE(writer.append({.kind = static_cast<uint8_t>(kind),
                               .version = kRecordVersion,
                               .open = std::string_view(payload).substr(0, open),
                               .personal = std::string_view(payload).substr(open)}));
  }

  void sql(std::string_view text) { ASSERT_TRUE(database_.execute("tamper with", text)) << text; }
  AuditReport verify(const std::optional<ChainHead>& kept = std::nullopt) {
    return verify_store(database_, kept).value();
  }

  TestFolder folder_;
  Database database_;
};

TEST_F(AuditTest, AnUntouchedStoreIsIntact) {
  const AuditReport report = verify();
  EXPECT_TRUE(report.is_intact());
  EXPECT_EQ(report.head.number, 10);
  EXPECT_EQ(report.records_by_kind.at("intent"), 5);
  EXPECT_EQ(report.records_by_kind.at("outcome"), 5);
  EXPECT_EQ(report.erased, 0);
  EXPECT_FALSE(report.head_was_checked);
}

TEST_F(AuditTest, AnEmptyStoreIsIntact) {
  const TestFolder folder;
  Database empty = open_traffic_database(folder.path()).value();
  EXPECT_TRUE(verify_store(empty, std::nullopt)->is_intact());
  EXPECT_EQ(read_head(empty).value(), ChainHead{});
}

struct Tampering {
  const char* name;
  const char* sql;
  int64_t record;  // that the audit names; 0: none in particular
  const char* table;
};

void PrintTo(const Tampering& tampering, std::ostream* out) {
  *out << tampering.name;
}

class TamperingTest : public AuditTest, public testing::WithParamInterface<Tampering> {};

TEST_P(TamperingTest, IsFoundAndTheRecordIsNamed) {
  sql(GetParam().sql);
  const AuditReport report = verify();
  ASSERT_FALSE(report.is_intact());
  EXPECT_EQ(report.broken->record, GetParam().record) << report.broken->what;
  EXPECT_EQ(report.broken->table, GetParam().table) << report.broken->what;
}

constexpr Tampering kTamperings[] = {
    {"ChangedOpen", "UPDATE records SET open = CAST(open || x'00' AS BLOB) WHERE number = 4", 4, "records"},
    {"ChangedOpenByte",
     "UPDATE records SET open = CAST(substr(open, 1, 30) || x'41' || substr(open, 32) AS BLOB) "
     "WHERE number = 3",
     3, "records"},
    {"ChangedKind", "UPDATE records SET kind = 5 WHERE number = 4", 4, "records"},
    {"KindBeyondAByte", "UPDATE records SET kind = kind + 256 WHERE number = 4", 4, "records"},
    {"ChangedVersion", "UPDATE records SET version = 2 WHERE number = 4", 4, "records"},
    {"ChangedPersonal", "UPDATE records SET personal = x'00' WHERE number = 4", 4, "records"},
    {"ChangedSalt", "UPDATE records SET salt = zeroblob(16) WHERE number = 4", 4, "records"},
    {"ChangedPersonalDigest", "UPDATE records SET personal_digest = zeroblob(32) WHERE number = 4", 4,
     "records"},
    {"ShortPersonalDigest", "UPDATE records SET personal_digest = x'00' WHERE number = 4", 4, "records"},
    {"ChangedHead", "UPDATE records SET head = zeroblob(32) WHERE number = 4", 4, "records"},
    {"ShortHead", "UPDATE records SET head = x'00' WHERE number = 4", 4, "records"},
    {"ErasedWithoutARecord", "UPDATE records SET personal = NULL, salt = NULL WHERE number = 4", 4,
     "records"},
    {"ErasedInPart", "UPDATE records SET personal = NULL WHERE number = 4", 4, "records"},
    {"OtherExchange", "UPDATE records SET exchange = zeroblob(16) WHERE number = 4", 4, "records"},
    {"NoExchange", "UPDATE records SET exchange = NULL WHERE number = 4", 4, "records"},
    {"Removed", "DELETE FROM records WHERE number = 4", 4, "records"},
    {"RemovedFirst", "DELETE FROM records WHERE number = 1", 1, "records"},
    {"RemovedAndClosedUp",
     "DELETE FROM records WHERE number = 4;"
     "UPDATE records SET number = -number WHERE number > 4;"
     "UPDATE records SET number = -number - 1 WHERE number < 0",
     4, "records"},
    {"Swapped",
     "UPDATE records SET number = 99 WHERE number = 4; UPDATE records SET number = 4 WHERE number = 5;"
     "UPDATE records SET number = 5 WHERE number = 99",
     4, "records"},
    {"Inserted",
     "UPDATE records SET number = -number WHERE number > 4;"
     "UPDATE records SET number = -number + 1 WHERE number < 0;"
     "INSERT INTO records SELECT 5, kind, version, exchange, head, personal_digest, salt, open, personal "
     "FROM records WHERE number = 3",
     5, "records"},
    {"CopiedToTheEnd",
     "INSERT INTO records SELECT 11, kind, version, exchange, head, personal_digest, salt, open, personal "
     "FROM records WHERE number = 10",
     11, "records"},
    {"BeforeTheFirst",
     "INSERT INTO records SELECT 0, kind, version, exchange, head, personal_digest, salt, open, personal "
     "FROM records WHERE number = 10",
     1, "records"},
    {"AttemptRemoved", "DELETE FROM attempts WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherRoute", "UPDATE attempts SET route = 'x' WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherTarget", "UPDATE attempts SET target = 'x' WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherKey", "UPDATE attempts SET key_id = 'x' WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherTeam", "UPDATE attempts SET team_id = 'x' WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherUser", "UPDATE attempts SET user = 'x' WHERE intent = 5", 5, "attempts"},
    {"AttemptAtAnotherTime", "UPDATE attempts SET time_us = 1 WHERE intent = 5", 5, "attempts"},
    {"AttemptWithLessReserved", "UPDATE attempts SET reserved = 1 WHERE intent = 5", 5, "attempts"},
    {"AttemptOfAnotherIntent", "UPDATE attempts SET intent = 7 WHERE intent = 5", 5, "attempts"},
    {"AttemptWithAnotherFate", "UPDATE attempts SET fate = 2 WHERE intent = 5", 6, "attempts"},
    {"AttemptCheaper", "UPDATE attempts SET cost = 1 WHERE intent = 5", 6, "attempts"},
    {"AttemptUnsettled", "UPDATE attempts SET outcome = NULL, fate = NULL WHERE intent = 5", 6, "attempts"},
    {"AttemptInvented",
     "INSERT INTO attempts SELECT zeroblob(16), attempt, time_us, route, target, key_id, team_id, user, 0, "
     "fate, 0, "
     "intent, outcome FROM attempts WHERE intent = 5",
     0, "attempts"},
    {"LabelRemoved", "DELETE FROM attempt_labels WHERE label = 'pii'", 1, "attempts"},
    {"LabelInvented", "INSERT INTO attempt_labels SELECT 'x', exchange, attempt FROM attempts LIMIT 1", 0,
     "attempt_labels"},
    {"LedgerCheaper", "UPDATE ledger SET settled = settled - 1 WHERE key_id = 'key-1'", 0, "ledger"},
    {"LedgerRowRemoved", "DELETE FROM ledger WHERE key_id = 'key-1'", 0, "ledger"},
    {"LedgerRowInvented", "INSERT INTO ledger VALUES (1, 'x', 'y', 1, 0, 1, 0)", 0, "ledger"},
};

INSTANTIATE_TEST_SUITE_P(All, TamperingTest, testing::ValuesIn(kTamperings),
                         [](const auto& test) { return std::string(test.param.name); });

// A chain alone cannot show that its end was cut off, or that all of it was made anew; a head kept elsewhere
// does.
TEST_F(AuditTest, ACutEndShowsOnlyAgainstAKeptHead) {
  const ChainHead kept = read_head(database_).value();
  sql("DELETE FROM records WHERE number > 8; DELETE FROM attempts WHERE intent > 8; "
      "DELETE FROM attempt_labels WHERE exchange NOT IN (SELECT exchange FROM attempts); DELETE FROM ledger; "
      "INSERT INTO ledger SELECT time_us / 86400000000, key_id, team_id, sum(cost), 0, count(*), 0 FROM "
      "attempts "
      "GROUP BY 1, 2, 3");
  EXPECT_TRUE(verify().is_intact());
  const AuditReport report = verify(kept);
  ASSERT_FALSE(report.is_intact());
  EXPECT_EQ(report.broken->record, 10);
  EXPECT_NE(report.broken->what.find("its end was cut off"), std::string::npos);
}

TEST_F(AuditTest, AChainMadeAnewShowsOnlyAgainstAKeptHead) {
  const ChainHead kept = read_head(database_).value();
  sql("DELETE FROM records; DELETE FROM attempts; DELETE FROM attempt_labels; DELETE FROM ledger");
  for (uint64_t n = 1; n <= 5; ++n) {
    append(RecordKind::intent, test_intent(n));
    append(RecordKind::outcome, test_outcome(n + 100));
  }
  EXPECT_TRUE(verify().is_intact());
  const AuditReport report = verify(kept);
  ASSERT_FALSE(report.is_intact());
  EXPECT_NE(report.broken->what.find("made anew"), std::string::npos);
}

TEST_F(AuditTest, AnOlderHeadIsStillGood) {
  const ChainHead kept = read_head(database_).value();
  append(RecordKind::intent, test_intent(6));
  const AuditReport report = verify(kept);
  EXPECT_TRUE(report.is_intact());
  EXPECT_TRUE(report.head_was_checked);
  EXPECT_TRUE(verify(ChainHead{}).is_intact());
}

// What an erasure names does not excuse what was taken out elsewhere, or put in later.
TEST_F(AuditTest, AnErasureExcusesOnlyWhatItNames) {
  ASSERT_TRUE(erase_subject(database_, {.id = "person-1"}));
  EXPECT_EQ(verify().erased, 2);
  EXPECT_TRUE(verify().is_intact());
  append(RecordKind::outcome, test_outcome(1, 2));  // of an exchange that was erased before
  sql("UPDATE records SET personal = NULL, salt = NULL WHERE number = (SELECT max(number) FROM records)");
  EXPECT_FALSE(verify().is_intact());
}

class ProofTest : public testing::Test {
 protected:
  ProofTest() : database_(open_traffic_database(folder_.path()).value()) {}

  void record(uint64_t n, uint32_t attempt, const std::string& provider, const std::string& region,
              std::vector<std::string> labels) {
    Intent intent = test_intent(n, attempt);
    intent.provider = provider;
    intent.is_local = provider == "local";
    intent.region = region;
    intent.labels = std::move(labels);
    std::string payload;
    const uint32_t open = encode(intent, payload);
    RecordWriter writer = RecordWriter::prepare(database_).value();
    Transaction transaction = database_.begin_write().value();
    ASSERT_TRUE(writer.begin());
    ASSERT_TRUE(writer.append({.kind = static_cast<uint8_t>(RecordKind::intent),
                               .version = kRecordVersion,
                               .open = std::string_view(payload).substr(0, open),
                               .personal = std::string_view(payload).substr(open)}));
    ASSERT_TRUE(transaction.commit());
  }

  Proof prove(const std::vector<std::string>& forbidden, TimeRange time = {}) {
    ProofRequest request{.label = "phi", .time = time};
    for (const std::string& place : forbidden) EXPECT_TRUE(add_forbidden(place, request.forbidden));
    attempts_.clear();
    return ferry::prove(database_, request,
                        [this](const ProvedAttempt& attempt) -> Result<void> {
                          attempts_.push_back(attempt);
                          return {};
                        })
        .value();
  }

  TestFolder folder_;
  Database database_;
  std::vector<ProvedAttempt> attempts_;
};

TEST_F(ProofTest, SaysWhereEachAttemptOfALabelledExchangeWent) {
  record(1, 1, "local", "", {"phi"});
  record(2, 1, "openai", "us", {"public"});
  record(3, 1, "openai", "eu", {});  // before the label was found
  record(3, 2, "local", "", {"phi"});
  record(4, 0, "", "", {"phi"});  // blocked
  const Proof proof = prove({});
  EXPECT_TRUE(proof.chain.is_intact());
  EXPECT_EQ(proof.exchanges, 3);
  EXPECT_EQ(proof.attempts, 3);
  EXPECT_EQ(proof.unsent, 1);
  EXPECT_EQ(proof.violations, 0);
  EXPECT_THAT(proof.places, testing::ElementsAre(testing::Pair("local", 2), testing::Pair("openai (eu)", 1)));
  EXPECT_EQ(attempts_.size(), 4u);
}

TEST_F(ProofTest, FindsWhatWentToAForbiddenPlace) {
  record(1, 1, "local", "", {"phi"});
  record(2, 1, "openai", "eu", {"phi"});
  record(3, 1, "groq", "us", {"phi"});
  record(4, 1, "other", "", {"phi"});
  record(5, 0, "openai", "us", {"phi"});  // was not sent
  EXPECT_EQ(prove({"provider:openai"}).violations, 1);
  EXPECT_EQ(prove({"non-local"}).violations, 3);
  EXPECT_EQ(prove({"region:us"}).violations, 2) << "a region that is not known may be that one";
  EXPECT_EQ(prove({"provider:mistral"}).violations, 0);
  EXPECT_EQ(prove({"provider:openai", "region:us"}).violations, 3);
}

TEST_F(ProofTest, LooksAtLabelledExchangesOfTheTimeOnly) {
  record(10, 1, "openai", "eu", {"phi"});
  record(20, 1, "openai", "eu", {"phi"});
  EXPECT_EQ(prove({}, {kTestTime + 10, kTestTime + 20}).exchanges, 1);
}

TEST_F(ProofTest, TellsWhenTheChainIsBroken) {
  record(1, 1, "local", "", {"phi"});
  record(2, 1, "openai", "us", {"phi"});
  ASSERT_TRUE(database_.execute("tamper with", "UPDATE records SET head = zeroblob(32) WHERE number = 2"));
  const Proof proof = prove({});
  EXPECT_FALSE(proof.chain.is_intact());
  EXPECT_EQ(proof.exchanges, 1);
}

TEST(ForbiddenPlaces, WrongOnesAreErrors) {
  ForbiddenPlaces places;
  for (const char* wrong : {"", "us", "provider:", "region:", "nonlocal"})
    EXPECT_FALSE(add_forbidden(wrong, places));
}

}  // namespace
}  // namespace ferry
