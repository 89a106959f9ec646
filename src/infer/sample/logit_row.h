#pragma once
// Passes over one row of logits, [vocab]. A vocabulary has 128k tokens and more, of which sampling looks at a
// few: so a first pass notes the largest logit of each stretch of kStretch tokens, and the later ones skip
// the stretches that cannot hold what they look for.
//
// NaN counts as the smallest logit. Additions have one order, so results depend on the row alone.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ferry {

using TokenId = int32_t;

class LogitRow {
 public:
  static constexpr size_t kStretch = 64;

  // The row must stay as it is, and where it is, while the others are called. Not empty.
  void read(std::span<const float> logits);

  std::span<const float> logits() const { return logits_; }
  float at(TokenId token) const { return logits_[static_cast<size_t>(token)]; }
  float most() const {
    return most_;
  }                           // the largest logit; -infinity where there is nothing but that and NaN
  TokenId likeliest() const;  // of several the lowest; 0 where most() is -infinity

  // A logit that at least `count` tokens reach, and not many more do; -infinity where none is known.
  float floor_of_top(size_t count) const;
  // Appends the tokens with logits of at least `floor`, in the order of their ids.
  void at_least(float floor, std::vector<TokenId>& tokens) const;
  // How many logits are at least so large.
  size_t count_at_least(float logit) const;

  // Σ e^((logit - most()) · scale), for finite most(). Each stretch's part of it goes to `parts`.
  double sum_exp(float scale, std::vector<float>& parts) const;
  // One term of that sum.
  static float exp_term(float logit, float most, float scale);
  // Those of many values of (logit - most) · scale, in place.
  static void exp_terms(std::span<float> values);

  // log Σ e^logit
  double log_sum_exp();

 private:
  std::span<const float> stretch(size_t index) const;

  std::span<const float> logits_;
  std::vector<float> mosts_;  // of each stretch
  float most_ = 0;
  mutable std::vector<float> sorted_;
  std::vector<float> parts_;
};

}  // namespace ferry
