#include "infer/grammar/states.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace ferry {
namespace {

constexpr size_t kMaxThreads = 20'000;  // in one state; more are dropped with it

uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

}  // namespace

StateMachine::StateMachine(RegexPool& pool, RuleSet& rules, RuleId root, size_t max_bytes)
    : pool_(pool),
      rules_(rules),
      root_(root),
      max_bytes_(max_bytes),
      base_nodes_(pool.size()),
      base_symbols_(rules.symbol_count()),
      base_bytes_(pool.memory_bytes()),
      classes_(static_cast<size_t>(pool.class_count())),
      class_of_(pool.byte_classes()) {
  restart();
}

void StateMachine::restart() {
  pool_.shrink(base_nodes_);
  rules_.shrink(base_symbols_);
  stacks_.assign(1, Stack{});
  members_.clear();
  known_stacks_.clear();
  openings_.clear();
  opening_threads_ = 0;
  states_.assign(1, State{});
  threads_.clear();
  transitions_.assign(classes_, kDead);
  known_states_.clear();
  start_ = state_after(push(rules_.rule(root_), kBottom));
}

size_t StateMachine::memory_bytes() const {
  constexpr size_t kMapEntry = 96;  // a node, its vector and the bucket
  return pool_.memory_bytes() - base_bytes_ + transitions_.size() * sizeof(StateId) +
         (threads_.size() + opening_threads_) * sizeof(Thread) +
         states_.size() * (sizeof(State) + kMapEntry) + stacks_.size() * (sizeof(Stack) + kMapEntry) +
         openings_.size() * kMapEntry + members_.size() * sizeof(StackId);
}

StackId StateMachine::intern_stack(const Stack& stack) {
  uint64_t h = mix(stack.is_set ? 1 : 0, stack.symbol);
  if (stack.is_set) {
    for (const StackId member : members(stack)) h = mix(h, member);
  } else {
    h = mix(h, stack.below);
  }
  std::vector<StackId>& bucket = known_stacks_[h];
  for (const StackId id : bucket) {
    const Stack& other = stacks_[id];
    if (other.is_set != stack.is_set || other.symbol != stack.symbol) continue;
    const bool equal =
        stack.is_set ? std::ranges::equal(members(stack), members(other)) : stack.below == other.below;
    if (!equal) continue;
    if (stack.is_set) members_.resize(stack.below);
    return id;
  }
  stacks_.push_back(stack);
  bucket.push_back(static_cast<StackId>(stacks_.size() - 1));
  return bucket.back();
}

StackId StateMachine::push(SymbolId symbol, StackId below) {
  return intern_stack({.symbol = symbol, .below = below});
}

StackId StateMachine::push_all(std::span<const SymbolId> symbols, StackId below) {
  for (size_t i = symbols.size(); i > 0; --i) below = push(symbols[i - 1], below);
  return below;
}

StackId StateMachine::join(std::vector<StackId> stacks) {
  std::vector<StackId> flat;
  for (const StackId id : stacks) {
    if (stacks_[id].is_set) {
      const auto inner = members(stacks_[id]);
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(id);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  if (flat.size() == 1) return flat[0];
  const auto begin = static_cast<uint32_t>(members_.size());
  members_.insert(members_.end(), flat.begin(), flat.end());
  return intern_stack({.is_set = true, .below = begin, .count = static_cast<uint32_t>(flat.size())});
}

// Follows rules until there are terminals. Callers of one rule are collected before the rule is entered, so
// that it is entered once for them all: rules that may begin with it have lower ranks and come first.
void StateMachine::open(std::vector<StackId> pending, Opening& out) {
  std::unordered_set<StackId> seen;
  std::map<std::pair<uint32_t, RuleId>, std::vector<StackId>>
      calls;  // (rank, rule) -> where to go on afterwards
  for (;;) {
    while (!pending.empty()) {
      const StackId id = pending.back();
      pending.pop_back();
      if (!seen.insert(id).second) continue;
      if (id == kBottom) {
        out.may_end = true;
        continue;
      }
      const Stack stack = stacks_[id];
      if (stack.is_set) {
        const auto inner = members(stack);
        pending.insert(pending.end(), inner.begin(), inner.end());
        continue;
      }
      const Symbol symbol = rules_.symbol(stack.symbol);
      switch (symbol.kind) {
        case Symbol::Kind::terminal:
          if (symbol.of != RegexPool::kEmpty && pool_.live(symbol.of))
            out.threads.push_back({symbol.of, stack.below});
          if (symbol.nullable) pending.push_back(stack.below);
          break;
        case Symbol::Kind::rule:
          calls[{rules_.rank(symbol.of), symbol.of}].push_back(stack.below);
          break;
        case Symbol::Kind::members:
          for (const auto& symbols : rules_.ways_on(symbol))
            pending.push_back(push_all(symbols, stack.below));
          break;
        case Symbol::Kind::repeat: {
          if (symbol.min == 0) pending.push_back(stack.below);
          if (symbol.max == 0) break;
          const uint32_t min = symbol.min == 0 ? 0 : symbol.min - 1;
          const uint32_t max = symbol.max == RegexPool::kUnbounded ? symbol.max : symbol.max - 1;
          const StackId rest = max == 0 ? stack.below : push(rules_.repeat(symbol.of, min, max), stack.below);
          pending.push_back(push(symbol.of, rest));
          break;
        }
      }
    }
    if (calls.empty()) break;
    const auto call = calls.extract(calls.begin());
    const StackId after = join(call.mapped());
    for (const auto& symbols : rules_.alternatives(call.key().second)) {
      pending.push_back(push_all(symbols, after));
    }
  }
  merge(out.threads);
}

const StateMachine::Opening& StateMachine::opening_of(StackId stack) {
  const auto known = openings_.find(stack);
  if (known != openings_.end()) return known->second;
  Opening opening;
  open({stack}, opening);
  opening_threads_ += opening.threads.size();
  return openings_.emplace(stack, std::move(opening)).first->second;
}

// One thread for each stack, then one for each expression.
void StateMachine::merge(std::vector<Thread>& threads) {
  if (threads.size() < 2) return;
  const auto by_stack = [](const Thread& a, const Thread& b) {
    return std::pair(a.stack, a.head) < std::pair(b.stack, b.head);
  };
  std::sort(threads.begin(), threads.end(), by_stack);
  size_t kept = 0;
  for (size_t begin = 0; begin < threads.size();) {
    size_t end = begin + 1;
    while (end < threads.size() && threads[end].stack == threads[begin].stack) ++end;
    Thread merged = threads[begin];
    if (end - begin > 1) {
      std::vector<RegexId> heads;
      for (size_t i = begin; i < end; ++i) heads.push_back(threads[i].head);
      merged.head = pool_.alt(std::move(heads));
    }
    threads[kept++] = merged;
    begin = end;
  }
  threads.resize(kept);
  std::sort(threads.begin(), threads.end());
  kept = 0;
  for (size_t begin = 0; begin < threads.size();) {
    size_t end = begin + 1;
    while (end < threads.size() && threads[end].head == threads[begin].head) ++end;
    Thread merged = threads[begin];
    if (end - begin > 1) {
      std::vector<StackId> stacks;
      for (size_t i = begin; i < end; ++i) stacks.push_back(threads[i].stack);
      merged.stack = join(std::move(stacks));
    }
    threads[kept++] = merged;
    begin = end;
  }
  threads.resize(kept);
}

StateId StateMachine::intern_state(std::vector<Thread>& threads, bool may_end) {
  if (threads.empty() && !may_end) return kDead;
  uint64_t h = may_end ? 1 : 0;
  for (const Thread& thread : threads) h = mix(h, uint64_t{thread.head} << 32 | thread.stack);
  std::vector<StateId>& bucket = known_states_[h];
  for (const StateId id : bucket) {
    if (states_[id].may_end == may_end && std::ranges::equal(this->threads(id), threads)) return id;
  }
  const auto id = static_cast<StateId>(states_.size());
  states_.push_back({static_cast<uint32_t>(threads_.size()), static_cast<uint32_t>(threads.size()), may_end});
  threads_.insert(threads_.end(), threads.begin(), threads.end());
  transitions_.resize(transitions_.size() + classes_, kUnknown);
  bucket.push_back(id);
  return id;
}

StateId StateMachine::state_after(StackId stack) {
  const Opening& opening = opening_of(stack);
  std::vector<Thread> threads = opening.threads;
  return intern_state(threads, opening.may_end);
}

StateId StateMachine::make_step(StateId state, uint8_t byte) {
  if (pool_.stopped() || is_overfull()) return kDead;
  std::vector<Thread> next;
  ByteSet same = ByteSet::all();  // bytes that lead to the same state
  std::vector<StackId> done;
  const State from = states_[state];
  for (uint32_t i = 0; i < from.count; ++i) {
    const Thread thread = threads_[from.begin + i];
    const RegexId head = pool_.next(thread.head, byte);
    same = same & pool_.alike(thread.head, byte);
    if (head == RegexPool::kNothing) continue;
    if (pool_.nullable(head)) done.push_back(thread.stack);
    if (head != RegexPool::kEmpty) next.push_back({head, thread.stack});
  }
  Opening opening;
  if (done.size() == 1) {
    const Opening& known = opening_of(done[0]);
    next.insert(next.end(), known.threads.begin(), known.threads.end());
    opening.may_end = known.may_end;
  } else if (!done.empty()) {
    open(std::move(done), opening);
    next.insert(next.end(), opening.threads.begin(), opening.threads.end());
  }
  merge(next);
  const StateId to = next.size() > kMaxThreads ? kDead : intern_state(next, opening.may_end);
  if (pool_.stopped()) return to;  // not all threads may have been followed
  for (size_t c = 0; c < classes_; ++c) {
    if (same.contains(pool_.representative(static_cast<int>(c)))) transitions_[state * classes_ + c] = to;
  }
  return to;
}

ByteSet StateMachine::next_bytes(StateId state) {
  ByteSet set;
  for (const Thread& thread : std::vector<Thread>(threads(state).begin(), threads(state).end())) {
    set = set | pool_.live_first(thread.head);
  }
  return set;
}

}  // namespace ferry
