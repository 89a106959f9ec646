#pragma once
// A compiled grammar at work: its parts together, behind one lock.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "infer/grammar/builder.h"
#include "infer/grammar/masker.h"
#include "infer/grammar/states.h"

namespace ferry {

// States are made as they are reached. When they take more memory than allowed, all are forgotten and a new
// epoch begins: whoever keeps states compares epochs and finds its own again by replaying its text.
class Automaton {
 public:
  Automaton(std::unique_ptr<GrammarBuilder> parts, RuleId root, const GrammarVocabulary& vocabulary,
            size_t max_bytes)
      : parts_(std::move(parts)),
        machine_(parts_->pool, parts_->rules, root, max_bytes / 4 * 3),
        masker_(machine_, *parts_, vocabulary, max_bytes / 4),
        vocabulary_(vocabulary) {}

  // All that follows needs the lock.
  std::mutex& lock() { return lock_; }

  // Looks whether it is time for a new epoch.
  uint64_t epoch() {
    if (machine_.is_full()) {
      machine_.restart();
      masker_.forget();
      ++epoch_;
    }
    return epoch_;
  }
  StateMachine& machine() { return machine_; }
  Masker& masker() { return masker_; }
  StateId advance(StateId state, std::string_view bytes) {
    for (const char byte : bytes) {
      state = machine_.step(state, static_cast<uint8_t>(byte));
      if (state == StateMachine::kDead) break;
    }
    return state;
  }
  // What a token comes to: dead, or a state and the bytes that led there.
  struct Reading {
    StateId state = StateMachine::kDead;
    std::string bytes = {};
  };
  // A token that the grammar has as a mark is read as that wherever it can be, otherwise as text.
  Reading read(StateId state, TokenId token) {
    const std::vector<Mark>& marks = parts_->marks.all();
    bool is_trigger = false;
    for (size_t i = 0; i < marks.size(); ++i) {
      if (marks[i].token != token) continue;
      is_trigger = marks[i].is_trigger;
      std::string bytes = Marks::bytes(i);
      const StateId next = advance(state, bytes);
      if (next != StateMachine::kDead) return {next, std::move(bytes)};
    }
    const bool is_special = vocabulary_.specials().contains(token);
    if (is_special && is_trigger) return {};
    const std::string_view bytes = is_special ? kAnySpecial : vocabulary_.bytes(token);
    if (bytes.empty()) return {};
    return {advance(state, bytes), std::string(bytes)};
  }
  size_t memory_bytes() const {
    return parts_->pool.memory_bytes() + machine_.memory_bytes() + masker_.memory_bytes();
  }

 private:
  std::mutex lock_;
  std::unique_ptr<GrammarBuilder> parts_;
  StateMachine machine_;
  Masker masker_;
  const GrammarVocabulary& vocabulary_;
  uint64_t epoch_ = 1;
};

}  // namespace ferry
