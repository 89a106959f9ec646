#include "infer/sched/waiting_queue.h"

#include <algorithm>

#include "base/core/result.h"

namespace ferry {

void WaitingQueue::push(Sequence& sequence) {
  FERRY_CHECK(oldest_first_.insert(&sequence).second);
  by_tenant_[sequence.tenant].insert(&sequence);
}

void WaitingQueue::erase(Sequence& sequence) {
  if (oldest_first_.erase(&sequence) == 0) return;
  const auto tenant = by_tenant_.find(sequence.tenant);
  tenant->second.erase(&sequence);
  if (tenant->second.empty()) by_tenant_.erase(tenant);
}

Sequence* WaitingQueue::best(Cost cost) const {
  std::vector<const TenantQueue*> queues;
  queues.reserve(by_tenant_.size());
  for (const auto& [tenant, queue] : by_tenant_) queues.push_back(&queue);
  std::ranges::sort(queues, {}, [](const TenantQueue* queue) {
    const Sequence& first = **queue->begin();
    return std::tuple(first.priority, !first.started, first.tenant->service, first.arrival, first.branch);
  });
  for (const TenantQueue* queue : queues) {
    if (Sequence* found = cheapest(*queue, cost)) return found;
  }
  return nullptr;
}

// Of those that priority and having started put level with the first.
Sequence* WaitingQueue::cheapest(const TenantQueue& queue, Cost cost) {
  const Sequence& first = **queue.begin();
  Sequence* best = nullptr;
  int32_t least = 0;
  int looked_at = 0;
  for (Sequence* candidate : queue) {
    const bool level = candidate->priority == first.priority && candidate->started == first.started;
    if (!level || looked_at++ == kLookahead) break;
    const std::optional<int32_t> price = cost(*candidate);
    if (!price || (best != nullptr && *price >= least)) continue;
    best = candidate;
    least = *price;
  }
  return best;
}

int32_t WaitingQueue::best_priority() const {
  int32_t best = (*by_tenant_.begin()->second.begin())->priority;
  for (const auto& [tenant, queue] : by_tenant_) best = std::min(best, (*queue.begin())->priority);
  return best;
}

}  // namespace ferry
