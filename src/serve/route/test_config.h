#pragma once
// A configuration with everything that tests of this room need.

#include <gtest/gtest.h>

#include "serve/route/route_plan.h"

namespace ferry::route_test {

inline constexpr std::string_view kProviders = R"(providers:
  openai: {dialect: openai, url: https://api.openai.com/v1, keys: env:OPENAI_API_KEY, region: us}
  anthropic: {dialect: anthropic, url: https://api.anthropic.com, keys: env:ANTHROPIC_API_KEY, region: us}
  eu: {dialect: openai, url: https://eu.example/v1, region: eu, models: {small: {context: 1000, max_output: 100}}}
prices:
  openai/big: {input: 2, output: 8}
  openai/mini: {input: 0.25, cached_input: 0.025, output: 2}
  anthropic/claude: {input: 3, cache_write: 3.75, output: 15}
  eu/small: {input: 1, output: 1}
labels:
  phi: {stay_local: true}
  eu_only: {regions: [eu]}
  pii: {redact: true}
  secret: {block: true}
)";

inline GatewayConfigPtr config_of(std::string_view routes, const ConfigOptions& options = {}) {
  ConfigReading reading = read_gateway_config(std::string(kProviders) + std::string(routes), options);
  EXPECT_TRUE(reading.config) << (reading.config ? "" : reading.error("ferry.yaml").message);
  return reading.config;
}

// The errors, one on each line; "" where there are none.
inline std::string errors_of(std::string_view yaml, const ConfigOptions& options = {}) {
  const ConfigReading reading = read_gateway_config(yaml, options);
  return reading.config ? "" : reading.error("f.yaml").message;
}

inline std::vector<std::string> names_of(const RoutePlan& plan) {
  std::vector<std::string> names;
  for (const PlannedTarget& planned : plan.targets) names.push_back(planned.target->name);
  return names;
}

inline constexpr auto all_well = [](const TargetConfig&) { return TargetState(); };

}  // namespace ferry::route_test
