// YAML in, limits kept: whatever the bytes are, a tree within its bounds or an error.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/core/result.h"
#include "base/settings/yaml.h"

namespace ferry {
namespace {

size_t depth_of(const YamlNode& node, size_t bound) {
  FERRY_CHECK(bound > 0);
  size_t depth = 0;
  for (const YamlNode& item : node.items) depth = std::max(depth, depth_of(item, bound - 1));
  for (const YamlMember& member : node.members) depth = std::max(depth, depth_of(member.value, bound - 1));
  return depth + 1;
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ferry::YamlLimits limits{
      .max_bytes = 1 << 16, .max_depth = 16, .max_nodes = 10'000, .max_expanded_bytes = 1 << 18};
  const auto node = ferry::parse_yaml({reinterpret_cast<const char*>(data), size}, limits);
  if (node) ferry::depth_of(*node, limits.max_depth + 1);
  return 0;
}
