#include "base/core/compute_cores.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <sched.h>

#include "base/core/cpu_quota.h"

namespace ferry {
namespace {

std::string siblings_of(int core) {
  std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", core));
  std::string text;
  std::getline(file, text);
  return text;
}

std::vector<LogicalCore> allowed_cores() {
  std::vector<LogicalCore> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back({core, siblings_of(core)});
  }
  return cores;
}

// The first logical core of each physical one.
std::vector<int> physical_cores(const std::vector<LogicalCore>& allowed) {
  std::vector<int> cores;
  std::set<std::string> seen;
  for (const LogicalCore& core : allowed) {
    if (core.siblings.empty() || seen.insert(core.siblings).second) cores.push_back(core.number);
  }
  return cores;
}

}  // namespace

ComputeCores choose_compute_cores(const std::vector<LogicalCore>& allowed, int usable, int threads,
                                  bool pin) {
  const std::vector<int> physical = physical_cores(allowed);
  const auto most = static_cast<int>(physical.size());
  ComputeCores chosen{.threads = threads > 0 ? threads : std::clamp(most, 1, std::max(usable, 1))};
  const bool whole = chosen.threads == most && usable >= static_cast<int>(allowed.size());
  if (pin && whole) chosen.pins = physical;
  return chosen;
}

ComputeCores choose_compute_cores(int threads, bool pin) {
  return choose_compute_cores(allowed_cores(), usable_cores(), threads, pin);
}

void keep_thread_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

}  // namespace ferry
