#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/command_line.h"
#include "app/cli/record_access.h"
#include "app/cli/test_console.h"
#include "app/cli/verbs.h"
#include "serve/traffic/recorder.h"
#include "serve/traffic/store/schema.h"
#include "serve/traffic/test_records.h"

namespace ferry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class RecordVerbsTest : public testing::Test {
 protected:
  RecordVerbsTest() {
    RecorderSettings settings;
    settings.content_key = std::string(64, 'a');
    const auto recorder = Recorder::open(folder_.path(), settings).value();
    for (uint64_t n = 0; n < 6; ++n) {
      Intent intent = test_intent(n);
      intent.is_local = n % 2 == 0;
      intent.provider = intent.is_local ? "local" : "openai";
      EXPECT_TRUE(recorder->intent(intent));
      if (n > 0) recorder->outcome(test_outcome(n));
    }
    recorder->content(
        {.exchange = test_id(1), .time_us = unix_now_us(), .route = "chat", .request = "my question"});
  }

  struct Run {
    int code = 0;
    std::string out;
    std::string err;
  };
  Run run(std::vector<std::string> words) const {
    words.insert(words.end(), {"--data-dir", folder_.path().string()});
    TestConsole test;
    const int code = run_command_line(all_verbs(), words, test.console);
    return {code, test.out.str(), test.err.str()};
  }
  json::value json_of(const Run& run) const { return parse_json(run.out, "output").value(); }

  TestFolder folder_;
};

TEST_F(RecordVerbsTest, TrafficIsListedAndFiltered) {
  const Run all = run({"traffic", "list"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("2025-11-24T16:00:00.000Z"));
  EXPECT_THAT(all.out, HasSubstr("unknown"));
  EXPECT_EQ(json_of(run({"traffic", "list", "--json"})).as_array().size(), 6u);
  EXPECT_EQ(json_of(run({"traffic", "list", "--json", "--limit", "2"})).as_array().size(), 2u);
  EXPECT_EQ(json_of(run({"traffic", "list", "--json", "--fate", "unknown"})).as_array().size(), 1u);
  EXPECT_EQ(json_of(run({"traffic", "list", "--json", "--key", "key-1", "--fate", "ok"})).as_array().size(),
            2u);
  EXPECT_EQ(json_of(run({"traffic", "list", "--json", "--to", "2025-11-24"})).as_array().size(), 0u);
  EXPECT_THAT(run({"traffic", "list", "--fate", "fine"}).err, HasSubstr("there is none called \"fine\""));
  EXPECT_THAT(run({"traffic", "list", "--from", "yesterday"}).err, HasSubstr("\"yesterday\" is no time"));
  EXPECT_EQ(run({"traffic", "list", "--limit", "-1"}).code, kExitFailure);
}

TEST_F(RecordVerbsTest, AnExchangeIsShownWithItsTextsWhereTheKeyIsGiven) {
  const std::string id = test_id(1).to_string();
  const Run shown = run({"traffic", "show", id, "--content-key", std::string(64, 'a')});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("my question"));
  EXPECT_THAT(run({"traffic", "show", id}).err, HasSubstr("sealed with the content key"));
  EXPECT_THAT(run({"traffic", "show", id, "--content-key", std::string(64, 'b')}).err,
              HasSubstr("the one that was given is"));
  EXPECT_THAT(run({"traffic", "show", test_id(99).to_string()}).err, HasSubstr("there is no exchange"));
  EXPECT_THAT(run({"traffic", "show", "x"}).err, HasSubstr("is no exchange's id"));
}

TEST_F(RecordVerbsTest, ErasingLeavesAnIntactChain) {
  const Run erased = run({"traffic", "erase", "--subject", "person-1"});
  EXPECT_EQ(erased.code, 0) << erased.err;
  EXPECT_THAT(erased.out, HasSubstr("erased 1 exchanges"));
  EXPECT_THAT(run({"traffic", "show", test_id(1).to_string()}).out, Not(HasSubstr("person-1")));
  EXPECT_EQ(run({"audit", "verify"}).code, 0);
  EXPECT_EQ(run({"traffic", "erase"}).code, kExitFailure);
  EXPECT_EQ(run({"traffic", "erase", "--subject", "a", "--key", "b"}).code, kExitFailure);
}

TEST_F(RecordVerbsTest, TheChainIsVerifiedAgainstAHeadKeptElsewhere) {
  const std::string head = run({"audit", "head"}).out;
  EXPECT_THAT(head, testing::StartsWith("12:"));
  const Run verified = run({"audit", "verify", "--head", head.substr(0, head.size() - 1)});
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("a head kept elsewhere"));
  EXPECT_THAT(run({"audit", "verify"}).out, HasSubstr("would not show"));
  EXPECT_THAT(run({"audit", "verify", "--head", "x"}).err, HasSubstr("is no head"));

  Database database = open_traffic_database(folder_.path()).value();
  ASSERT_TRUE(database.execute("tamper with", "UPDATE records SET open = x'00' WHERE number = 3"));
  const Run broken = run({"audit", "verify"});
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.out, HasSubstr("BROKEN"));
  EXPECT_THAT(broken.out, HasSubstr("record 3"));
  const json::value told = json_of(run({"audit", "verify", "--json"}));
  EXPECT_EQ(told.at("chain").at("broken").at("record").as_int64(), 3);
}

TEST_F(RecordVerbsTest, AProofExitsByWhatItFinds) {
  EXPECT_EQ(run({"audit", "prove", "--label", "pii"}).code, 0);
  const Run forbidden = run({"audit", "prove", "--label", "pii", "--forbid", "non-local"});
  EXPECT_EQ(forbidden.code, 3);
  EXPECT_THAT(forbidden.out, HasSubstr("FORBIDDEN: not local: openai (eu)"));
  EXPECT_EQ(run({"audit", "prove", "--label", "pii", "--forbid", "region:us"}).code, 0);
  EXPECT_EQ(run({"audit", "prove", "--label", "none", "--forbid", "non-local"}).code, 0);
  EXPECT_THAT(run({"audit", "prove", "--label", "pii", "--forbid", "us"}).err, HasSubstr("is no place"));
  const json::value proof =
      json_of(run({"audit", "prove", "--label", "pii", "--json", "--forbid", "provider:openai"}));
  EXPECT_EQ(proof.at("exchanges").as_int64(), 6);
  EXPECT_EQ(proof.at("forbidden").as_int64(), 3);
  EXPECT_TRUE(proof.at("chain").at("intact").as_bool());
}

TEST_F(RecordVerbsTest, ReportsSumUp) {
  const Run traffic = run({"report", "traffic", "--by", "key"});
  EXPECT_EQ(traffic.code, 0) << traffic.err;
  EXPECT_THAT(traffic.out, HasSubstr("key-1"));
  const json::value rows = json_of(run({"report", "traffic", "--json"}));
  EXPECT_EQ(rows.at(0).at("attempts").as_int64(), 6);
  EXPECT_EQ(rows.at(0).at("unknown").as_int64(), 1);
  EXPECT_THAT(run({"report", "latency"}).out, HasSubstr("900.0 / 900.0 / 900.0"));
  EXPECT_EQ(json_of(run({"report", "latency", "--json"})).at(0).at("first_token").at("p50_us").as_int64(),
            120'000);
  EXPECT_THAT(run({"report", "savings"}).out, HasSubstr("openai/small"));
  EXPECT_EQ(json_of(run({"report", "savings", "--json"})).as_array().size(), 2u);
  EXPECT_THAT(run({"report", "traffic", "--by", "week"}).err, HasSubstr("cannot group by \"week\""));
}

TEST(RecordTimes, AreDaysTimesOrAges) {
  const int64_t now = kTestTime;
  EXPECT_EQ(parse_time("2025-11-24", now).value(), kTestTime - int64_t{16} * 3600 * 1'000'000);
  EXPECT_EQ(parse_time("2025-11-24T16:00:00Z", now).value(), kTestTime);
  EXPECT_EQ(parse_time("1h", now).value(), kTestTime - int64_t{3600} * 1'000'000);
  for (const char* wrong :
       {"", "2025", "2025-02-30", "2025-11-24T16:00", "2025-11-24T25:00:00Z", "2025-11-24Z", "7 days ago"}) {
    EXPECT_FALSE(parse_time(wrong, now)) << wrong;
  }
  EXPECT_EQ(time_text(kTestTime + 1'234), "2025-11-24T16:00:00.001Z");
}

}  // namespace
}  // namespace ferry::cli
