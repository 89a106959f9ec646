#pragma once
// How much memory this process may still use.

#include <cstdint>

namespace ferry {

// Bytes available without swapping: the system's, cut by the cgroup's limit (v2's memory.max, v1's
// limit_in_bytes). 0 when the system does not say.
uint64_t available_memory();

}  // namespace ferry
