#include "infer/sched/fair_share.h"

#include <algorithm>
#include <optional>

#include "base/core/result.h"

namespace ferry {

Tenant& FairShare::enter(const std::string& name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end() && found->second.sequences > 0) {
    ++found->second.sequences;
    return found->second;
  }
  const int64_t least = floor();
  Tenant& tenant = tenants_[name];
  tenant.service = std::max(tenant.service, least);
  tenant.sequences = 1;
  return tenant;
}

void FairShare::leave(Tenant& tenant) {
  FERRY_CHECK(tenant.sequences > 0);
  if (--tenant.sequences > 0) return;
  // What enter() would give again needs no memory.
  const bool idle =
      std::ranges::none_of(tenants_, [](const auto& entry) { return entry.second.sequences > 0; });
  const int64_t least = floor();
  std::erase_if(tenants_, [&](const auto& entry) {
    return entry.second.sequences == 0 && (idle || entry.second.service <= least);
  });
}

int64_t FairShare::floor() const {
  std::optional<int64_t> least;
  for (const auto& [name, tenant] : tenants_) {
    if (tenant.sequences > 0) least = std::min(least.value_or(tenant.service), tenant.service);
  }
  return least.value_or(0);
}

}  // namespace ferry
