#include "infer/sample/candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ferry {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

}  // namespace

void Candidates::choose(const LogitRow& row, const Truncation& truncation) {
  scale_ = 1.0f / truncation.temperature;
  const bool whole = truncation.top_k == 0 && truncation.min_p <= 0;
  all_ = whole && truncation.top_p >= 1 && truncation.typical_p >= 1;
  if (whole) total_ = row.sum_exp(scale_, parts_);
  if (all_) return;

  gather(row, log_floor(row, truncation));
  if (!whole) total_ = listed_weight();
  if (truncation.top_k > 0) keep_top_k(truncation.top_k);
  if (truncation.top_p < 1) keep_top_p(truncation.top_p);
  if (truncation.typical_p < 1) keep_typical(truncation.typical_p);
}

// No token whose log_weight is below it can stay.
float Candidates::log_floor(const LogitRow& row, const Truncation& t) const {
  if (t.top_k == 0 && t.min_p <= 0) {
    if (t.top_p >= 1) return kNever;
    // All tokens together that weigh less than this do not make up what top-p drops.
    const double dropped = (1.0 - t.top_p) * total_;
    return static_cast<float>(std::log(dropped / static_cast<double>(row.logits().size())));
  }
  float floor = t.min_p > 0 ? std::log(t.min_p) : kNever;
  if (t.top_k > 0) {
    const float top = row.floor_of_top(static_cast<size_t>(t.top_k));
    floor = std::max(floor, (top - row.most()) * scale_);
  }
  return floor;
}

void Candidates::gather(const LogitRow& row, float log_floor) {
  tokens_.clear();
  // A little less than the floor, for the division's rounding; the comparison below is exact.
  const float floor = row.most() + log_floor / scale_;
  row.at_least(floor - 1e-5f * std::abs(floor), tokens_);
  const auto log_weight = [&](TokenId token) { return (row.at(token) - row.most()) * scale_; };
  weights_.clear();
  for (const TokenId token : tokens_) weights_.push_back(log_weight(token));
  LogitRow::exp_terms(weights_);
  candidates_.clear();
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const Candidate candidate{tokens_[i], log_weight(tokens_[i]), weights_[i]};
    if (candidate.weight > 0 && candidate.log_weight >= log_floor) candidates_.push_back(candidate);
  }
}

double Candidates::listed_weight() const {
  double weight = 0;
  for (const Candidate& c : candidates_) weight += c.weight;
  return weight;
}

void Candidates::keep_top_k(int32_t count) {
  if (std::ssize(candidates_) <= count) return;
  ranked_.clear();
  for (const Candidate& c : candidates_) ranked_.push_back({-c.log_weight, c.token, 1.0f});
  keep_first(count);
}

void Candidates::keep_top_p(float fraction) {
  ranked_.clear();
  for (const Candidate& c : candidates_) ranked_.push_back({-c.log_weight, c.token, c.weight});
  keep_first(fraction * total_);
}

// A token's surprise is -log p; the expected one is the distribution's entropy.
void Candidates::keep_typical(float fraction) {
  const double log_total = std::log(total_);
  double entropy = 0;
  for (const Candidate& c : candidates_) entropy += c.weight / total_ * (log_total - c.log_weight);
  ranked_.clear();
  for (const Candidate& c : candidates_) {
    const double surprise = log_total - c.log_weight;
    ranked_.push_back({static_cast<float>(std::abs(surprise - entropy)), c.token, c.weight});
  }
  keep_first(fraction * total_);
}

// Keeps the candidates that rank first, as few as reach the weight together, but at least one.
void Candidates::keep_first(double weight) {
  parted_ = ranked_;
  const Ranked last = border(weight);
  size_t kept = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (!(last < ranked_[i])) candidates_[kept++] = candidates_[i];
  }
  candidates_.resize(kept);
  total_ = listed_weight();
}

// The last of the fewest that reach the weight: quickselect (Hoare, 1961) by weight instead of by count.
Candidates::Ranked Candidates::border(double weight) {
  auto begin = parted_.begin();  // the border lies in [begin, end)
  auto end = parted_.end();
  double before_begin = 0;
  while (true) {
    const auto last = end - 1;
    std::iter_swap(begin + (end - begin) / 2, last);
    const auto pivot = std::partition(begin, last, [&](const Ranked& r) { return r < *last; });
    std::iter_swap(pivot, last);
    double before = before_begin;
    for (auto r = begin; r != pivot; ++r) before += r->weight;
    if (pivot != begin && before >= weight) {
      end = pivot;
    } else if (before + pivot->weight >= weight || pivot == last) {
      return *pivot;
    } else {
      before_begin = before + pivot->weight;
      begin = pivot + 1;
    }
  }
}

TokenId Candidates::draw(const LogitRow& row, double uniform) const {
  if (all_) return draw_of_all(row, uniform);
  double left = uniform * total_;
  for (const Candidate& c : candidates_) {
    left -= c.weight;
    if (left < 0) return c.token;
  }
  return candidates_.back().token;
}

TokenId Candidates::draw_of_all(const LogitRow& row, double uniform) const {
  // First the stretch, by the sums that are known, then the token in it.
  double left = uniform * total_;
  size_t chosen = 0;
  for (size_t s = 0; s < parts_.size(); ++s) {
    if (!(parts_[s] > 0)) continue;
    chosen = s;
    if (left < parts_[s]) break;
    left -= parts_[s];
  }
  const size_t begin = chosen * LogitRow::kStretch;
  const size_t end = std::min(begin + LogitRow::kStretch, row.logits().size());
  TokenId token = 0;
  for (size_t i = begin; i < end; ++i) {
    const float weight = LogitRow::exp_term(row.logits()[i], row.most(), scale_);
    if (!(weight > 0)) continue;  // can never be drawn, not even when rounding leaves a rest
    token = static_cast<TokenId>(i);
    left -= weight;
    if (left < 0) break;
  }
  return token;
}

}  // namespace ferry
