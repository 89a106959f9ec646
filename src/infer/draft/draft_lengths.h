#pragma once
// How many of each sequence's guesses a step verifies: as many as make it give the most tokens per second
// (the "goodput" of Liu et al., "Optimizing Speculative Decoding for Serving Large Language Models Using
// Goodput", 2024). Where guesses are seldom right, or rows dear, that is none.
//
// A sequence whose guesses are right with probability p gets p^j tokens from its j-th one. So the guesses of
// all sequences are ranked by that, and the step takes the first m of them that maximise
//
//   (rows + Σ p^j) / costs.ms(rows + m)
//
// where `rows`, those that the step computes anyway, give one token each.
//
// To notice a text that begins to repeat itself, a sequence that has been passed over so often that one guess
// in all these steps costs them less than kProbeShare of their time gets a row for its first one.

#include <cstdint>
#include <span>
#include <vector>

#include "infer/draft/step_costs.h"

namespace ferry {

struct DraftOffer {
  int32_t guesses = 0;      // of one sequence
  double probability = 0;   // that one is right if those before it are; less than 1
  int32_t passed_over = 0;  // steps in which there were guesses and none was verified
};

inline constexpr double kProbeShare = 0.01;  // of all sequences' together
inline constexpr int32_t kProbeEvery = 16;   // steps at least

// Rows for each offer's guesses, at most `spare` in all.
std::vector<int32_t> draft_lengths(std::span<const DraftOffer> offers, int32_t rows, int32_t spare,
                                   const StepCosts& costs);

}  // namespace ferry
