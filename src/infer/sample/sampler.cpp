#include "infer/sample/sampler.h"

#include <cmath>
#include <limits>

#include "base/core/rng.h"

namespace ferry {
namespace {

Result<void> check_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::invalid_argument, "{} must be between {} and {}, not {}", name, low, high, value);
}

Result<void> check_tokens(const char* name, std::span<const TokenId> tokens, int32_t vocab) {
  for (const TokenId token : tokens) {
    if (token >= 0 && token < vocab) continue;
    return fail(ErrorCode::invalid_argument, "{} has token {}, but the vocabulary ends at {}", name, token,
                vocab - 1);
  }
  return {};
}

Result<void> check_adjustments(const AdjustmentParams& params, int32_t vocab) {
  FERRY_TRY_VOID(check_range("presence_penalty", params.presence_penalty, -2, 2));
  FERRY_TRY_VOID(check_range("frequency_penalty", params.frequency_penalty, -2, 2));
  FERRY_TRY_VOID(check_range("repetition_penalty", params.repetition_penalty, 0.01, 100));
  for (const auto& [token, bias] : params.logit_bias) {
    FERRY_TRY_VOID(check_tokens("logit_bias", {&token, 1}, vocab));
    if (bias == -std::numeric_limits<float>::infinity()) continue;  // never
    FERRY_TRY_VOID(check_range("logit_bias: a bias", bias, -100, 100));
  }
  FERRY_TRY_VOID(check_tokens("allowed_token_ids", params.allowed, vocab));
  for (const std::vector<TokenId>& word : params.bad_words) {
    if (word.empty()) return fail(ErrorCode::invalid_argument, "bad_words has an empty word");
    FERRY_TRY_VOID(check_tokens("bad_words", word, vocab));
  }
  return {};
}

}  // namespace

Result<void> check_sampling(const SamplingParams& params, int32_t vocab) {
  FERRY_TRY_VOID(check_range("temperature", params.temperature, 0, 100));
  FERRY_TRY_VOID(check_range("top_p", params.top_p, 0, 1));
  FERRY_TRY_VOID(check_range("top_k", params.top_k, 0, std::numeric_limits<int32_t>::max()));
  FERRY_TRY_VOID(check_range("min_p", params.min_p, 0, 1));
  FERRY_TRY_VOID(check_range("typical_p", params.typical_p, 0, 1));
  return check_adjustments(params.adjustments, vocab);
}

Sampler::Sampler(const SamplingParams& params, std::span<const TokenId> prompt)
    : truncation_{.temperature = params.temperature,
                  .top_p = params.top_p,
                  .top_k = params.top_k,
                  .min_p = params.min_p,
                  .typical_p = params.typical_p},
      greedy_(params.temperature == 0 || params.top_k == 1),
      seed_(params.seed),
      logprobs_(params.logprobs),
      fallback_(params.adjustments.allowed.empty() ? 0 : params.adjustments.allowed.front()),
      adjustments_(params.adjustments, prompt) {}

SampledToken Sampler::sample(std::span<float> logits, std::span<const TokenId> banned,
                             const TokenMask* mask) {
  SampledToken sampled;
  double log_sum = 0;
  if (logprobs_ >= 0) {
    row_.read(logits);
    log_sum = row_.log_sum_exp();
    sampled.top = top_logprobs(row_, log_sum, logprobs_);
  }
  adjustments_.apply(logits, banned, mask);
  row_.read(logits);
  sampled.token = pick(mask);
  if (logprobs_ >= 0) {
    sampled.logprob = static_cast<float>(adjustments_.original(logits, sampled.token) - log_sum);
  }
  adjustments_.accept(sampled.token);
  ++index_;
  return sampled;
}

TokenId Sampler::pick(const TokenMask* mask) {
  if (row_.most() == -std::numeric_limits<float>::infinity()) return mask ? mask->first() : fallback_;
  if (greedy_ || !std::isfinite(row_.most())) return row_.likeliest();
  candidates_.choose(row_, truncation_);
  // Two rounds of the generator separate neighbouring seeds and indices.
  return candidates_.draw(row_, Rng(Rng(seed_).next() + index_).uniform());
}

}  // namespace ferry
