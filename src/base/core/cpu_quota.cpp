#include "base/core/cpu_quota.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <sched.h>

namespace ferry {
namespace {

int cores_in_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

// Cores granted by quota per period; infinity where none is set.
double cgroup_cores() {
  std::string quota;
  double period = 0;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period && quota != "max" && period > 0) {
    return std::stod(quota) / period;
  }
  double granted = 0;
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1_quota >> granted && v1_period >> period && granted > 0 && period > 0) return granted / period;
  return INFINITY;
}

}  // namespace

int usable_cores() {
  const int affinity = cores_in_affinity();
  const double quota = cgroup_cores();
  if (quota >= affinity) return affinity;
  return std::max(1, static_cast<int>(std::lround(quota)));
}

}  // namespace ferry
