#pragma once
// A grammar as an automaton over bytes whose states are made when they are first reached.
//
// A state is a set of threads. A thread is what is left of a terminal (an expression, moved on by
// derivatives) and what must come after it, a stack: symbols, the next one on top. Stacks are stored once
// each, share what lies below, and where several callers wait for the same rule, one stack stands on the set
// of theirs (a graph-structured stack: Tomita, "Efficient Parsing for Natural Language", 1986). Threads are
// merged where their stacks or their expressions are equal. All context-free grammars without left recursion
// are followed exactly, ambiguous ones too; equal situations are equal states, which is what makes
// remembering masks worth it.

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "infer/grammar/regex_pool.h"
#include "infer/grammar/rules.h"

namespace ferry {

using StateId = uint32_t;
using StackId = uint32_t;

// Not thread-safe.
class StateMachine {
 public:
  static constexpr StateId kDead = 0;

  struct Thread {
    RegexId head;   // not kEmpty
    StackId stack;  // after it
    auto operator<=>(const Thread&) const = default;
  };

  // `rules` must have been finished. max_bytes: of memory for what is worked out. Whoever is between two
  // tokens looks whether that is_full() and if so calls restart(); at twice as much no new states are made
  // (steps to them are dead).
  StateMachine(RegexPool& pool, RuleSet& rules, RuleId root, size_t max_bytes);

  StateId start() const { return start_; }
  StateId step(StateId state, uint8_t byte) {
    const StateId next = transitions_[state * classes_ + class_of_[byte]];
    return next != kUnknown ? next : make_step(state, byte);
  }
  bool may_end(StateId state) const { return states_[state].may_end; }
  // The bytes that lead to other states than kDead.
  ByteSet next_bytes(StateId state);

  std::span<const Thread> threads(StateId state) const {
    return {threads_.data() + states_[state].begin, states_[state].count};
  }
  // The state of these threads alone, which may not end.
  StateId state_of(std::vector<Thread> threads) { return intern_state(threads, false); }
  // Where one is when a thread's expression is done.
  StateId state_after(StackId stack);

  size_t memory_bytes() const;
  bool is_full() const { return memory_bytes() > max_bytes_; }
  bool is_overfull() const { return memory_bytes() / 2 > max_bytes_; }
  // Forgets all states: StateIds of before mean nothing afterwards.
  void restart();

 private:
  static constexpr StateId kUnknown = UINT32_MAX;
  static constexpr StackId kBottom = 0;

  struct Stack {
    bool is_set = false;  // else: `symbol` on top of `below`
    SymbolId symbol = 0;
    StackId below = 0;   // of a set: where its members begin in members_
    uint32_t count = 0;  // of a set: how many
  };
  struct State {
    uint32_t begin = 0;  // in threads_
    uint32_t count = 0;
    bool may_end = false;
  };
  // What can be read next when some stacks are on top.
  struct Opening {
    std::vector<Thread> threads;
    bool may_end = false;
  };
  class Opener;

  StateId make_step(StateId state, uint8_t byte);
  StateId intern_state(std::vector<Thread>& threads, bool may_end);
  void merge(std::vector<Thread>& threads);
  StackId push(SymbolId symbol, StackId below);
  StackId push_all(std::span<const SymbolId> symbols, StackId below);  // the first one on top
  StackId join(std::vector<StackId> stacks);
  StackId intern_stack(const Stack& stack);
  const Opening& opening_of(StackId stack);
  void open(std::vector<StackId> stacks, Opening& out);
  std::span<const StackId> members(const Stack& set) const {
    return {members_.data() + set.below, set.count};
  }

  RegexPool& pool_;
  RuleSet& rules_;
  RuleId root_;
  size_t max_bytes_;
  size_t base_nodes_;  // what was there before any state
  size_t base_symbols_;
  size_t base_bytes_;
  size_t classes_;
  std::array<uint8_t, 256> class_of_;

  std::vector<Stack> stacks_;
  std::vector<StackId> members_;
  std::unordered_map<uint64_t, std::vector<StackId>> known_stacks_;  // by hash
  std::unordered_map<StackId, Opening> openings_;
  size_t opening_threads_ = 0;  // in all openings_

  std::vector<State> states_;
  std::vector<Thread> threads_;
  std::vector<StateId> transitions_;  // [states, classes]
  std::unordered_map<uint64_t, std::vector<StateId>> known_states_;
  StateId start_ = 0;
};

}  // namespace ferry
