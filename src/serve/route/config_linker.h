#pragma once
// What the readers of single sections share while one file is read: the configuration that comes about, and
// the names that they refer to in it.

#include <functional>
#include <string>
#include <vector>

#include "serve/route/config_value.h"

namespace ferry {

struct ConfigLinker {
  GatewayConfig& config;
  const ConfigOptions& options;
  ConfigProblems& problems;

  // The target that the value names; null, and an error, where its provider is not there.
  TargetConfig* target(const ConfigValue& value);
  TargetConfig* target(std::string_view name, const ConfigValue& value);
  // A list of names of features.
  FeatureSet features(const ConfigValue& value);
  // Each label must have a rule.
  std::vector<std::string> labels(const ConfigValue& value);
  // Words written here, or one on each line of a file: "file:PATH".
  std::vector<std::string> words(const ConfigValue& value);
  // A JSON Schema that can be kept to.
  json::value schema(const ConfigValue& value);
};

// config_providers.cpp
void read_providers(const ConfigValue& section, ConfigLinker& linker);
void add_local_provider(GatewayConfig& config);
// config_prices.cpp
void read_prices(const ConfigValue& section, ConfigLinker& linker);
// config_guard.cpp: labels first
void read_labels(const ConfigValue& section, ConfigLinker& linker);
void read_detectors(const ConfigValue& section, ConfigLinker& linker);
void compile_detectors(const YamlNode& root, ConfigLinker& linker);
// config_routes.cpp
void read_routes(const ConfigValue& section, ConfigLinker& linker);
// config_rules.cpp
RouteCondition read_condition(const ConfigMap& map, ConfigLinker& linker);
// config_canonical.cpp
std::string canonical_text(const GatewayConfig& config);

}  // namespace ferry
