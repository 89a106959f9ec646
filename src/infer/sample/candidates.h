#pragma once
// Which tokens may come next, and the draw among them.
//
// Truncation has vLLM's order, each part working on what the one before has left: temperature, min-p, top-k,
// top-p, typical-p. Where several tokens are equal, those with lower ids stay. The definitions are those of
// transformers' warpers (tests/golden/sample): Holtzman et al. 2020 for top-p, Meister et al. 2023 for
// typical, Nguyen et al. 2024 for min-p.
//
// The draw is the inverse of the cumulative distribution in the order of ids. No part sorts the vocabulary:
// top-k, top-p and typical-p find their border by partitioning the few tokens that can be above it.

#include <cstdint>
#include <vector>

#include "infer/sample/logit_row.h"

namespace ferry {

struct Truncation {
  float temperature = 1.0f;  // > 0
  float top_p = 1.0f;        // [0, 1]; the fewest likeliest tokens that reach it, at least one
  int32_t top_k = 0;         // 0: all
  float min_p = 0.0f;        // [0, 1]: tokens at least this fraction as likely as the likeliest
  float typical_p = 1.0f;  // [0, 1]; 1: all. The fewest tokens nearest to the expected surprise that reach it
};

// Keeps its memory from row to row. One thread at a time.
class Candidates {
 public:
  // REQUIRES: a finite row.most().
  void choose(const LogitRow& row, const Truncation& truncation);

  // uniform: [0, 1). `row` as in choose().
  TokenId draw(const LogitRow& row, double uniform) const;

 private:
  struct Candidate {
    TokenId token;
    float log_weight;  // (logit - most) / temperature
    float weight;      // its exponential: relative to the likeliest token's
  };
  // What a border is looked for among: the lowest first, then the lower id.
  struct Ranked {
    float rank;
    TokenId token;
    float weight;
    bool operator<(const Ranked& other) const {
      return rank != other.rank ? rank < other.rank : token < other.token;
    }
  };

  float log_floor(const LogitRow& row, const Truncation& truncation) const;
  void gather(const LogitRow& row, float log_floor);
  double listed_weight() const;
  void keep_top_k(int32_t count);
  void keep_top_p(float fraction);
  void keep_typical(float fraction);
  void keep_first(double weight);
  Ranked border(double weight);  // of parted_
  TokenId draw_of_all(const LogitRow& row, double uniform) const;

  float scale_ = 1;                    // 1 / temperature
  bool all_ = false;                   // nothing is cut: the tokens are not listed
  std::vector<Candidate> candidates_;  // by id
  double total_ = 0;                   // weight of what stays
  std::vector<float> parts_;           // with all_: weight of each stretch
  std::vector<TokenId> tokens_;        // scratch
  std::vector<float> weights_;         // scratch: of tokens_
  std::vector<Ranked> ranked_;         // scratch: of each candidate, in their order
  std::vector<Ranked> parted_;         // scratch: the same, as far in order as border() needs it
};

}  // namespace ferry
