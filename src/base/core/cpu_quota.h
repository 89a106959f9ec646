#pragma once
// How many cores this process may really use: the affinity mask, cut by the cgroup's CPU quota.

namespace ferry {

// At least 1. Read from the system at each call; cgroup v2's cpu.max and v1's cfs quota are honoured.
int usable_cores();

}  // namespace ferry
