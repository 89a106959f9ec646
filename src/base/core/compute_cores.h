#pragma once
// How many threads compute, and on which cores.

#include <string>
#include <vector>

namespace ferry {

// A logical core, and what it shares its physical core with (the text of Linux's thread_siblings_list).
struct LogicalCore {
  int number = 0;
  std::string siblings;  // empty: unknown, so a physical core of its own
};

struct ComputeCores {
  int threads = 1;
  std::vector<int> pins = {};  // the logical core to keep each thread on; empty: wherever the system likes
};

// threads: 0 takes one for each physical core, as far as usable_cores() goes. A thread gets a core of its own
// only where together they take all physical cores that the process may run on, with no quota that is
// narrower: among processes that have a part of a machine each, all would keep to the same first cores.
ComputeCores choose_compute_cores(int threads, bool pin);

// The rule by itself. `allowed`: where the process may run, ascending; `usable`: see usable_cores().
ComputeCores choose_compute_cores(const std::vector<LogicalCore>& allowed, int usable, int threads, bool pin);

// Keeps the calling thread on a core. Where the system refuses, the thread stays as it is.
void keep_thread_on(int core);

}  // namespace ferry
