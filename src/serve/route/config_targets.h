#pragma once
// Which targets a route or a rule names, and the routes that stand for their targets among them.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "serve/route/config_linker.h"

namespace ferry {

// A fallback as it was written.
struct FallbackReference {
  std::variant<const TargetConfig*, std::string> what;  // a target, or a route's name
  ConfigValue value;
};

struct RouteReferences {
  std::vector<FallbackReference> base;
  std::vector<std::vector<FallbackReference>> rules;  // as RouteConfig::rules
};

// Fills `use.targets`; the fallbacks wait until all routes are known.
std::vector<FallbackReference> read_target_set(const ConfigMap& map, TargetSet& use, ConfigLinker& linker);

// Fills all `fallbacks`, by route's name.
void resolve_fallbacks(const std::map<std::string, RouteReferences>& references, ConfigLinker& linker);

}  // namespace ferry
