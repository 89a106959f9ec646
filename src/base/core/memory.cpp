#include "base/core/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace ferry {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

uint64_t system_available() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  uint64_t kib = 0;
  std::string unit;
  while (meminfo >> name >> kib >> unit) {
    if (name == "MemAvailable:") return kib << 10;
  }
  return 0;
}

// What the file says, or kNoLimit for "max" and for files that are not there.
uint64_t read_number(const char* path) {
  uint64_t number = 0;
  if (std::ifstream file(path); file >> number) return number;
  return kNoLimit;
}

uint64_t cgroup_available() {
  uint64_t limit = read_number("/sys/fs/cgroup/memory.max");
  uint64_t used = read_number("/sys/fs/cgroup/memory.current");
  if (limit == kNoLimit) {
    limit = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    used = read_number("/sys/fs/cgroup/memory/memory.usage_in_bytes");
  }
  if (limit == kNoLimit || used == kNoLimit) return kNoLimit;
  return limit > used ? limit - used : 0;
}

}  // namespace

uint64_t available_memory() {
  return std::min(system_available(), cgroup_available());
}

}  // namespace ferry
