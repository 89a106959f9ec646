#include "infer/sample/logit_row.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "infer/sample/logprobs.h"

namespace ferry {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_row(size_t vocab, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> row(vocab);
  for (float& logit : row) logit = static_cast<float>(rng.gaussian() * 4);
  return row;
}

TEST(LogitRow, EveryPassIsThatOfAPlainLoop) {
  // Whole stretches, a part of one, and some that are nothing but a part.
  for (const size_t vocab : {1u, 5u, 63u, 64u, 65u, 127u, 128u, 1000u, 4096u}) {
    SCOPED_TRACE(vocab);
    const std::vector<float> logits = random_row(vocab, vocab);
    LogitRow row;
    row.read(logits);
    const auto most = std::max_element(logits.begin(), logits.end());
    EXPECT_EQ(row.most(), *most);
    EXPECT_EQ(row.likeliest(), most - logits.begin());

    std::vector<float> parts;
    double sum = 0;
    for (const float logit : logits) sum += std::exp((double{logit} - *most) * 0.7);
    EXPECT_NEAR(row.sum_exp(0.7f, parts), sum, sum * 1e-6);
    double log_sum = 0;
    for (const float logit : logits) log_sum += std::exp(double{logit});
    EXPECT_NEAR(row.log_sum_exp(), std::log(log_sum), 1e-6);

    const float middle = logits[vocab / 2];
    std::vector<TokenId> found;
    row.at_least(middle, found);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    EXPECT_EQ(std::ssize(found),
              std::count_if(logits.begin(), logits.end(), [&](float l) { return l >= middle; }));
    EXPECT_EQ(row.count_at_least(middle), found.size());
  }
}

TEST(LogitRow, TheFloorOfTopIsReachedByEnoughAndNotByManyMore) {
  const std::vector<float> logits = random_row(128 * 1024, 5);
  LogitRow row;
  row.read(logits);
  for (const size_t count : {1u, 2u, 20u, 100u, 1000u}) {
    const size_t reached = row.count_at_least(row.floor_of_top(count));
    EXPECT_GE(reached, count);
    EXPECT_LE(reached, 2 * count);
  }
  EXPECT_EQ(row.floor_of_top(0), -kInfinity);
  EXPECT_EQ(row.floor_of_top(logits.size()), -kInfinity);
}

TEST(LogitRow, TheExponentialIsExactEnough) {
  for (int i = 0; i <= 8690; ++i) {
    const float x = static_cast<float>(i) * -0.01f;
    const double exact = std::exp(double{x});
    EXPECT_NEAR(LogitRow::exp_term(x, 0, 1), exact, exact * 3e-7) << x;
  }
  EXPECT_EQ(LogitRow::exp_term(0, 0, 1), 1);
  EXPECT_EQ(LogitRow::exp_term(-88, 0, 1), 0);
  EXPECT_EQ(LogitRow::exp_term(-kInfinity, 0, 1), 0);
  EXPECT_EQ(LogitRow::exp_term(kNan, 0, 1), 0);
}

TEST(LogitRow, NanIsTheSmallest) {
  std::vector<float> logits(200, kNan);
  logits[150] = -3;
  logits[70] = -4;
  LogitRow row;
  row.read(logits);
  EXPECT_EQ(row.likeliest(), 150);
  std::vector<float> parts;
  EXPECT_NEAR(row.sum_exp(1, parts), 1 + std::exp(-1.0), 1e-6);
  const auto top = top_logprobs(row, row.log_sum_exp(), 5);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[1].token, 70);
  row.read(std::vector<float>(200, kNan));
  EXPECT_EQ(row.most(), -kInfinity);
  EXPECT_EQ(row.likeliest(), 0);
}

TEST(Logprobs, ScoreATokenAndTheLikeliest) {
  const std::vector<float> logits = random_row(1000, 8);
  std::vector<float> sorted = logits;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  LogitRow row;
  row.read(logits);
  const SampledToken score = score_token(row, 123, 30);
  EXPECT_EQ(score.token, 123);
  EXPECT_EQ(sorted[static_cast<size_t>(score.rank) - 1], logits[123]);
  EXPECT_NEAR(score.logprob, logits[123] - row.log_sum_exp(), 1e-6);
  ASSERT_EQ(score.top.size(), 30u);
  for (size_t i = 0; i < score.top.size(); ++i) {
    EXPECT_EQ(row.at(score.top[i].token), sorted[i]);
  }
}

}  // namespace
}  // namespace ferry
