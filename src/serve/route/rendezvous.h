#pragma once
// Weighted rendezvous hashing (Thaler and Ravishankar, 1998; with weights as in Schindelhauer and Schomaker,
// "Weighted distributed hash tables", 2005): each target draws -ln(u)/weight from a hash of seed and name,
// the least wins. Shares are the weights' shares; when one weight changes, only seeds move that it wins or
// loses.
//
// The hash is part of the contract: conversations stay where they are over restarts and versions, and in a
// fleet.

#include <cstdint>
#include <string_view>
#include <vector>

#include "serve/route/route_config.h"

namespace ferry {

// FNV-1a of the bytes, mixed.
uint64_t stable_hash(std::string_view bytes);

// (0, 1]: uniform over seeds, independent for different names.
double unit_hash(uint64_t seed, std::string_view name);

// Those with a weight, the winner first, then who would win without those before it.
std::vector<const WeightedTarget*> rendezvous_order(const std::vector<WeightedTarget>& targets,
                                                    uint64_t seed);

}  // namespace ferry
