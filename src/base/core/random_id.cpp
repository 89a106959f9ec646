#include "base/core/random_id.h"

#include <random>

#include <fmt/format.h>

namespace ferry {

std::string random_id(std::string_view prefix) {
  thread_local std::random_device device;
  std::string id(prefix);
  for (int i = 0; i < 4; ++i) fmt::format_to(std::back_inserter(id), "{:08x}", device());
  return id;
}

}  // namespace ferry
