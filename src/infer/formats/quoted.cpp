#include "infer/formats/quoted.h"

#include <fmt/format.h>

namespace ferry {

std::string quoted_name(std::string_view name) {
  constexpr size_t kMost = 100;
  if (name.size() <= kMost) return fmt::format("{:?}", name);
  return fmt::format("{:?}...", name.substr(0, kMost));
}

}  // namespace ferry
