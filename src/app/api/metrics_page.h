#pragma once
// GET /metrics: what dashboards made for vLLM ask for, under vLLM's names, and what the gateway counts.

#include <functional>
#include <span>
#include <string>

#include "app/api/http_metrics.h"
#include "infer/engine/engine_metrics.h"

namespace ferry::api {

// One look at one engine.
struct EngineReading {
  std::string model;
  EngineStatus status;
  const EngineMetrics* metrics = nullptr;
  int32_t max_model_len = 0;
  std::string kv_type;
  bool prefix_cache = false;
};

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Families that others than the engines write.
using MetricsWriter = std::function<void(MetricsText& text)>;

// `gateway` may be empty.
std::string metrics_page(std::span<const EngineReading> engines, const HttpMetrics& http,
                         const MetricsWriter& gateway = {});

}  // namespace ferry::api
