#pragma once
// The sequences that wait for their turn, and whose turn is next:
//   1. the lowest priority number;
//   2. then those that have run before and lost their pages;
//   3. then the tenant that has had least (fair_share.h);
//   4. then, of the tenant's first kLookahead, the one that costs least: with the most of its prompt in the
//      prefix cache, and short; of equals the earliest.
// Each of these can pass somebody over for long, so the scheduler takes oldest() from time to time.
// Used by one thread (the engine's).

#include <map>
#include <optional>
#include <set>

#include "base/core/function_ref.h"
#include "infer/sched/sequence.h"

namespace ferry {

class WaitingQueue {
 public:
  static constexpr int kLookahead = 32;

  // The tokens that it would have to compute; nothing: not now.
  using Cost = FunctionRef<std::optional<int32_t>(const Sequence&)>;

  // What orders a sequence (priority, arrival, branch, started) does not change while it waits.
  void push(Sequence& sequence);
  void erase(Sequence& sequence);  // does nothing when it does not wait
  bool empty() const { return oldest_first_.empty(); }
  size_t size() const { return oldest_first_.size(); }

  // Null when nobody wants to go now.
  Sequence* best(Cost cost) const;
  // REQUIRES: !empty()
  Sequence& oldest() const { return **oldest_first_.begin(); }
  int32_t best_priority() const;

 private:
  struct OldestFirst {
    bool operator()(const Sequence* a, const Sequence* b) const {
      return std::tie(a->arrival, a->branch) < std::tie(b->arrival, b->branch);
    }
  };
  struct BestFirst {
    bool operator()(const Sequence* a, const Sequence* b) const {
      return std::tuple(a->priority, !a->started, a->arrival, a->branch) <
             std::tuple(b->priority, !b->started, b->arrival, b->branch);
    }
  };
  using TenantQueue = std::set<Sequence*, BestFirst>;

  static Sequence* cheapest(const TenantQueue& queue, Cost cost);

  std::set<Sequence*, OldestFirst> oldest_first_;
  std::map<const Tenant*, TenantQueue> by_tenant_;  // none empty; its own order means nothing
};

}  // namespace ferry
