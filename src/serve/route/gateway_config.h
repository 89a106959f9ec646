#pragma once
// The gateway's configuration: the sections `providers`, `prices`, `labels`, `detectors` and `routes` of
// ferry.yaml, read, checked and linked. Immutable; made by read_gateway_config(), swapped whole
// (config_store.h), and any number of threads may look at it. An exchange keeps the one that it began with.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/guard/detectors.h"
#include "serve/route/route_config.h"

namespace ferry {

struct GatewayConfig {
  GatewayConfig() = default;
  GatewayConfig(const GatewayConfig&) = delete;  // targets point to providers, routes to targets
  GatewayConfig& operator=(const GatewayConfig&) = delete;

  std::map<std::string, ProviderConfig, std::less<>> providers;  // `local` is always there
  std::map<std::string, TargetConfig, std::less<>>
      targets;  // by name: every one that a route or a price names
  std::map<std::string, RouteConfig, std::less<>> routes;
  GuardPolicy policy;
  DetectorSettings detector_settings;
  std::shared_ptr<const Detectors> detectors;  // compiled; never null
  bool detects = false;                        // whether any finding would bring a label, or a label redacts

  // What it means, free of how it is written: one JSON object, the same for the same meaning. Secrets' places
  // stand there, never secrets. What `ferry config diff` compares.
  std::string canonical;

  const RouteConfig* route(std::string_view name) const;    // null: there is none
  const TargetConfig* target(std::string_view name) const;  // the same
};

using GatewayConfigPtr = std::shared_ptr<const GatewayConfig>;

// What is wrong in a file, or doubtful.
struct ConfigProblem {
  int line = 0;         // from 1; 0: of the whole file
  std::string path;     // "routes.support.targets[1].weight"; empty: of the whole file
  std::string message;  // completes the path: "must be at least 0, not -1"

  // "ferry.yaml:12: routes.support.targets[1].weight must be at least 0, not -1"
  std::string text(std::string_view source) const;
};

// Sections of the file that are not settings: SettingList lets them pass.
inline constexpr std::array<std::string_view, 5> kGatewaySections{"providers", "prices", "labels",
                                                                  "detectors", "routes"};

struct ConfigOptions {
  // Models of the engine. Those that no route names become routes of their own (one target, everything else
  // by default), and `local/…` may name no others. Not set: any may be named, none becomes a route.
  std::optional<std::vector<std::string>> local_models = {};
  // Files that the configuration names are relative to it.
  std::filesystem::path folder = ".";
};

struct ConfigReading {
  GatewayConfigPtr config;              // null where there are errors
  std::vector<ConfigProblem> errors;    // all that could be told, by line
  std::vector<ConfigProblem> warnings;  // what is allowed and likely not meant

  // The errors of a reading without a configuration, one on each line.
  Error error(std::string_view source) const;
};

// Keys of the file's top level that are no sections of the gateway's are passed over. Reads the files that
// the configuration names (lists of names and words); secrets are not looked at.
ConfigReading read_gateway_config(std::string_view yaml, const ConfigOptions& options = {});

}  // namespace ferry
