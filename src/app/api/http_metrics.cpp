#include "app/api/http_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace ferry::api {

void HttpMetrics::count(std::string_view handler, std::string_view method, int status, double seconds) {
  // Methods come from outside, and each makes a series.
  constexpr std::array<std::string_view, 6> kMethods = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"};
  const bool known = std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
  const std::lock_guard lock(mutex_);
  Route& route =
      routes_[{std::string(handler.empty() ? "none" : handler), std::string(known ? method : "other")}];
  ++route.answers[static_cast<size_t>(std::clamp(status / 100, 1, 5)) - 1];
  route.seconds.observe(seconds);
}

void HttpMetrics::write(MetricsText& text) const {
  const std::lock_guard lock(mutex_);
  text.family("http_requests_total", "counter", "Requests by route, method and kind of status.");
  for (const auto& [key, route] : routes_) {
    for (size_t i = 0; i < route.answers.size(); ++i) {
      if (route.answers[i] == 0) continue;
      const MetricLabels labels = {
          {"handler", key.first}, {"method", key.second}, {"status", fmt::format("{}xx", i + 1)}};
      text.sample("http_requests_total", labels, static_cast<double>(route.answers[i]));
    }
  }
  text.family("http_request_duration_seconds", "histogram",
              "From the request's arrival to the end of its answer.");
  for (const auto& [key, route] : routes_) {
    text.histogram("http_request_duration_seconds", {{"handler", key.first}, {"method", key.second}},
                   route.seconds);
  }
}

}  // namespace ferry::api
