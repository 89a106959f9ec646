#include "infer/sample/logit_row.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

namespace ferry {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// Four lanes, which every x86-64 machine has: the same additions everywhere, and the compilers need not
// guess.
using Floats = float __attribute__((vector_size(16)));
using Ints = int32_t __attribute__((vector_size(16)));
constexpr size_t kLanes = 4;
constexpr size_t kVectors = LogitRow::kStretch / kLanes;

Floats load(const float* from) {
  Floats loaded;
  std::memcpy(&loaded, from, sizeof loaded);
  return loaded;
}

// e^x for x <= 0, and 0 below -87 and for NaN. As in Cephes (Moshier): x = n ln 2 + r, then e^r by a
// polynomial, whose relative error is below 2e-7.
Floats exp_nonpositive(Floats x) {
  constexpr float kLowest = -87.0f;
  const Ints counts = x > kLowest;  // false for NaN
  const Floats clamped = x > kLowest ? x : Floats{} + kLowest;
  constexpr float kRound = 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  const Floats n = (clamped * 1.44269504088896341f + kRound) - kRound;
  const Floats r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  return std::bit_cast<Floats>(std::bit_cast<Ints>(p * std::bit_cast<Floats>(power)) & counts);
}

float most_of(std::span<const float> stretch) {
  if (stretch.size() < LogitRow::kStretch) {
    float most = kNever;
    for (const float logit : stretch) most = logit > most ? logit : most;
    return most;
  }
  Floats most[4] = {Floats{} + kNever, Floats{} + kNever, Floats{} + kNever, Floats{} + kNever};
  for (size_t v = 0; v < kVectors; v += 4) {
    for (size_t i = 0; i < 4; ++i) {
      const Floats logits = load(stretch.data() + (v + i) * kLanes);
      most[i] = logits > most[i] ? logits : most[i];
    }
  }
  for (const size_t i : {2, 3}) most[i - 2] = most[i] > most[i - 2] ? most[i] : most[i - 2];
  const Floats m = most[1] > most[0] ? most[1] : most[0];
  return std::max(std::max(m[0], m[1]), std::max(m[2], m[3]));
}

float sum_of(std::span<const float> stretch, float most, float scale) {
  Floats sum[2] = {};
  size_t i = 0;
  for (; i + 2 * kLanes <= stretch.size(); i += 2 * kLanes) {
    sum[0] += exp_nonpositive((load(stretch.data() + i) - most) * scale);
    sum[1] += exp_nonpositive((load(stretch.data() + i + kLanes) - most) * scale);
  }
  const Floats both = sum[0] + sum[1];
  float rest = 0;
  for (; i < stretch.size(); ++i) rest += LogitRow::exp_term(stretch[i], most, scale);
  return (both[0] + both[1]) + (both[2] + both[3]) + rest;
}

}  // namespace

void LogitRow::read(std::span<const float> logits) {
  logits_ = logits;
  mosts_.resize((logits.size() + kStretch - 1) / kStretch);
  most_ = kNever;
  for (size_t s = 0; s < mosts_.size(); ++s) {
    mosts_[s] = most_of(stretch(s));
    most_ = std::max(most_, mosts_[s]);
  }
}

std::span<const float> LogitRow::stretch(size_t index) const {
  const size_t begin = index * kStretch;
  return logits_.subspan(begin, std::min(kStretch, logits_.size() - begin));
}

TokenId LogitRow::likeliest() const {
  if (most_ == kNever) return 0;
  const auto s = static_cast<size_t>(std::find(mosts_.begin(), mosts_.end(), most_) - mosts_.begin());
  const auto begin = logits_.begin() + static_cast<std::ptrdiff_t>(s * kStretch);
  return static_cast<TokenId>(std::find(begin, logits_.end(), most_) - logits_.begin());
}

// The count-th largest of the stretches' largest: each of those is a token that reaches it.
float LogitRow::floor_of_top(size_t count) const {
  if (count == 0 || count > mosts_.size()) return kNever;
  sorted_ = mosts_;
  const auto at = sorted_.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(sorted_.begin(), at, sorted_.end(), std::greater<>());
  return *at;
}

void LogitRow::at_least(float floor, std::vector<TokenId>& tokens) const {
  for (size_t s = 0; s < mosts_.size(); ++s) {
    if (!(mosts_[s] >= floor)) continue;
    const std::span<const float> logits = stretch(s);
    for (size_t i = 0; i < logits.size(); ++i) {
      if (logits[i] >= floor) tokens.push_back(static_cast<TokenId>(s * kStretch + i));
    }
  }
}

size_t LogitRow::count_at_least(float logit) const {
  size_t count = 0;
  for (size_t s = 0; s < mosts_.size(); ++s) {
    if (!(mosts_[s] >= logit)) continue;
    for (const float other : stretch(s)) count += other >= logit ? 1 : 0;
  }
  return count;
}

double LogitRow::sum_exp(float scale, std::vector<float>& parts) const {
  parts.resize(mosts_.size());
  double sum = 0;
  for (size_t s = 0; s < mosts_.size(); ++s) {
    parts[s] = sum_of(stretch(s), most_, scale);
    sum += parts[s];
  }
  return sum;
}

float LogitRow::exp_term(float logit, float most, float scale) {
  return exp_nonpositive((Floats{} + logit - most) * scale)[0];
}

void LogitRow::exp_terms(std::span<float> values) {
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    const Floats terms = exp_nonpositive(load(values.data() + i));
    std::memcpy(values.data() + i, &terms, sizeof terms);
  }
  for (; i < values.size(); ++i) values[i] = exp_term(values[i], 0, 1);
}

double LogitRow::log_sum_exp() {
  return most_ + std::log(sum_exp(1, parts_));
}

}  // namespace ferry
