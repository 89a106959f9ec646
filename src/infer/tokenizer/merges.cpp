#include "infer/tokenizer/merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>

namespace ferry {
namespace {

// Up to here looking at every pair for the lowest rank is faster than keeping a heap.
constexpr size_t kShortWord = 40;

}  // namespace

void MergeTable::reserve(size_t merges) {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(std::bit_ceil(std::max<size_t>(16, merges * 2)), Slot{});
  for (const Slot& slot : old) {
    if (slot.left != kNoToken) slots_[slot_of(slot.left, slot.right)] = slot;
  }
}

size_t MergeTable::slot_of(TokenId left, TokenId right) const {
  const size_t mask = slots_.size() - 1;
  const uint64_t key =
      static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  const uint64_t hash = (key ^ (key >> 29)) * 0x9E3779B97F4A7C15u;
  for (size_t i = (hash >> 32) & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.left == kNoToken || (slot.left == left && slot.right == right)) return i;
  }
}

void MergeTable::add(TokenId left, TokenId right, Merge merge) {
  if ((size_ + 1) * 2 > slots_.size()) reserve(size_ * 2);
  Slot& slot = slots_[slot_of(left, right)];
  if (slot.left == kNoToken) ++size_;
  slot = {left, right, merge};
}

Merge MergeTable::find(TokenId left, TokenId right) const {
  return slots_[slot_of(left, right)].merge;
}

void MergeTable::apply(std::vector<TokenId>& symbols) const {
  if (symbols.size() < 2 || size_ == 0) return;
  if (symbols.size() <= kShortWord) {
    apply_short(symbols);
  } else {
    apply_long(symbols);
  }
}

void MergeTable::apply_short(std::vector<TokenId>& symbols) const {
  std::array<Merge, kShortWord> merges;  // of symbols i and i+1
  size_t n = symbols.size();
  for (size_t i = 0; i + 1 < n; ++i) merges[i] = find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].rank == Merge::kNone) break;
    symbols[best] = merges[best].token;
    std::copy(symbols.begin() + best + 2, symbols.begin() + n, symbols.begin() + best + 1);
    std::copy(merges.begin() + best + 1, merges.begin() + n - 1, merges.begin() + best);
    --n;
    if (best > 0) merges[best - 1] = find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) merges[best] = find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(n);
}

namespace {

// The symbols of a long word as a linked list, so that merging moves nothing.
struct Node {
  TokenId token;
  uint32_t previous;
  uint32_t next;
  Merge merge;  // with the next one
};
constexpr uint32_t kEnd = UINT32_MAX;

// A candidate in the heap: by rank, then by position. It is stale when the node's merge has another rank.
uint64_t candidate(uint32_t rank, uint32_t position) {
  return static_cast<uint64_t>(rank) << 32 | position;
}

}  // namespace

void MergeTable::apply_long(std::vector<TokenId>& symbols) const {
  const auto n = static_cast<uint32_t>(symbols.size());
  std::vector<Node> nodes(n);
  std::vector<uint64_t> heap;
  for (uint32_t i = 0; i < n; ++i) {
    const bool last = i + 1 == n;
    nodes[i] = {symbols[i], i == 0 ? kEnd : i - 1, last ? kEnd : i + 1,
                last ? Merge{} : find(symbols[i], symbols[i + 1])};
    if (nodes[i].merge.rank != Merge::kNone) heap.push_back(candidate(nodes[i].merge.rank, i));
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());

  const auto update = [&](uint32_t i) {
    Node& node = nodes[i];
    node.merge = node.next == kEnd ? Merge{} : find(node.token, nodes[node.next].token);
    if (node.merge.rank == Merge::kNone) return;
    heap.push_back(candidate(node.merge.rank, i));
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const auto rank = static_cast<uint32_t>(heap.back() >> 32);
    const auto i = static_cast<uint32_t>(heap.back());
    heap.pop_back();
    Node& node = nodes[i];
    if (node.merge.rank != rank) continue;
    Node& taken = nodes[node.next];
    node.token = node.merge.token;
    node.next = taken.next;
    taken.merge = Merge{};
    if (node.next != kEnd) nodes[node.next].previous = i;
    update(i);
    if (node.previous != kEnd) update(node.previous);
  }

  size_t kept = 0;
  for (uint32_t i = 0; i != kEnd; i = nodes[i].next) symbols[kept++] = nodes[i].token;
  symbols.resize(kept);
}

}  // namespace ferry
