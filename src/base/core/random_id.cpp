#include "base/core/random_id.h"

#include <random>

#include <fmt/format.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

// Each thread draws its seeds once: the processor's own randomness takes microseconds for each word.
std::string random_id(std::string_view prefix) {
  thread_local Rng high(random_seed());
  thread_local Rng low(random_seed());
  return fmt::format("{}{:016x}{:016x}", prefix, high.next(), low.next());
}

}  // namespace ferry
