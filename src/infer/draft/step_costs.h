#pragma once
// How long a step takes, by its rows: learned from measured steps, since it differs between models, machines
// and loads, and not in proportion (a few rows more may cost nothing, or a whole tile).
//
// Whatever disturbs a step makes it longer, often by much; so of several measurements the least counts, and
// rises slowly until there is a new one. What was not measured lately counts as the least that it can be, so
// that it is tried now and then: each row more takes at least kLeastRow of the step, and many rows no more
// for each than few. What loses each time is tried ever more seldom. Numbers of rows that differ by less than
// a quarter count as one, so that few measurements tell much. Knows no clock. Used by one thread (the
// engine's).

#include <cstdint>
#include <map>

namespace ferry {

class StepCosts {
 public:
  // What was measured is known for so many steps; for twice as many each time that it was forgotten before.
  static constexpr uint64_t kMemory = 64;
  static constexpr uint64_t kLongestMemory = 2048;

  static constexpr double kLeastRow = 0.01;
  // Larger steps are not remembered: they have work enough without guesses.
  static constexpr int32_t kMostRows = 128;

  // A step of so many rows took `ms`.
  void took(int32_t rows, double ms);

  // What a step of so many rows would take, rows >= 1. While nothing is known: the same for any.
  double ms(int32_t rows) const;
  bool knows_any() const;

 private:
  struct Measured {
    double ms = 0;
    int32_t times = 0;
    uint64_t memory = kMemory;
    uint64_t until = 0;  // the step at which it is forgotten
  };
  bool known(const Measured& one) const { return one.times > 1 && steps_ < one.until; }

  std::map<int32_t, Measured> measured_;  // by rows
  uint64_t steps_ = 0;
};

}  // namespace ferry
