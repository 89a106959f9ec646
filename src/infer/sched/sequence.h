#pragma once
// One sequence as the scheduler sees it. Inside this room; others read scheduler.h.

#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "infer/pages/page_table.h"
#include "infer/sched/fair_share.h"

namespace ferry {

using SequenceId = uint64_t;

// What one sequence has in common with another that continues the same tokens.
struct SequenceState {
  // Set when it arrives.
  std::vector<SequenceId> ids;  // several while they have their prompt in common, until the first token
  int32_t prompt_tokens = 0;
  int64_t most_tokens = 0;  // that it may come to have
  int32_t priority = 0;     // lower goes first
  uint64_t arrival = 0;     // 1, 2, ... in order of arrival
  int32_t branch = 0;       // of those that arrived as one
  Tenant* tenant = nullptr;
  Salt salt;
  bool prompt_logits = false;

  // How far it is.
  std::vector<TokenId> tokens;   // prompt and answer
  std::vector<uint64_t> hashes;  // of the chain of tokens up to each whole page's end
  int32_t computed = 0;          // tokens whose keys and values are in the pages
  int32_t published = 0;         // leading pages that the prefix index knows
  bool publishes = true;         // not since its chain's hash met another's
  int32_t charged = 0;           // tokens whose computation the tenant has been charged for
  int32_t logits_done = 0;       // leading tokens whose logits have been given out, if prompt_logits
  int32_t cached = 0;            // tokens found in the prefix cache when it first started
  int32_t preemptions = 0;

  // Its place among others.
  bool started = false;   // has run before
  bool promoted = false;  // was admitted as the one that waited longest: nobody takes its place

  int32_t size() const { return static_cast<int32_t>(tokens.size()); }
  int32_t missing() const { return size() - computed; }
};

struct Sequence : SequenceState {
  Sequence(SequenceState state, PagePool& pool) : SequenceState(std::move(state)), pages(pool) {}

  PageTable pages;
  std::vector<TokenId> drafts;  // guesses at its next tokens that the planned step verifies
};

// Who keeps their pages when there are too few. A total order; the first of all sequences keeps its pages
// until it ends, so everyone gets to the end.
inline bool stands_above(const Sequence& a, const Sequence& b) {
  return std::tuple(!a.promoted, a.priority, a.arrival, a.branch) <
         std::tuple(!b.promoted, b.priority, b.arrival, b.branch);
}

}  // namespace ferry
