#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/traffic/recorder.h"
#include "serve/traffic/report/savings.h"
#include "serve/traffic/report/traffic_report.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

TEST(Quantiles, AreNearestRanks) {
  std::vector<int64_t> values;
  for (int64_t i = 100; i >= 1; --i) values.push_back(i);
  const Quantiles quantiles = quantiles_of(values);
  EXPECT_EQ(quantiles.p50, 50);
  EXPECT_EQ(quantiles.p95, 95);
  EXPECT_EQ(quantiles.p99, 99);
  EXPECT_EQ(quantiles_of({7}).p99, 7);
  EXPECT_EQ(quantiles_of({}).p50, -1);
}

TEST(GroupBy, NamesReadBackAndOthersAreErrors) {
  EXPECT_EQ(parse_group_by("day").value(), GroupBy::day);
  EXPECT_EQ(parse_group_by("week").error().message,
            "cannot group by \"week\"; give route, target, key, team, day");
}

class ReportTest : public testing::Test {
 protected:
  ReportTest() : recorder_(Recorder::open(folder_.path(), {}).value()) {}

  void record(Intent intent, std::optional<Outcome> outcome) {
    ASSERT_TRUE(recorder_->intent(intent));
    if (outcome) recorder_->outcome(*outcome);
  }
  TrafficStore& store() {
    EXPECT_TRUE(recorder_->flush());
    return recorder_->store();
  }

  TestFolder folder_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(ReportTest, TrafficIsCountedByGroup) {
  Intent mail = test_intent(1);
  mail.route = "mail";
  record(mail, test_outcome(1));
  record(test_intent(2), test_outcome(2));
  Outcome failed = test_outcome(3);
  failed.fate = Fate::failed;
  failed.cost = 10'000;
  record(test_intent(3), failed);
  record(test_intent(4), std::nullopt);
  Outcome blocked = test_outcome(5);
  blocked.fate = Fate::blocked;
  blocked.cost = 0;
  record(test_intent(5), blocked);

  const auto rows = traffic_report(store(), {}, GroupBy::route).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].group, "chat");
  EXPECT_EQ(rows[0].attempts, 4);
  EXPECT_EQ(rows[0].failed, 1);
  EXPECT_EQ(rows[0].refused, 1);
  EXPECT_EQ(rows[0].unknown, 1);
  EXPECT_EQ(rows[0].cost, 702 + 10'000);
  EXPECT_EQ(rows[0].reserved, 1004);
  EXPECT_EQ(rows[0].prompt_tokens, 300);
  EXPECT_EQ(rows[0].completion_tokens, 60);
  EXPECT_EQ(rows[0].cached_tokens, 150);
  EXPECT_EQ(rows[1].group, "mail");
  EXPECT_EQ(traffic_report(store(), {}, GroupBy::key).value().size(), 3u);
  EXPECT_EQ(traffic_report(store(), {}, GroupBy::team).value().size(), 2u);
  EXPECT_EQ(traffic_report(store(), {}, GroupBy::target).value()[0].group, "openai/large");
  EXPECT_EQ(traffic_report(store(), {}, GroupBy::day).value()[0].group, "2025-11-24");
}

TEST_F(ReportTest, LatenciesAreOfWhatWentWell) {
  for (uint64_t n = 0; n < 100; ++n) {
    Outcome outcome = test_outcome(n);
    outcome.first_token_us = n == 0 ? -1 : static_cast<int64_t>(n);
    outcome.total_us = static_cast<int64_t>(1000 + n);
    outcome.fate = n < 50 ? Fate::ok : Fate::cut;
    record(test_intent(n), outcome);
  }
  const auto rows = latency_report(store(), {}, GroupBy::route).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].first_token.count, 99);
  EXPECT_EQ(rows[0].first_token.p50, 50);
  EXPECT_EQ(rows[0].total.count, 50);
  EXPECT_EQ(rows[0].total.p99, 1049);
}

TEST_F(ReportTest, SavingsCountRetriesAndLeaveShadowsOut) {
  Outcome failed = test_outcome(1);
  failed.fate = Fate::failed;
  failed.cost = 5;
  failed.counterfactuals.clear();
  record(test_intent(1), failed);
  Intent retry = test_intent(1, 2);
  retry.time_us += 10;
  Outcome answered = test_outcome(1, 2);
  answered.cost = 100;
  answered.counterfactuals = {{.target = "openai/small", .cost = 400, .is_estimate = false}};
  record(retry, answered);
  Intent shadow = test_intent(1, 3);
  shadow.role = AttemptRole::shadow;
  shadow.time_us += 20;
  Outcome shadowed = test_outcome(1, 3);
  shadowed.cost = 1'000'000;
  record(shadow, shadowed);
  record(test_intent(2), std::nullopt);

  const auto rows = savings_report(store(), {}, 1).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].route, "chat");
  EXPECT_EQ(rows[0].other, "openai/small");
  EXPECT_EQ(rows[0].exchanges, 1);
  EXPECT_EQ(rows[0].estimated, 0);
  EXPECT_EQ(rows[0].actual, 105);
  EXPECT_EQ(rows[0].counterfactual, 400);
  EXPECT_EQ(rows[0].saved(), 295);
  EXPECT_EQ(rows[0].saved_low, 295);
  EXPECT_EQ(rows[0].saved_high, 295);
}

// Against the normal approximation: sums of many draws, 1.96 standard deviations either way.
TEST(Bootstrap, CoversTheSpreadOfExchangesAndOfTheEstimate) {
  for (const size_t count : {size_t{500}, size_t{20'000}}) {
    Rng rng(7);
    std::vector<PricedExchange> exchanges;
    double sum = 0;
    double squares = 0;
    double errors = 0;
    for (size_t i = 0; i < count; ++i) {
      const double saved = 100 + 50 * rng.gaussian();
      exchanges.push_back({.actual = 10, .counterfactual = 10 + saved, .error = 0.1 * saved});
      sum += saved;
      squares += saved * saved;
      errors += 0.1 * saved;
    }
    const auto n = static_cast<double>(count);
    const double spread = std::sqrt(squares - sum * sum / n + errors * errors);
    const SavedRange interval = bootstrap_saved(exchanges, 3);
    EXPECT_NEAR(interval.low, sum - 1.96 * spread, 0.25 * spread) << count;
    EXPECT_NEAR(interval.high, sum + 1.96 * spread, 0.25 * spread) << count;

    for (PricedExchange& exchange : exchanges) exchange.error = 0;
    const SavedRange exact = bootstrap_saved(exchanges, 3);
    EXPECT_LT(exact.high - exact.low, 0.5 * (interval.high - interval.low)) << count;
    EXPECT_EQ(bootstrap_saved(exchanges, 3).low, exact.low);
  }
  EXPECT_EQ(bootstrap_saved({}, 1).low, 0);
}

}  // namespace
}  // namespace ferry
