#include "infer/draft/draft_lengths.h"

#include <algorithm>

namespace ferry {
namespace {

struct Guess {
  size_t offer = 0;
  double value = 0;  // tokens that it is likely to give
};

// The likeliest first; those of one offer stay in order, since p < 1.
std::vector<Guess> ranked(std::span<const DraftOffer> offers) {
  std::vector<Guess> guesses;
  for (size_t i = 0; i < offers.size(); ++i) {
    double value = 1;
    for (int32_t j = 0; j < offers[i].guesses; ++j) guesses.push_back({i, value *= offers[i].probability});
  }
  std::ranges::stable_sort(guesses, std::ranges::greater(), &Guess::value);
  return guesses;
}

size_t best_count(std::span<const Guess> guesses, int32_t rows, const StepCosts& costs) {
  double tokens = rows;
  double best = tokens / costs.ms(rows);
  size_t count = 0;
  for (size_t m = 1; m <= guesses.size(); ++m) {
    tokens += guesses[m - 1].value;
    const double speed = tokens / costs.ms(rows + static_cast<int32_t>(m));
    if (speed <= best) continue;
    best = speed;
    count = m;
  }
  return count;
}

// By one sequence of `sequences`.
int32_t steps_between_probes(std::ptrdiff_t sequences, int32_t rows, const StepCosts& costs) {
  const double added = costs.ms(rows + 1) / costs.ms(rows) - 1;
  const double steps = added * static_cast<double>(sequences) / kProbeShare;
  return static_cast<int32_t>(std::clamp<double>(steps, kProbeEvery, 1 << 20));
}

}  // namespace

std::vector<int32_t> draft_lengths(std::span<const DraftOffer> offers, int32_t rows, int32_t spare,
                                   const StepCosts& costs) {
  std::vector<Guess> guesses = ranked(offers);
  guesses.resize(std::min(guesses.size(), static_cast<size_t>(std::max(0, spare))));
  guesses.resize(best_count(guesses, rows, costs));
  std::vector<int32_t> lengths(offers.size());
  for (const Guess& guess : guesses) ++lengths[guess.offer];
  auto left = std::max(0, spare) - static_cast<int32_t>(guesses.size());
  const int32_t patience = steps_between_probes(std::ssize(offers), rows, costs);
  for (size_t i = 0; i < offers.size() && left > 0; ++i) {
    if (offers[i].passed_over < patience || offers[i].guesses == 0 || lengths[i] > 0) continue;
    lengths[i] = 1;
    --left;
  }
  return lengths;
}

}  // namespace ferry
