#pragma once
// Requests counted by route, method and kind of answer, as prometheus_fastapi_instrumentator names them.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/observe/metrics.h"

namespace ferry::api {

// Any thread may use it.
class HttpMetrics {
 public:
  // `handler` is the route's path, so there are few; empty for paths that are no route's.
  void count(std::string_view handler, std::string_view method, int status, double seconds);
  void write(MetricsText& text) const;

 private:
  struct Route {
    std::array<uint64_t, 5> answers{};  // 1xx to 5xx
    Histogram seconds{{0.1, 0.5, 1}};
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Route> routes_;  // guarded by mutex_: by handler and method
};

}  // namespace ferry::api
