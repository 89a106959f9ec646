#include "infer/grammar/masker.h"

#include <algorithm>

namespace ferry {
namespace {

constexpr int kWideBytes = 40;  // an expression that may begin with more bytes gets a mask of its own
constexpr size_t kMaxExits = 20'000;
constexpr uint64_t kMaxWork =
    300'000;  // derivatives for one mask (some 20 ms): then what is unknown is left out

}  // namespace

Masker::Masker(StateMachine& machine, GrammarBuilder& parts, const GrammarVocabulary& vocabulary,
               size_t max_bytes)
    : machine_(machine),
      pool_(parts.pool),
      family_parts_(parts.family_parts),
      marks_(parts.marks),
      vocabulary_(vocabulary),
      max_masks_(std::max<size_t>(max_bytes / (static_cast<size_t>(vocabulary.size()) / 8 + 64), 16)),
      any_special_(vocabulary.specials()),
      path_(vocabulary.trie().longest() + 1),
      head_path_(vocabulary.trie().longest() + 1) {
  for (const Mark& mark : marks_.all()) {
    if (mark.is_trigger) any_special_.erase(mark.token);
  }
  for (size_t i = 0; i < kFamilies; ++i) {
    for (const CharSet::Range& range : families()[i].ranges()) {
      for (char32_t c = range.first; c <= range.last && c < 0x80; ++c) {
        family_first_[i].insert(static_cast<uint8_t>(c));
      }
      if (range.last >= 0x80) family_first_[i] = family_first_[i] | ByteSet::range(0xC2, 0xF4);
    }
  }
}

void Masker::forget() {
  masks_.clear();
  heads_.clear();
}

size_t Masker::memory_bytes() const {
  return (masks_.size() + heads_.size()) * (static_cast<size_t>(vocabulary_.size()) / 8 + 64);
}

void Masker::mask(StateId state, TokenMask& out) {
  if (const auto known = masks_.find(state); known != masks_.end()) {
    out = known->second;
    return;
  }
  out.resize(vocabulary_.size());
  pool_.stop_at(pool_.work() + kMaxWork);
  std::vector<StateMachine::Thread> narrow;
  const auto all = machine_.threads(state);
  for (const StateMachine::Thread& thread : std::vector<StateMachine::Thread>(all.begin(), all.end())) {
    if (pool_.first(thread.head).count() <= kWideBytes) {
      narrow.push_back(thread);
      continue;
    }
    const auto longest = static_cast<uint32_t>(vocabulary_.trie().longest());
    const HeadMask& head = head_mask(pool_.within(
        thread.head, longest, [&](RegexId part) { return (families_of(part) & kEveryCharacter) != 0; }));
    out |= head.tokens;
    if (head.too_many_exits) {
      narrow.push_back(thread);
    } else {
      walk_exits(head, thread.stack, out);
    }
  }
  if (!narrow.empty()) walk_state(machine_.state_of(std::move(narrow)), out);
  vocabulary_.trie().add_twins(out);
  add_specials(state, out);
  const bool complete = !pool_.stopped();
  pool_.stop_at(UINT64_MAX);
  if (!complete) return heads_.clear();
  if (masks_.size() >= max_masks_) masks_.clear();
  masks_.emplace(state, out);
}

void Masker::add_specials(StateId state, TokenMask& out) {
  if (marks_.any_special() && machine_.step(state, kAnySpecialByte) != StateMachine::kDead)
    out |= any_special_;
  if (marks_.all().empty()) return;
  const StateId marked = machine_.step(state, kMarkByte);
  if (marked == StateMachine::kDead) return;
  for (size_t i = 0; i < marks_.all().size(); ++i) {
    if (machine_.step(marked, static_cast<uint8_t>(i)) != StateMachine::kDead)
      out.insert(marks_.all()[i].token);
  }
}

uint8_t Masker::families_of(RegexId part) const {
  const auto known = family_parts_.find(part);
  return known == family_parts_.end() ? 0 : known->second;
}

// The largest family that may come here, as long as it may. Sets out.trie to what is left to look at.
void Masker::add_common(RegexId head, HeadMask& out) const {
  out.trie = &vocabulary_.trie();
  const RegexPool::Run run = pool_.leading_run(head);
  const uint8_t bounded = run.max == 0 ? 0 : families_of(run.part);
  uint8_t endless = 0;
  pool_.endless_runs(head, [&](RegexId part) { endless |= families_of(part); });
  for (size_t i = 0; i < kFamilies; ++i) {
    // After a run with an end, more of the family must be wrong.
    const bool ends = (bounded >> i & 1) != 0 && (pool_.first(run.rest) & family_first_[i]).empty();
    if ((endless >> i & 1) == 0 && !ends) continue;
    vocabulary_.common(i).add_to(out.tokens, (endless >> i & 1) != 0 ? RegexPool::kUnbounded : run.max);
    out.trie = &vocabulary_.common(i).others();
    return;
  }
}

const Masker::HeadMask& Masker::head_mask(RegexId head) {
  if (const auto known = heads_.find(head); known != heads_.end()) return known->second;
  if (heads_.size() >= max_masks_) heads_.clear();
  HeadMask& out = heads_[head];
  out.tokens.resize(vocabulary_.size());
  add_common(head, out);
  walk_head(head, out);
  return out;
}

void Masker::walk_head(RegexId head, HeadMask& out) {
  const auto nodes = out.trie->nodes();
  head_path_[0] = head;
  for (uint32_t i = 0; i < nodes.size();) {
    const TokenTrie::Node& node = nodes[i];
    const RegexId next = pool_.next(head_path_[node.depth - 1u], node.byte);
    if (next == RegexPool::kNothing) {
      i = node.end;
      continue;
    }
    if (node.token != TokenTrie::kNoToken) out.tokens.insert(node.token);
    head_path_[node.depth] = next;
    ++i;
    if (i < node.end && pool_.nullable(next)) out.exits.push_back(i - 1);
    if (out.exits.size() > kMaxExits) {
      out.too_many_exits = true;
      out.exits.clear();
    }
  }
}

void Masker::walk_exits(const HeadMask& head, StackId stack, TokenMask& out) {
  const StateId after = machine_.state_after(stack);
  if (machine_.threads(after).empty()) return;
  for (const uint32_t exit : head.exits) {
    const TokenTrie::Node& node = head.trie->nodes()[exit];
    path_[node.depth] = after;
    walk(*head.trie, exit + 1, node.end, out);
  }
}

void Masker::walk_state(StateId state, TokenMask& out) {
  const ByteSet first = machine_.next_bytes(state);
  path_[0] = state;
  for (int byte = 0; byte < 256; ++byte) {
    if (!first.contains(static_cast<uint8_t>(byte))) continue;
    const auto [begin, end] = vocabulary_.trie().branch(static_cast<uint8_t>(byte));
    walk(vocabulary_.trie(), begin, end, out);
  }
}

// The state above the first node must be in path_.
void Masker::walk(const TokenTrie& trie, uint32_t begin, uint32_t end, TokenMask& out) {
  const auto nodes = trie.nodes();
  for (uint32_t i = begin; i < end;) {
    const TokenTrie::Node& node = nodes[i];
    const StateId next = machine_.step(path_[node.depth - 1u], node.byte);
    if (next == StateMachine::kDead) {
      i = node.end;
      continue;
    }
    if (node.token != TokenTrie::kNoToken) out.insert(node.token);
    path_[node.depth] = next;
    ++i;
  }
}

}  // namespace ferry
