#pragma once
// Which known name did a person mean? For messages that say "did you mean".

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// How many letters to insert, remove, replace or swap with their neighbour turn `a` into `b` (optimal string
// alignment distance); case does not count. In bytes, so both should be short.
size_t edit_distance(std::string_view a, std::string_view b);

// `names` ordered by their distance from `wanted`; equals keep their order.
std::vector<std::string> nearest_first(std::string_view wanted, std::span<const std::string> names);

// The nearest name when it is near enough to be what was meant, otherwise empty.
std::string nearest_name(std::string_view wanted, std::span<const std::string> names);

}  // namespace ferry
