#pragma once
// A context-free grammar: rules whose alternatives are sequences of terminals (regular languages), other
// rules, counted repetitions, and members in any order.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "infer/grammar/regex_pool.h"

namespace ferry {

using SymbolId = uint32_t;
using RuleId = uint32_t;

struct Symbol {
  enum class Kind : uint8_t { terminal, rule, repeat, members };
  Kind kind = Kind::terminal;
  bool nullable = false;  // of rules: set by finish()
  uint32_t of = 0;        // RegexId, RuleId, the repeated SymbolId, or the number of the MemberSet
  uint32_t min = 0;       // of a repeat; of members: those that have come, the lower half
  uint32_t max = 0;       // ... RegexPool::kUnbounded: no end; the upper half
};

// What stands between an object's braces, and the closing one: members in any order, each at most once. Its
// alternatives are made while a text is followed, as there are as many as there are sets of members.
struct MemberSet {
  static constexpr size_t kMost = 63;

  struct Member {
    SymbolId key;
    SymbolId value;
  };
  std::vector<Member> members;    // at most kMost
  uint64_t required = 0;          // bit i: members[i]
  uint64_t most = UINT64_MAX;     // members in all
  SymbolId comma = 0;             // between two
  std::optional<SymbolId> other;  // may come between them, any number of times; all of these count as one
  std::vector<SymbolId> ends;     // by how many there are; the last for all above
  RuleId in_order = 0;            // the same but for the order: whether there is a text is asked of this rule
  uint64_t usable = UINT64_MAX;   // set by finish(): the members that have a text
};

// Not thread-safe.
class RuleSet {
 public:
  explicit RuleSet(RegexPool& pool) : pool_(pool) {}

  // Equal symbols have equal ids.
  SymbolId terminal(RegexId regex);
  SymbolId rule(RuleId rule);
  SymbolId repeat(SymbolId inner, uint32_t min, uint32_t max);
  // Must not stand where a rule begins.
  SymbolId members(MemberSet set);

  RuleId add_rule(std::string name = {});
  void add_alternative(RuleId rule, std::vector<SymbolId> symbols);

  // Drops the alternatives that no text can complete, and orders the rules that `root` reaches. `unsupported`
  // when one of them begins with itself (left recursion: the rule is named).
  Result<void> finish(RuleId root);
  // After finish(): the rule has a text.
  bool productive(RuleId rule) const { return rules_[rule].productive; }

  const Symbol& symbol(SymbolId id) const { return symbols_[id]; }
  const std::vector<std::vector<SymbolId>>& alternatives(RuleId rule) const {
    return rules_[rule].alternatives;
  }
  // After finish(): how members may go on. None when no text is left (which does not happen to those that
  // have one at first).
  std::vector<std::vector<SymbolId>> ways_on(const Symbol& members);
  // After finish(): a rule that may begin with another one has a lower rank than that.
  uint32_t rank(RuleId rule) const { return rules_[rule].rank; }

  size_t symbol_count() const { return symbols_.size(); }
  // For starting afresh: forgets the symbols made since there were so many.
  void shrink(size_t symbols);

 private:
  struct Rule {
    std::string name;
    std::vector<std::vector<SymbolId>> alternatives;
    bool productive = false;
    bool nullable = false;
    uint32_t rank = 0;
  };
  struct Key {
    uint64_t what;
    uint64_t counts;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (key.what * 0x9E3779B97F4A7C15u) ^ (key.counts * 0xC2B2AE3D27D4EB4Fu);
    }
  };

  SymbolId intern(const Symbol& symbol);
  SymbolId members_after(uint32_t set, uint64_t had);
  RuleId rule_under(SymbolId id) const;
  std::vector<RuleId> rules_under(SymbolId id) const;
  SymbolId demanded(SymbolId id) const;
  template <class Holds>
  bool holds(SymbolId id, bool Rule::*flag, Holds terminal_holds) const;
  template <class Holds>
  void flag_rules(bool Rule::*flag, Holds terminal_holds);
  Result<void> order_from(RuleId root);
  std::vector<RuleId> left_rules(RuleId rule) const;

  RegexPool& pool_;
  std::vector<Symbol> symbols_;
  std::unordered_map<Key, SymbolId, KeyHash> known_;
  std::vector<Rule> rules_;
  std::vector<MemberSet> member_sets_;
};

}  // namespace ferry
