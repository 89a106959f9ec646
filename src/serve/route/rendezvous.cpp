#include "serve/route/rendezvous.h"

#include <algorithm>
#include <cmath>

#include "base/core/rng.h"

namespace ferry {

uint64_t stable_hash(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return Rng(hash).next();
}

double unit_hash(uint64_t seed, std::string_view name) {
  const uint64_t mixed = Rng(Rng(seed).next() ^ stable_hash(name)).next();
  return static_cast<double>((mixed >> 11) + 1) * 0x1p-53;
}

std::vector<const WeightedTarget*> rendezvous_order(const std::vector<WeightedTarget>& targets,
                                                    uint64_t seed) {
  struct Draw {
    double time;
    const WeightedTarget* target;
  };
  std::vector<Draw> draws;
  draws.reserve(targets.size());
  for (const WeightedTarget& weighted : targets) {
    if (weighted.weight > 0)
      draws.push_back({-std::log(unit_hash(seed, weighted.target->name)) / weighted.weight, &weighted});
  }
  std::sort(draws.begin(), draws.end(), [](const Draw& a, const Draw& b) {
    return a.time != b.time ? a.time < b.time : a.target->target->name < b.target->target->name;
  });
  std::vector<const WeightedTarget*> order;
  order.reserve(draws.size());
  for (const Draw& draw : draws) order.push_back(draw.target);
  return order;
}

}  // namespace ferry
