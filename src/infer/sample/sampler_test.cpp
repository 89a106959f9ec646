#include "infer/sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

// How often each token comes over many seeds.
std::map<TokenId, double> frequencies(const SamplingParams& params, const std::vector<float>& logits) {
  constexpr int kDraws = 40000;
  std::map<TokenId, double> counts;
  for (int i = 0; i < kDraws; ++i) {
    SamplingParams seeded = params;
    seeded.seed = static_cast<uint64_t>(i);
    std::vector<float> scratch = logits;
    counts[Sampler(seeded, {}).sample(scratch).token] += 1.0 / kDraws;
  }
  return counts;
}

// log of 0.5, 0.3, 0.15, 0.05, shifted: softmax does not see the shift.
const std::vector<float> kLogits = {std::log(0.5f) + 3, std::log(0.3f) + 3, std::log(0.15f) + 3,
                                    std::log(0.05f) + 3};

TEST(Sampler, DrawsFromTheSoftmax) {
  auto got = frequencies({}, kLogits);
  EXPECT_NEAR(got[0], 0.5, 0.01);
  EXPECT_NEAR(got[1], 0.3, 0.01);
  EXPECT_NEAR(got[2], 0.15, 0.01);
  EXPECT_NEAR(got[3], 0.05, 0.01);
}

// Pearson's test over a vocabulary of 600 tokens, those expected less than ten times taken together. The
// statistic of a true sampler exceeds its mean by five standard deviations once in some 10^6 runs; the seeds
// are fixed, so this one does always or never.
void expect_distribution(const SamplingParams& params, const std::vector<float>& logits,
                         const std::vector<double>& expected) {
  constexpr int kDraws = 40000;
  std::vector<int> counts(logits.size());
  Sampler sampler(params, {});
  std::vector<float> scratch;
  for (int i = 0; i < kDraws; ++i) {
    scratch = logits;
    ++counts[static_cast<size_t>(sampler.sample(scratch).token)];
  }
  double statistic = 0;
  double rare_expected = 0;
  double rare_count = 0;
  int freedom = -1;
  const auto add = [&](double count, double wanted) {
    statistic += (count - wanted) * (count - wanted) / wanted;
    ++freedom;
  };
  for (size_t i = 0; i < logits.size(); ++i) {
    const double wanted = expected[i] * kDraws;
    if (wanted == 0) {
      EXPECT_EQ(counts[i], 0) << i;
    } else if (wanted < 10) {
      rare_expected += wanted;
      rare_count += counts[i];
    } else {
      add(counts[i], wanted);
    }
  }
  if (rare_expected > 0) add(rare_count, rare_expected);
  ASSERT_GT(freedom, 20);
  EXPECT_LT(statistic, freedom + 5 * std::sqrt(2.0 * freedom));
  EXPECT_GT(statistic, freedom - 5 * std::sqrt(2.0 * freedom));
}

TEST(Sampler, FrequenciesPassPearsonsTest) {
  Rng rng(9);
  std::vector<float> logits(600);
  for (float& logit : logits) logit = static_cast<float>(rng.gaussian() * 1.5);
  std::vector<double> weights(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) weights[i] = std::exp(logits[i] / 0.9);
  const auto normalised = [](std::vector<double> w) {
    const double total = std::accumulate(w.begin(), w.end(), 0.0);
    for (double& one : w) one /= total;
    return w;
  };
  expect_distribution({.temperature = 0.9f, .seed = 1}, logits, normalised(weights));

  std::vector<double> sorted = weights;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  std::vector<double> top_k = weights;
  for (double& w : top_k) w = w >= sorted[99] ? w : 0;
  expect_distribution({.temperature = 0.9f, .top_k = 100, .seed = 2}, logits, normalised(top_k));

  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  size_t kept = 0;
  for (double sum = 0; sum < 0.8 * total; ++kept) sum += sorted[kept];
  std::vector<double> top_p = weights;
  for (double& w : top_p) w = w >= sorted[kept - 1] ? w : 0;
  expect_distribution({.temperature = 0.9f, .top_p = 0.8f, .seed = 3}, logits, normalised(top_p));
}

TEST(Sampler, TemperatureSharpens) {
  auto got =
      frequencies({.temperature = 0.5f}, kLogits);  // probabilities squared: .25 .09 .0225 .0025 / .365
  EXPECT_NEAR(got[0], 0.685, 0.01);
  EXPECT_NEAR(got[1], 0.2466, 0.01);
  EXPECT_EQ(frequencies({.temperature = 0}, kLogits)[0], frequencies({.top_k = 1}, kLogits)[0]);
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  auto got = frequencies({.top_p = 0.7f}, kLogits);
  EXPECT_NEAR(got[0], 0.625, 0.01);
  EXPECT_NEAR(got[1], 0.375, 0.01);
  EXPECT_EQ(got.size(), 2u);
}

TEST(Sampler, TopKAndMinPCut) {
  EXPECT_EQ(frequencies({.top_k = 3}, kLogits).size(), 3u);
  EXPECT_NEAR(frequencies({.top_k = 2}, kLogits)[1], 0.375, 0.01);
  EXPECT_EQ(frequencies({.min_p = 0.5f}, kLogits).size(), 2u);  // 0.3 >= 0.5 * 0.5 > 0.15
}

TEST(Sampler, AnswersDependOnSeedAndIndexAlone) {
  const std::vector<float> flat(1000, 0.0f);
  const auto answer = [&](uint64_t seed) {
    Sampler sampler({.seed = seed}, {});
    std::vector<TokenId> tokens;
    for (int i = 0; i < 20; ++i) {
      std::vector<float> scratch = flat;
      tokens.push_back(sampler.sample(scratch).token);
    }
    return tokens;
  };
  EXPECT_EQ(answer(5), answer(5));
  EXPECT_NE(answer(5), answer(6));
}

TEST(Sampler, PenaltiesWorkOnWhatTheyShould) {
  const std::vector<TokenId> prompt = {2};
  const auto second = [&](SamplingParams params) {
    params.temperature = 0;
    params.logprobs = 0;
    Sampler sampler(params, prompt);
    std::vector<float> logits = {2, 1.9f, 1.95f, -1};
    std::vector<float> again = logits;
    EXPECT_EQ(sampler.sample(logits).token, 0);
    return sampler.sample(again).token;
  };
  EXPECT_EQ(second({}), 0);
  // The prompt's token is not penalised.
  EXPECT_EQ(second({.adjustments = {.presence_penalty = 0.5f}}), 2);
  EXPECT_EQ(second({.adjustments = {.frequency_penalty = 0.5f}}), 2);
  const SamplingParams repetition{.temperature = 0, .adjustments = {.repetition_penalty = 1.04f}};
  Sampler sampler(repetition, prompt);
  std::vector<float> logits = {1.9f, 1.85f, 1.95f, -1};
  EXPECT_EQ(sampler.sample(logits).token, 0);  // 1.95 / 1.04 < 1.9: the prompt counts
}

TEST(Sampler, BiasAndBansDecide) {
  SamplingParams params{.temperature = 0};
  params.adjustments.logit_bias = {{3, 100.0f}};
  std::vector<float> logits = kLogits;
  EXPECT_EQ(Sampler(params, {}).sample(logits).token, 3);
  logits = kLogits;
  const std::vector<TokenId> banned = {0, 1};
  EXPECT_EQ(Sampler({.temperature = 0}, {}).sample(logits, banned).token, 2);
}

TEST(Sampler, ABiasOfMinusInfinityIsNever) {
  SamplingParams params;
  params.adjustments.logit_bias = {{0, -std::numeric_limits<float>::infinity()}};
  params.adjustments.frequency_penalty = -2;
  params.adjustments.repetition_penalty = 0.5f;
  ASSERT_TRUE(check_sampling(params, 4));
  EXPECT_EQ(frequencies(params, kLogits).count(0), 0u);
  params.adjustments.logit_bias = {{0, std::numeric_limits<float>::infinity()}};
  EXPECT_FALSE(check_sampling(params, 4));
}

TEST(Sampler, WhereNothingIsLeftTheFirstAllowedTokenComes) {
  SamplingParams params{.temperature = 0};
  params.adjustments.allowed = {2, 3};
  params.adjustments.bad_words = {{3}};
  std::vector<float> logits = kLogits;
  EXPECT_EQ(Sampler(params, {}).sample(logits).token, 2);
  logits = kLogits;
  EXPECT_EQ(Sampler(params, {}).sample(logits, std::vector<TokenId>{2}).token, 2);
}

TEST(Sampler, ABadWordIsBrokenAtItsLastToken) {
  SamplingParams params{.temperature = 0};
  params.adjustments.bad_words = {{0, 0, 0}};
  Sampler sampler(params, std::vector<TokenId>{0, 0});  // what the prompt says does not count
  std::vector<TokenId> answer;
  for (int i = 0; i < 6; ++i) {
    std::vector<float> logits = kLogits;
    answer.push_back(sampler.sample(logits).token);
  }
  EXPECT_EQ(answer, (std::vector<TokenId>{0, 0, 1, 0, 0, 1}));
}

TEST(Sampler, LogprobsAreTheModelsOwn) {
  SamplingParams params{.temperature = 0, .logprobs = 2};
  params.adjustments.logit_bias = {{3, 100.0f}};
  std::vector<float> logits = kLogits;
  const SampledToken sampled = Sampler(params, {}).sample(logits);
  EXPECT_EQ(sampled.token, 3);
  EXPECT_NEAR(sampled.logprob, std::log(0.05), 1e-5);
  ASSERT_EQ(sampled.top.size(), 2u);
  EXPECT_EQ(sampled.top[0].token, 0);
  EXPECT_NEAR(sampled.top[0].logprob, std::log(0.5), 1e-5);
  EXPECT_EQ(sampled.top[1].token, 1);
}

TEST(Sampler, SurvivesBrokenLogits) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> some = {nan, 1, nan, 2};
  EXPECT_EQ(Sampler({.temperature = 0}, {}).sample(some).token, 3);
  std::vector<float> all(4, nan);
  EXPECT_LT(Sampler({.logprobs = 3}, {}).sample(all).token, 4);
  std::vector<float> never(4, -std::numeric_limits<float>::infinity());
  EXPECT_LT(Sampler({.top_p = 0.5f}, {}).sample(never).token, 4);
}

TEST(Sampler, RefusesBadParametersByName) {
  EXPECT_TRUE(check_sampling({}, 10));
  EXPECT_NE(check_sampling({.top_p = -1}, 10).error().message.find("top_p"), std::string::npos);
  EXPECT_NE(check_sampling({.temperature = -1}, 10).error().message.find("temperature"), std::string::npos);
  SamplingParams biased;
  biased.adjustments.logit_bias = {{10, 1.0f}};
  EXPECT_NE(check_sampling(biased, 10).error().message.find("logit_bias"), std::string::npos);
  EXPECT_FALSE(check_sampling({.temperature = std::numeric_limits<float>::quiet_NaN()}, 10));
}

}  // namespace
}  // namespace ferry
