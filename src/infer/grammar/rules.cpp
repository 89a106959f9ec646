#include "infer/grammar/rules.h"

#include <algorithm>

namespace ferry {
namespace {

constexpr RuleId kNoRule = UINT32_MAX;

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
  return symbols_[id].kind == Symbol::Kind::rule ? symbols_[id].of : kNoRule;
}

bool RuleSet::productive_symbol(SymbolId id) {
  for (;;) {
    const Symbol& symbol = symbols_[id];
    if (symbol.kind == Symbol::Kind::terminal) return pool_.live(symbol.of);
    if (symbol.kind == Symbol::Kind::rule) return rules_[symbol.of].productive;
    if (symbol.min == 0) return true;
    if (symbol.max == 0) return false;
    id = symbol.of;
  }
}

bool RuleSet::nullable_symbol(SymbolId id) const {
  for (;;) {
    const Symbol& symbol = symbols_[id];
    if (symbol.kind == Symbol::Kind::terminal) return symbol.nullable;
    if (symbol.kind == Symbol::Kind::rule) return rules_[symbol.of].nullable;
    if (symbol.min == 0) return true;
    id = symbol.of;
  }
}

// Both by going round until nothing changes; rules that come late are often called early, so backwards.
void RuleSet::find_productive() {
  for (Rule& rule : rules_) rule.productive = false;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = rules_.size(); i > 0; --i) {
      Rule& rule = rules_[i - 1];
      if (rule.productive) continue;
      rule.productive =
          std::any_of(rule.alternatives.begin(), rule.alternatives.end(), [&](const auto& symbols) {
            return std::all_of(symbols.begin(), symbols.end(),
                               [&](SymbolId id) { return productive_symbol(id); });
          });
      changed |= rule.productive;
    }
    pool_.budget().spend_step();
  }
}

void RuleSet::find_nullable() {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = rules_.size(); i > 0; --i) {
      Rule& rule = rules_[i - 1];
      if (rule.nullable) continue;
      rule.nullable =
          std::any_of(rule.alternatives.begin(), rule.alternatives.end(), [&](const auto& symbols) {
            return std::all_of(symbols.begin(), symbols.end(),
                               [&](SymbolId id) { return nullable_symbol(id); });
          });
      changed |= rule.nullable;
    }
  }
  for (SymbolId id = 0; id < symbols_.size(); ++id) symbols_[id].nullable = nullable_symbol(id);
}

bool RuleSet::is_productive_now(RuleId rule) {
  find_productive();
  return rules_[rule].productive;
}

Result<void> RuleSet::finish(RuleId root) {
  find_productive();
  for (Rule& rule : rules_) {
    std::erase_if(rule.alternatives, [&](const auto& symbols) {
      return !std::all_of(symbols.begin(), symbols.end(),
                          [&](SymbolId id) { return productive_symbol(id) || nullable_symbol(id); });
    });
  }
  find_nullable();
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
        const RuleId called = rule_under(id);
        if (called == kNoRule || is_reached[called]) continue;
        is_reached[called] = true;
        reached.push_back(called);
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
