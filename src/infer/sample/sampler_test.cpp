#include "infer/sample/sampler.h"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

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
  EXPECT_EQ(second({.presence_penalty = 0.5f}), 2);  // the prompt's token is not penalised
  EXPECT_EQ(second({.frequency_penalty = 0.5f}), 2);
  SamplingParams repetition{.repetition_penalty = 1.04f};
  repetition.temperature = 0;
  Sampler sampler(repetition, prompt);
  std::vector<float> logits = {1.9f, 1.85f, 1.95f, -1};
  EXPECT_EQ(sampler.sample(logits).token, 0);  // 1.95 / 1.04 < 1.9: the prompt counts
}

TEST(Sampler, BiasAndBansDecide) {
  SamplingParams params{.temperature = 0};
  params.logit_bias = {{3, 100.0f}};
  std::vector<float> logits = kLogits;
  EXPECT_EQ(Sampler(params, {}).sample(logits).token, 3);
  logits = kLogits;
  const std::vector<TokenId> banned = {0, 1};
  EXPECT_EQ(Sampler({.temperature = 0}, {}).sample(logits, banned).token, 2);
}

TEST(Sampler, LogprobsAreTheModelsOwn) {
  SamplingParams params{.temperature = 0, .logprobs = 2};
  params.logit_bias = {{3, 100.0f}};
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
  EXPECT_NE(check_sampling({.top_p = 0}, 10).error().message.find("top_p"), std::string::npos);
  EXPECT_NE(check_sampling({.temperature = -1}, 10).error().message.find("temperature"), std::string::npos);
  SamplingParams biased;
  biased.logit_bias = {{10, 1.0f}};
  EXPECT_NE(check_sampling(biased, 10).error().message.find("logit_bias"), std::string::npos);
  EXPECT_FALSE(check_sampling({.temperature = std::numeric_limits<float>::quiet_NaN()}, 10));
}

}  // namespace
}  // namespace ferry
