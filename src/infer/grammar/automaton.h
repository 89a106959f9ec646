#pragma once
// A compiled grammar at work: its parts together, behind one lock.

#include <cstdint>
#include <memory>
#include <mutex>
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
        masker_(machine_, parts_->pool, parts_->family_parts, vocabulary, max_bytes / 4) {}

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
  size_t memory_bytes() const {
    return parts_->pool.memory_bytes() + machine_.memory_bytes() + masker_.memory_bytes();
  }

 private:
  std::mutex lock_;
  std::unique_ptr<GrammarBuilder> parts_;
  StateMachine machine_;
  Masker masker_;
  uint64_t epoch_ = 1;
};

}  // namespace ferry
