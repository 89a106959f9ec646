#include "infer/sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/core/rng.h"

namespace ferry {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// The likelier token first; of equal ones the lower id. NaN sorts last.
struct Likelier {
  std::span<const float> logits;
  bool operator()(TokenId a, TokenId b) const {
    const float x = logits[static_cast<size_t>(a)];
    const float y = logits[static_cast<size_t>(b)];
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) ? (std::isnan(y) && a < b) : true;
    return x != y ? x > y : a < b;
  }
};

TokenId likeliest(std::span<const float> logits) {
  TokenId best = 0;
  for (size_t i = 1; i < logits.size(); ++i) {
    if (logits[i] > logits[static_cast<size_t>(best)] || std::isnan(logits[static_cast<size_t>(best)])) {
      best = static_cast<TokenId>(i);
    }
  }
  return best;
}

double log_sum_exp(std::span<const float> logits) {
  const double most = logits[static_cast<size_t>(likeliest(logits))];
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  return most + std::log(sum);
}

std::vector<LikelyToken> top_logprobs(std::span<const float> logits, double normaliser, int32_t count) {
  std::vector<TokenId> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto end = ids.begin() + std::min<std::ptrdiff_t>(count, std::ssize(ids));
  std::partial_sort(ids.begin(), end, ids.end(), Likelier{logits});
  std::vector<LikelyToken> top;
  for (auto id = ids.begin(); id != end; ++id) {
    top.push_back({*id, static_cast<float>(logits[static_cast<size_t>(*id)] - normaliser)});
  }
  return top;
}

Result<void> check_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::invalid_argument, "{} must be between {} and {}, not {}", name, low, high, value);
}

}  // namespace

Result<void> check_sampling(const SamplingParams& params, int32_t vocab) {
  FERRY_TRY_VOID(check_range("temperature", params.temperature, 0, 100));
  FERRY_TRY_VOID(check_range("top_p", params.top_p, 1e-6, 1));
  FERRY_TRY_VOID(check_range("top_k", params.top_k, 0, std::numeric_limits<int32_t>::max()));
  FERRY_TRY_VOID(check_range("min_p", params.min_p, 0, 1));
  FERRY_TRY_VOID(check_range("presence_penalty", params.presence_penalty, -2, 2));
  FERRY_TRY_VOID(check_range("frequency_penalty", params.frequency_penalty, -2, 2));
  FERRY_TRY_VOID(check_range("repetition_penalty", params.repetition_penalty, 0.01, 100));
  for (const auto& [token, bias] : params.logit_bias) {
    FERRY_TRY_VOID(check_range("logit_bias: a token", token, 0, vocab - 1));
    FERRY_TRY_VOID(check_range("logit_bias: a bias", bias, -100, 100));
  }
  return {};
}

Sampler::Sampler(SamplingParams params, std::span<const TokenId> prompt) : params_(std::move(params)) {
  if (params_.repetition_penalty == 1.0f) return;  // the only one that counts the prompt
  for (const TokenId token : prompt) seen_.emplace(token, 0);
}

SampledToken Sampler::sample(std::span<float> logits, std::span<const TokenId> banned) {
  SampledToken sampled;
  double normaliser = 0;
  if (params_.logprobs >= 0) {
    normaliser = log_sum_exp(logits);
    sampled.top = top_logprobs(logits, normaliser, params_.logprobs);
  }
  std::vector<float> own;  // the model's logits, where adjust() would overwrite the one to report
  if (params_.logprobs >= 0) own.assign(logits.begin(), logits.end());
  adjust(logits, banned);
  sampled.token = pick(logits);
  if (params_.logprobs >= 0) {
    sampled.logprob = static_cast<float>(own[static_cast<size_t>(sampled.token)] - normaliser);
  }
  ++seen_[sampled.token];
  ++index_;
  return sampled;
}

void Sampler::adjust(std::span<float> logits, std::span<const TokenId> banned) const {
  for (const auto& [token, bias] : params_.logit_bias) logits[static_cast<size_t>(token)] += bias;
  for (const TokenId token : banned) logits[static_cast<size_t>(token)] = kNever;
  for (const auto& [token, times] : seen_) {
    float& logit = logits[static_cast<size_t>(token)];
    logit = logit > 0 ? logit / params_.repetition_penalty : logit * params_.repetition_penalty;
    if (times > 0) logit -= params_.presence_penalty + params_.frequency_penalty * static_cast<float>(times);
  }
}

TokenId Sampler::pick(std::span<const float> logits) const {
  const TokenId best = likeliest(logits);
  if (params_.temperature == 0 || params_.top_k == 1) return best;
  const double most = logits[static_cast<size_t>(best)];
  if (!std::isfinite(most)) return best;

  // Relative to the likeliest token, whose weight is 1.
  const auto weight = [&](TokenId id) {
    return std::exp((logits[static_cast<size_t>(id)] - most) / params_.temperature);
  };
  std::vector<TokenId> candidates;
  double total = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const double w = weight(id);
    if (!(w > 0) || w < params_.min_p) continue;
    candidates.push_back(id);
    total += w;
  }
  const Likelier likelier{logits};
  if (params_.top_k > 0 && std::ssize(candidates) > params_.top_k) {
    std::nth_element(candidates.begin(), candidates.begin() + params_.top_k, candidates.end(), likelier);
    candidates.resize(static_cast<size_t>(params_.top_k));
    std::sort(candidates.begin(), candidates.end(), likelier);
    total = 0;
    for (const TokenId id : candidates) total += weight(id);
  }
  if (params_.top_p < 1) {
    // Taking from a heap the few that are needed costs less than sorting a whole vocabulary.
    const auto later = [&](TokenId a, TokenId b) { return likelier(b, a); };
    std::make_heap(candidates.begin(), candidates.end(), later);
    auto end = candidates.end();
    double kept = 0;
    while (end != candidates.begin() && kept < params_.top_p * total) {
      std::pop_heap(candidates.begin(), end, later);
      kept += weight(*--end);
    }
    candidates.erase(candidates.begin(), end);
    std::reverse(candidates.begin(), candidates.end());
    total = kept;
  }
  // Two rounds of the generator separate neighbouring seeds and indices.
  double left = Rng(Rng(params_.seed).next() + index_).uniform() * total;
  for (const TokenId id : candidates) {
    left -= weight(id);
    if (left < 0) return id;
  }
  return candidates.back();
}

}  // namespace ferry
