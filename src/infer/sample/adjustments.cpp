#include "infer/sample/adjustments.h"

#include <algorithm>
#include <limits>

namespace ferry {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// Most words of a mask are empty, or have a few tokens, or are full.
void keep_masked(std::span<float> logits, const TokenMask& mask) {
  const std::span<const uint64_t> words = mask.words();
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == ~uint64_t{0}) continue;
    const std::span<float> part = logits.subspan(64 * i, std::min<size_t>(64, logits.size() - 64 * i));
    if (words[i] == 0) {
      std::fill(part.begin(), part.end(), kNever);
      continue;
    }
    for (size_t bit = 0; bit < part.size(); ++bit) {
      if ((words[i] >> bit & 1) == 0) part[bit] = kNever;
    }
  }
}

}  // namespace

Adjustments::Adjustments(AdjustmentParams params, std::span<const TokenId> prompt)
    : params_(std::move(params)),
      penalises_(params_.presence_penalty != 0 || params_.frequency_penalty != 0 ||
                 params_.repetition_penalty != 1),
      longest_word_(0) {
  for (const auto& word : params_.bad_words) longest_word_ = std::max(longest_word_, word.size());
  if (params_.repetition_penalty == 1.0f) return;  // the only one that counts the prompt
  for (const TokenId token : prompt) seen_.emplace(token, 0);
}

void Adjustments::apply(std::span<float> logits, std::span<const TokenId> banned, const TokenMask* mask) {
  changed_.clear();
  if (mask != nullptr) keep_masked(logits, *mask);
  if (!params_.allowed.empty()) keep_allowed(logits);
  ban_bad_words(logits);
  for (const TokenId token : banned) set(logits, token, kNever);
  for (const auto& [token, bias] : params_.logit_bias) {
    set(logits, token, logits[static_cast<size_t>(token)] + bias);
  }
  if (penalises_) penalise(logits);
}

void Adjustments::set(std::span<float> logits, TokenId token, float logit) {
  float& now = logits[static_cast<size_t>(token)];
  changed_.emplace_back(token, now);
  now = logit;
}

void Adjustments::keep_allowed(std::span<float> logits) {
  allowed_logits_.clear();
  for (const TokenId token : params_.allowed) allowed_logits_.push_back(logits[static_cast<size_t>(token)]);
  std::fill(logits.begin(), logits.end(), kNever);
  for (size_t i = 0; i < params_.allowed.size(); ++i) {
    logits[static_cast<size_t>(params_.allowed[i])] = allowed_logits_[i];
  }
}

void Adjustments::ban_bad_words(std::span<float> logits) {
  for (const std::vector<TokenId>& word : params_.bad_words) {
    const std::span<const TokenId> before(word.data(), word.size() - 1);
    if (before.size() > ending_.size()) continue;
    if (std::equal(before.begin(), before.end(), ending_.end() - std::ssize(before))) {
      set(logits, word.back(), kNever);
    }
  }
}

void Adjustments::penalise(std::span<float> logits) {
  for (const auto& [token, times] : seen_) {
    float logit = logits[static_cast<size_t>(token)];
    logit = logit > 0 ? logit / params_.repetition_penalty : logit * params_.repetition_penalty;
    if (times > 0) {
      logit -= params_.frequency_penalty * static_cast<float>(times);
      logit -= params_.presence_penalty;
    }
    set(logits, token, logit);
  }
}

float Adjustments::original(std::span<const float> logits, TokenId token) const {
  for (const auto& [changed, before] : changed_) {
    if (changed == token) return before;  // its first change
  }
  return logits[static_cast<size_t>(token)];
}

void Adjustments::accept(TokenId token) {
  if (penalises_) ++seen_[token];
  if (longest_word_ < 2) return;
  if (ending_.size() + 1 == longest_word_) ending_.erase(ending_.begin());
  ending_.push_back(token);
}

}  // namespace ferry
