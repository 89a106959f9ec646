#pragma once
// Prometheus' text format (0.0.4) read back: what MetricsText writes, and what other exporters write in it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct MetricSample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;  // may be NaN or infinite

  // Empty where there is none of the name, as Prometheus means it.
  std::string_view label(std::string_view label_name) const;
};

// The samples in their order; comments and timestamps are passed over. Errors: corrupt, "line 3: ...".
Result<std::vector<MetricSample>> parse_metrics(std::string_view page);

}  // namespace ferry
