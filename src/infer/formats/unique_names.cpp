#include "infer/formats/unique_names.h"

#include <algorithm>

#include "infer/formats/quoted.h"

namespace ferry {

Result<void> expect_unique(std::vector<std::string_view> names, std::string_view what) {
  std::sort(names.begin(), names.end());
  const auto at = std::adjacent_find(names.begin(), names.end());
  if (at == names.end()) return {};
  return fail(ErrorCode::invalid_argument, "{} {} was given twice", what, quoted_name(*at));
}

}  // namespace ferry
