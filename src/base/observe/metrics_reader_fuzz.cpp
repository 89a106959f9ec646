// Whatever a server calls its metrics: the reader must not crash, and what it read must read the same once it
// has been written again.

#include <cstddef>
#include <cstdint>

#include "base/core/result.h"
#include "base/observe/metrics.h"
#include "base/observe/metrics_reader.h"

namespace ferry {
namespace {

std::string written(const std::vector<MetricSample>& samples) {
  MetricsText text;
  for (const MetricSample& sample : samples) {
    MetricLabels labels;
    for (const auto& [name, value] : sample.labels) labels.emplace_back(name, value);
    text.sample(sample.name, labels, sample.value);
  }
  return text.take();
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto samples = ferry::parse_metrics({reinterpret_cast<const char*>(data), size});
  if (!samples) return 0;
  const std::string once = ferry::written(*samples);
  const auto again = ferry::parse_metrics(once);
  FERRY_CHECK(again.has_value());
  FERRY_CHECK(again->size() == samples->size());
  FERRY_CHECK(ferry::written(*again) == once);
  return 0;
}
