#include "infer/grammar/rules.h"

#include <algorithm>
#include <bit>

namespace ferry {
namespace {

constexpr RuleId kNoRule = UINT32_MAX;
constexpr SymbolId kNoSymbol = UINT32_MAX;

}  // namespace

SymbolId RuleSet::intern(const Symbol& symbol) {
  const Key key{uint64_t{symbol.of} << 8 | static_cast<uint64_t>(symbol.kind),
                uint64_t{symbol.min} << 32 | symbol.max};
  const auto [at, is_new] = known_.emplace(key, static_cast<SymbolId>(symbols_.size()));
  if (is_new) {
    symbols_.push_back(symbol);
    pool_.budget().spend_node();
  }
  return at->second;
}

SymbolId RuleSet::terminal(RegexId regex) {
  return intern({.kind = Symbol::Kind::terminal, .nullable = pool_.nullable(regex), .of = regex});
}

SymbolId RuleSet::rule(RuleId rule) {
  return intern({.kind = Symbol::Kind::rule, .nullable = rules_[rule].nullable, .of = rule});
}

SymbolId RuleSet::repeat(SymbolId inner, uint32_t min, uint32_t max) {
  if (min == 1 && max == 1) return inner;
  return intern({.kind = Symbol::Kind::repeat,
                 .nullable = min == 0 || symbols_[inner].nullable,
                 .of = inner,
                 .min = min,
                 .max = max});
}

SymbolId RuleSet::members_after(uint32_t set, uint64_t had) {
  return intern({.kind = Symbol::Kind::members,
                 .of = set,
                 .min = static_cast<uint32_t>(had),
                 .max = static_cast<uint32_t>(had >> 32)});
}

SymbolId RuleSet::members(MemberSet set) {
  FERRY_CHECK(set.members.size() <= MemberSet::kMost && !set.ends.empty());
  for (size_t i = 0; i < set.members.size(); ++i) pool_.budget().spend_node();
  member_sets_.push_back(std::move(set));
  return members_after(static_cast<uint32_t>(member_sets_.size() - 1), 0);
}

std::vector<std::vector<SymbolId>> RuleSet::ways_on(const Symbol& symbol) {
  const MemberSet& set = member_sets_[symbol.of];
  const uint64_t had = uint64_t{symbol.max} << 32 | symbol.min;
  const uint64_t missing = set.required & ~had;
  const auto count = static_cast<size_t>(std::popcount(had));
  std::vector<std::vector<SymbolId>> ways;
  const auto add = [&](std::initializer_list<SymbolId> symbols) {
    ways.emplace_back(symbols);
    if (count > 0) ways.back().insert(ways.back().begin(), set.comma);
  };
  for (size_t i = 0; i < set.members.size(); ++i) {
    const uint64_t bit = uint64_t{1} << i;
    if ((had & bit) != 0 || (set.usable & bit) == 0) continue;
    // Those that must still come need their places.
    if (count + 1 + static_cast<size_t>(std::popcount(missing & ~bit)) > set.most) continue;
    add({set.members[i].key, set.members[i].value, members_after(symbol.of, had | bit)});
  }
  if (set.other) add({*set.other, members_after(symbol.of, had | uint64_t{1} << MemberSet::kMost)});
  if (missing == 0) ways.push_back({set.ends[std::min(count, set.ends.size() - 1)]});
  return ways;
}

RuleId RuleSet::add_rule(std::string name) {
  pool_.budget().spend_node();
  rules_.push_back({.name = std::move(name), .alternatives = {}});
  return static_cast<RuleId>(rules_.size() - 1);
}

void RuleSet::add_alternative(RuleId rule, std::vector<SymbolId> symbols) {
  pool_.budget().spend_node();
  auto& alternatives = rules_[rule].alternatives;
  const SymbolId empty = terminal(RegexPool::kEmpty);
  std::erase(symbols, empty);
  if (std::find(alternatives.begin(), alternatives.end(), symbols) == alternatives.end()) {
    alternatives.push_back(std::move(symbols));
  }
}

void RuleSet::shrink(size_t symbols) {
  symbols_.resize(symbols);
  std::erase_if(known_, [&](const auto& entry) { return entry.second >= symbols; });
}

// The rule that a symbol calls, if it calls one.
RuleId RuleSet::rule_under(SymbolId id) const {
  while (symbols_[id].kind == Symbol::Kind::repeat) id = symbols_[id].of;
  if (symbols_[id].kind == Symbol::Kind::members) return member_sets_[symbols_[id].of].in_order;
  return symbols_[id].kind == Symbol::Kind::rule ? symbols_[id].of : kNoRule;
}

// All that it may call.
std::vector<RuleId> RuleSet::rules_under(SymbolId id) const {
  std::vector<RuleId> called;
  const auto add = [&](SymbolId other) {
    if (const RuleId rule = rule_under(other); rule != kNoRule) called.push_back(rule);
  };
  add(id);
  while (symbols_[id].kind == Symbol::Kind::repeat) id = symbols_[id].of;
  if (symbols_[id].kind != Symbol::Kind::members) return called;
  const MemberSet& set = member_sets_[symbols_[id].of];
  for (const MemberSet::Member& member : set.members) add(member.value);
  for (const SymbolId end : set.ends) add(end);
  if (set.other) add(*set.other);
  return called;
}

// Sets a flag of each rule that has an alternative all of whose symbols hold. A symbol holds, or does not, or
// does when the rule under it is flagged: alternatives wait at such rules, so that each is looked at once for
// each symbol.
template <class Holds>
void RuleSet::flag_rules(bool Rule::*flag, Holds terminal_holds) {
  struct Waiting {
    RuleId rule;
    size_t missing;
  };
  std::vector<Waiting> waiting;                        // alternatives
  std::vector<std::vector<size_t>> at(rules_.size());  // by the rule that they wait for
  std::vector<RuleId> flagged;
  const auto flag_rule = [&](RuleId rule) {
    if (rules_[rule].*flag) return;
    rules_[rule].*flag = true;
    flagged.push_back(rule);
  };
  for (Rule& rule : rules_) rule.*flag = false;
  for (RuleId rule = 0; rule < rules_.size(); ++rule) {
    for (const auto& symbols : rules_[rule].alternatives) {
      std::vector<RuleId> needed;
      bool possible = true;
      for (const SymbolId id : symbols) {
        const SymbolId inner = demanded(id);
        if (inner == kNoSymbol) continue;
        if (symbols_[inner].kind != Symbol::Kind::terminal) {
          needed.push_back(rule_under(inner));
        } else {
          possible = possible && terminal_holds(symbols_[inner]);
        }
      }
      if (!possible) continue;
      if (needed.empty()) flag_rule(rule);
      for (const RuleId other : needed) at[other].push_back(waiting.size());
      waiting.push_back({rule, needed.size()});
    }
  }
  while (!flagged.empty()) {
    const RuleId rule = flagged.back();
    flagged.pop_back();
    for (const size_t alternative : at[rule]) {
      if (--waiting[alternative].missing == 0) flag_rule(waiting[alternative].rule);
    }
  }
}

// What stands under repetitions that must happen at least once; kNoSymbol when one need not.
SymbolId RuleSet::demanded(SymbolId id) const {
  while (symbols_[id].kind == Symbol::Kind::repeat) {
    if (symbols_[id].min == 0) return kNoSymbol;
    id = symbols_[id].of;
  }
  return id;
}

template <class Holds>
bool RuleSet::holds(SymbolId id, bool Rule::*flag, Holds terminal_holds) const {
  const SymbolId inner = demanded(id);
  if (inner == kNoSymbol) return true;
  const Symbol& symbol = symbols_[inner];
  return symbol.kind == Symbol::Kind::terminal ? terminal_holds(symbol) : rules_[rule_under(inner)].*flag;
}

Result<void> RuleSet::finish(RuleId root) {
  const auto is_live = [&](const Symbol& terminal) { return pool_.live(terminal.of); };
  // All of them: later nobody may be in the position to find out.
  for (const Symbol& symbol : symbols_) {
    if (symbol.kind == Symbol::Kind::terminal) is_live(symbol);
  }
  flag_rules(&Rule::productive, is_live);
  const auto has_text = [&](SymbolId id) { return holds(id, &Rule::productive, is_live); };
  for (Rule& rule : rules_) {
    std::erase_if(rule.alternatives, [&](const auto& symbols) {
      return !std::all_of(symbols.begin(), symbols.end(), has_text);
    });
  }
  for (MemberSet& set : member_sets_) {
    for (size_t i = 0; i < set.members.size(); ++i) {
      if (!has_text(set.members[i].value)) set.usable &= ~(uint64_t{1} << i);
    }
    if (set.other && !has_text(*set.other)) set.other.reset();
  }
  const auto is_nullable = [&](const Symbol& terminal) { return pool_.nullable(terminal.of); };
  flag_rules(&Rule::nullable, is_nullable);
  for (SymbolId id = 0; id < symbols_.size(); ++id) {
    symbols_[id].nullable = holds(id, &Rule::nullable, is_nullable);
  }
  return order_from(root);
}

// The rules that may be called before anything has been read.
std::vector<RuleId> RuleSet::left_rules(RuleId rule) const {
  std::vector<RuleId> left;
  for (const auto& symbols : rules_[rule].alternatives) {
    for (const SymbolId id : symbols) {
      if (const RuleId called = rule_under(id); called != kNoRule) left.push_back(called);
      if (!symbols_[id].nullable) break;
    }
  }
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  return left;
}

// Depth first over all that `root` reaches; a rule is finished after those that it may begin with, and ranks
// go backwards from there.
Result<void> RuleSet::order_from(RuleId root) {
  enum class Mark : uint8_t { fresh, open, done };
  struct Visit {
    RuleId rule;
    std::vector<RuleId> left;
    size_t next = 0;
  };
  std::vector<Mark> marks(rules_.size(), Mark::fresh);
  std::vector<RuleId> reached{root};
  std::vector<bool> is_reached(rules_.size(), false);
  is_reached[root] = true;
  auto rank = static_cast<uint32_t>(rules_.size());
  for (size_t at = 0; at < reached.size(); ++at) {
    for (const auto& symbols : rules_[reached[at]].alternatives) {
      for (const SymbolId id : symbols) {
        for (const RuleId called : rules_under(id)) {
          if (is_reached[called]) continue;
          is_reached[called] = true;
          reached.push_back(called);
        }
      }
    }
    if (marks[reached[at]] != Mark::fresh) continue;
    std::vector<Visit> path{{reached[at], left_rules(reached[at])}};
    marks[reached[at]] = Mark::open;
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.left.size()) {
        marks[visit.rule] = Mark::done;
        rules_[visit.rule].rank = --rank;
        path.pop_back();
        continue;
      }
      const RuleId next = visit.left[visit.next++];
      if (marks[next] == Mark::open) {
        return fail(
            ErrorCode::unsupported,
            "the rule \"{}\" begins with itself (left recursion): write it with the recursion at the end",
            rules_[next].name);
      }
      if (marks[next] == Mark::done) continue;
      marks[next] = Mark::open;
      path.push_back({next, left_rules(next)});
    }
  }
  return {};
}

}  // namespace ferry
