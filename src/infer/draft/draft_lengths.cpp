#include "infer/draft/draft_lengths.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ferry {
namespace {

// The step without guesses, and what more each of them costs.
struct Step {
  int32_t rows = 0;
  const StepCosts& costs;
  GuessMs guess_ms;

  double ms(int32_t guesses) const { return costs.ms(rows + guesses); }
};

struct Guess {
  size_t offer = 0;
  int32_t depth = 0;  // 0: the first
  double value = 0;   // tokens that it is likely to give
};

void append_guesses(std::vector<Guess>& guesses, size_t index, const DraftOffer& offer) {
  double value = 1;
  for (int32_t depth = 0; depth < offer.guesses; ++depth) {
    guesses.push_back({index, depth, value *= offer.probability});
  }
}

struct Choice {
  size_t count = 0;  // of the guesses, in their order
  double speed = 0;  // tokens per millisecond
};

// Each step takes `more_ms` longer if any guess is made.
Choice best_count(std::span<const Guess> guesses, const Step& step, double more_ms) {
  double tokens = step.rows;
  Choice best{0, tokens / step.ms(0)};
  double guessing_ms = more_ms;
  std::vector<int32_t> sequences;  // that get a guess, by depth
  for (size_t m = 1; m <= guesses.size(); ++m) {
    const auto depth = static_cast<size_t>(guesses[m - 1].depth);
    if (depth >= sequences.size()) sequences.resize(depth + 1);
    if (sequences[depth] > 0) guessing_ms -= step.guess_ms(sequences[depth]);
    guessing_ms += step.guess_ms(++sequences[depth]);
    tokens += guesses[m - 1].value;
    const double speed = tokens / (step.ms(static_cast<int32_t>(m)) + guessing_ms);
    if (speed > best.speed) best = {m, speed};
  }
  return best;
}

// The best ones up to each depth, and of these the best: where depths are dear, the likeliest guesses of all
// may be too deep.
std::vector<Guess> best_guesses(std::span<const Guess> ranked, const Step& step, size_t spare) {
  int32_t deepest = 0;
  for (const Guess& guess : ranked) deepest = std::max(deepest, guess.depth);
  std::vector<Guess> best;
  double best_speed = step.rows / step.ms(0);
  const int32_t shallowest = step.guess_ms(1) > 0 ? 0 : deepest;
  for (int32_t limit = deepest; limit >= shallowest; --limit) {
    std::vector<Guess> within;
    std::ranges::copy_if(ranked, std::back_inserter(within),
                         [=](const Guess& g) { return g.depth <= limit; });
    within.resize(std::min(within.size(), spare));
    const Choice choice = best_count(within, step, 0);
    if (choice.speed <= best_speed) continue;
    within.resize(choice.count);
    best = std::move(within);
    best_speed = choice.speed;
  }
  return best;
}

bool worth_reading(const DraftOffer& offer, const Step& step) {
  std::vector<Guess> guesses;
  append_guesses(guesses, 0, offer);
  return best_count(guesses, step, offer.reading_ms / std::max(1, offer.tokens_left)).count > 0;
}

// The likeliest first; those of one offer stay in order, since p < 1.
std::vector<Guess> ranked(std::span<const DraftOffer> offers) {
  std::vector<Guess> guesses;
  for (size_t i = 0; i < offers.size(); ++i) {
    if (offers[i].reading_ms == 0) append_guesses(guesses, i, offers[i]);
  }
  std::ranges::stable_sort(guesses, std::ranges::greater(), &Guess::value);
  return guesses;
}

// One sequence of `sequences` has been passed over so often that a guess of it is due.
bool probes(const DraftOffer& offer, std::ptrdiff_t sequences, const Step& step) {
  const double added = (step.ms(1) + step.guess_ms(1) + offer.reading_ms) / step.ms(0) - 1;
  const double patience = std::floor(added * static_cast<double>(sequences) / kProbeShare);
  return offer.passed_over >= std::max<double>(patience, kProbeEvery);
}

}  // namespace

std::vector<int32_t> draft_lengths(std::span<const DraftOffer> offers, int32_t rows, int32_t spare,
                                   const StepCosts& costs, GuessMs guess_ms) {
  const Step step{rows, costs, guess_ms};
  int32_t left = std::max(0, spare);
  std::vector<int32_t> lengths(offers.size());
  for (const Guess& guess : best_guesses(ranked(offers), step, static_cast<size_t>(left))) {
    ++lengths[guess.offer];
    --left;
  }
  for (size_t i = 0; i < offers.size() && left > 0; ++i) {
    const DraftOffer& offer = offers[i];
    if (offer.guesses == 0 || lengths[i] > 0) continue;
    const bool begins = offer.reading_ms > 0 && worth_reading(offer, step);
    if (!begins && !probes(offer, std::ssize(offers), step)) continue;
    lengths[i] = 1;
    --left;
  }
  return lengths;
}

}  // namespace ferry
