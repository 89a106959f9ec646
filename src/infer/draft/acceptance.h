#pragma once
// How likely it is that a sequence's next guess is right, from how its last ones fared. Used by one thread
// (the engine's).

#include <cstdint>

namespace ferry {

class Acceptance {
 public:
  Acceptance() = default;
  // Of a sequence that is expected to fare like others, as far as `usual` can tell.
  static Acceptance like(const Acceptance& usual);

  // That a guess is right if all before it are; less than 1.
  double probability() const { return likely_; }
  // Steps in which there were guesses and none was verified, since a guess was last wrong, or right as nearly
  // always. (One that is right unexpectedly calls for the next.)
  int32_t passed_over() const { return passed_over_; }

  // So many guesses were verified, and the first so many of them right.
  void verified(int32_t guesses, int32_t right);
  // There were guesses, and none was verified.
  void pass_over() { ++passed_over_; }

 private:
  void learn(bool right);

  double likely_ = 0.5;
  int32_t learned_ = 0;
  int32_t passed_over_ = 0;
};

}  // namespace ferry
