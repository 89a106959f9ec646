#pragma once
// All patterns as one deterministic automaton, built once and shared by all threads. It is asked at a place
// and reads on while any pattern can still match: time is linear in the bytes read, whatever the patterns.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "serve/guard/patterns/nfa.h"
#include "serve/guard/patterns/pair_filter.h"

namespace ferry {

class Dfa {
 public:
  using State = uint32_t;
  static constexpr State kDead = 0;
  static constexpr size_t kMaxTableBytes = size_t{96} << 20;
  // Steps from state to state while building: bounds its time (about a second) and memory.
  static constexpr size_t kMaxWork = 20'000'000;

  // `free_start[p]`: pattern p may begin in the middle of a word. Errors: resource_exhausted beyond
  // kMaxTableBytes and kMaxWork.
  static Result<Dfa> build(const Nfa& nfa, std::span<const uint8_t> free_start);

  State start() const { return 1; }
  State next(State state, uint8_t byte) const { return table_[state * classes_ + class_of_[byte]]; }
  // Patterns that match what has been read, ascending.
  std::span<const int> accepted(State state) const {
    return {accepted_.data() + accepted_begin_[state], accepted_begin_[state + 1] - accepted_begin_[state]};
  }
  bool goes_on(State state) const { return goes_on_[state]; }

  // PairFilter::next(), for the pairs of bytes that patterns begin with.
  size_t next_start(std::string_view text, size_t from) const { return filter_.next(text, from); }

 private:
  class Builder;

  void make_filter(const std::vector<bool>& leads_to_free);

  std::array<uint8_t, 256> class_of_{};
  size_t classes_ = 0;
  std::vector<State> table_;  // [states, classes]
  std::vector<uint32_t> accepted_begin_;
  std::vector<int> accepted_;
  std::vector<bool> goes_on_;
  PairFilter filter_;
};

}  // namespace ferry
