#pragma once
// Patterns as one nondeterministic automaton over bytes (Thompson's construction), the step before dfa.h.

#include <cstdint>
#include <string_view>
#include <vector>

#include "serve/guard/patterns/regex_syntax.h"

namespace ferry {

struct NfaEdge {
  uint8_t first;
  uint8_t last;
  int to;
};

struct NfaState {
  std::vector<NfaEdge> edges = {};
  std::vector<int> empty = {};  // reached without a byte
  int pattern = 0;              // whose state it is
  bool accepts = false;
};

class Nfa {
 public:
  static constexpr size_t kMaxStates = 400'000;

  int start() const { return 0; }
  const std::vector<NfaState>& states() const { return states_; }

  // Patterns are numbered by the caller. Errors: resource_exhausted beyond kMaxStates.
  Result<void> add_regex(const PatternTree& tree, int pattern);
  // A name: letters in any case, composed or decomposed; one to four white space characters for each run of
  // them; straight and typographic apostrophes and hyphens alike. `name` is UTF-8.
  Result<void> add_name(std::string_view name, int pattern);

 private:
  struct Piece {
    int begin;
    int end;
  };

  int add_state();
  bool full() const { return states_.size() > kMaxStates; }
  Piece compile(const PatternTree& tree, int node);
  Piece compile_set(const std::vector<CharRange>& set);
  Piece compile_sequence(const PatternTree& tree, const std::vector<int>& children);
  Piece compile_choice(const PatternTree& tree, const std::vector<int>& children);
  Piece compile_repeat(const PatternTree& tree, const PatternNode& node);
  void add_range(int from, int to, char32_t first, char32_t last);
  void add_bytes(int from, int to, std::string_view bytes);
  Result<void> accept(int state, int first_state, int pattern);

  std::vector<NfaState> states_ = std::vector<NfaState>(1);
};

}  // namespace ferry
