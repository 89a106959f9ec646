#include "infer/draft/acceptance.h"

#include <algorithm>

namespace ferry {
namespace {

constexpr int32_t kWindow = 16;  // guesses that count, roughly
constexpr double kMost = 0.99;   // nothing is certain
constexpr double kOften = 0.9;   // right so often, a guess that does not pay needs no more tries
constexpr int32_t kUsual = 4;    // guesses that what others' were worth counts for

}  // namespace

Acceptance Acceptance::like(const Acceptance& usual) {
  Acceptance made = usual;
  made.learned_ = std::min(usual.learned_, kUsual);
  return made;
}

void Acceptance::verified(int32_t guesses, int32_t right) {
  for (int32_t i = 0; i < right; ++i) learn(true);
  if (right < guesses) learn(false);  // those behind a wrong one say nothing
  if (right < guesses || likely_ > kOften) passed_over_ = 0;
}

// Laplace's rule of succession at first, then an exponential average.
void Acceptance::learn(bool right) {
  learned_ = std::min(learned_ + 1, kWindow - 2);
  likely_ = std::min(kMost, likely_ + ((right ? 1 : 0) - likely_) / (learned_ + 2));
}

}  // namespace ferry
