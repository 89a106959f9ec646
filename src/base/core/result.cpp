#include "base/core/result.h"

#include <cstdio>
#include <cstdlib>

namespace ferry {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "ferry: internal error: check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace ferry
