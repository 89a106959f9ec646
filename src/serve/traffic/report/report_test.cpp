#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/traffic/recorder.h"
#include "serve/traffic/report/savings.h"
#include "serve/traffic/report/shadow_pairs.h"
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

// Worked out by hand: 10 shadows of 30 exchanges, in which the other target took 1.5 and 2.5 times what the
// same tokens would have cost there, in turns.
TEST_F(ReportTest, ShadowsMoveTheEstimatesOfTheOthers) {
  for (uint64_t n = 1; n <= 30; ++n) {
    Outcome answered = test_outcome(n);
    answered.cost = 100;
    answered.counterfactuals = {{.target = "openai/small", .cost = 1000, .is_estimate = true},
                                {.target = "openai/tiny", .cost = 10, .is_estimate = true}};
    record(test_intent(n), answered);
    if (n > 10) continue;
    Intent shadow = test_intent(n, 2);
    shadow.role = AttemptRole::shadow;
    shadow.target = "openai/small";
    Outcome shadowed = test_outcome(n, 2);
    shadowed.cost = n % 2 == 0 ? 1500 : 2500;
    record(shadow, shadowed);
  }
  const auto rows = savings_report(store(), {}, 1).value();
  ASSERT_EQ(rows.size(), 2u);
  const SavingsRow& row = rows[0];
  EXPECT_EQ(row.other, "openai/small");
  EXPECT_EQ(row.exchanges, 30);
  EXPECT_EQ(row.shadowed, 10);
  EXPECT_EQ(row.estimated, 20);
  EXPECT_DOUBLE_EQ(row.ratio, 2);
  EXPECT_EQ(row.actual, 3000);
  EXPECT_EQ(row.counterfactual, 5 * 1500 + 5 * 2500 + 20 * 2000);
  // The ratio's standard deviation is sqrt(10 · 500² / 90) / 1000 = 1/6, a twelfth of it, and moves the 20
  // estimates together: 1.96 · 40,000 / 12 to either side, beside the spread of drawing exchanges.
  const double common = 1.96 * 40'000 / 12;
  EXPECT_GT(static_cast<double>(row.saved_high - row.saved_low) / 2, 0.9 * common);
  EXPECT_LT(static_cast<double>(row.saved_high - row.saved_low) / 2, 1.5 * common);
  EXPECT_EQ(rows[1].other, "openai/tiny");
  EXPECT_EQ(rows[1].ratio, 1);
  EXPECT_EQ(rows[1].counterfactual, 300);
  EXPECT_EQ(rows[1].estimated, 30);
}

TEST(CostRatio, IsCochransEstimator) {
  std::vector<CostPair> pairs;
  for (int i = 0; i < 4; ++i) {
    pairs.push_back({.estimated = 1, .paid = 3});
    pairs.push_back({.estimated = 3, .paid = 5});
  }
  EXPECT_EQ(cost_ratio(pairs).pairs, 0) << "too few";
  pairs.push_back({.estimated = 2, .paid = 4});
  pairs.push_back({.estimated = 2, .paid = 4});
  const CostRatio ratio = cost_ratio(pairs);
  // Σ paid 40, Σ estimated 20; residuals 4 times 1 and -1, and 0: Σ² = 8; sqrt(8 / 90) / 2 / 2.
  EXPECT_EQ(ratio.pairs, 10);
  EXPECT_DOUBLE_EQ(ratio.ratio, 2);
  EXPECT_NEAR(ratio.relative_error, std::sqrt(8.0 / 90) / 4, 1e-12);
  for (CostPair& pair : pairs) pair.paid = 0;
  EXPECT_EQ(cost_ratio(pairs).pairs, 0);
  EXPECT_EQ(cost_ratio({}).ratio, 1);
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
