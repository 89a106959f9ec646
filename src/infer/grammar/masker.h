#pragma once
// From a state to the tokens that may come next: the vocabulary's trie is walked together with the automaton.
// Two things keep that short. Threads inside strings let all common tokens (common_tokens.h) through at once.
// And what a thread's expression says does not depend on what comes after it: it is worked out once for an
// expression, with the places in the trie where the expression is done and its stack takes over.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "infer/grammar/builder.h"
#include "infer/grammar/states.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {

// Not thread-safe. Everything must outlive it.
class Masker {
 public:
  Masker(StateMachine& machine, GrammarBuilder& parts, const GrammarVocabulary& vocabulary, size_t max_bytes);

  // Without end tokens. `out` is resized.
  void mask(StateId state, TokenMask& out);
  // The machine has been restarted.
  void forget();
  size_t memory_bytes() const;

 private:
  // Of an expression alone.
  struct HeadMask {
    TokenMask tokens;                 // that it begins or is
    const TokenTrie* trie = nullptr;  // where `exits` are
    std::vector<uint32_t> exits;      // nodes at which the expression may be done, and which have more below
    bool too_many_exits = false;
  };

  const HeadMask& head_mask(RegexId head);
  void add_common(RegexId head, HeadMask& out) const;
  uint8_t families_of(RegexId part) const;
  void walk_head(RegexId head, HeadMask& out);
  void walk_exits(const HeadMask& head, StackId stack, TokenMask& out);
  void add_specials(StateId state, TokenMask& out);
  void walk_state(StateId state, TokenMask& out);
  void walk(const TokenTrie& trie, uint32_t begin, uint32_t end, TokenMask& out);

  StateMachine& machine_;
  RegexPool& pool_;
  const FamilyParts& family_parts_;
  const Marks& marks_;
  const GrammarVocabulary& vocabulary_;
  size_t max_masks_;
  TokenMask any_special_;                        // that stand in free text
  std::array<ByteSet, kFamilies> family_first_;  // how the families' characters begin
  std::vector<StateId> path_;                    // by depth, while a trie is walked
  std::vector<RegexId> head_path_;
  std::unordered_map<StateId, TokenMask> masks_;
  std::unordered_map<RegexId, HeadMask> heads_;
};

}  // namespace ferry
