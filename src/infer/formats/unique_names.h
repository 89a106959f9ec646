#pragma once

#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

// `invalid_argument` that names the first, in sorted order, of those that are there more than once.
Result<void> expect_unique(std::vector<std::string_view> names, std::string_view what);

}  // namespace ferry
