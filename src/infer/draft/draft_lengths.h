#pragma once
// How many of each sequence's guesses a step verifies: as many as make it give the most tokens per second
// (the "goodput" of Liu et al., "Optimizing Speculative Decoding for Serving Large Language Models Using
// Goodput", 2024). Where guesses are seldom right, or rows or the guesses themselves dear, that is none.
//
// A sequence whose guesses are right with probability p gets p^j tokens from its j-th one. So the guesses of
// all sequences are ranked by that, and the step takes the first m up to some depth that maximise
//
//   (rows + Σ p^j) / (costs.ms(rows + m) + Σ guess_ms(s_d))
//
// where `rows`, those that the step computes anyway, give one token each, and s_d sequences get a d-th guess:
// each depth of guesses is made for all of them together. Guesses that are there already have no guess_ms.
//
// Where a drafter must first read some of a sequence's tokens (its prompt, above all), it does so if guesses
// for this sequence alone would pay although each step took reading_ms / tokens_left longer; until it has
// read them the sequence has a row for one guess.
//
// To notice a text that begins to repeat itself, a sequence that has been passed over so often that one guess
// in all these steps costs them less than kProbeShare of their time, reading included, gets one.

#include <cstdint>
#include <span>
#include <vector>

#include "base/core/function_ref.h"
#include "infer/draft/step_costs.h"

namespace ferry {

struct DraftOffer {
  int32_t guesses = 0;      // of one sequence, there already or to be made
  double probability = 0;   // that one is right if those before it are; less than 1
  int32_t passed_over = 0;  // steps in which there were guesses and none was verified
  double reading_ms = 0;    // before its first guess
  int32_t tokens_left = 1;  // that it may still get, at most
};

inline constexpr double kProbeShare = 0.01;  // of all sequences' together
inline constexpr int32_t kProbeEvery = 16;   // steps at least

// What making guesses costs: see Drafter::guess_ms.
using GuessMs = FunctionRef<double(int32_t sequences)>;

// Rows for each offer's guesses, at most `spare` in all.
std::vector<int32_t> draft_lengths(std::span<const DraftOffer> offers, int32_t rows, int32_t spare,
                                   const StepCosts& costs, GuessMs guess_ms);

}  // namespace ferry
