#include "serve/route/config_targets.h"

#include <algorithm>
#include <set>

namespace ferry {
namespace {

constexpr double kMostWeight = 1e6;
constexpr std::string_view kRoutePrefix = "route/";

std::optional<WeightedTarget> read_weighted(const ConfigValue& item, ConfigLinker& linker) {
  WeightedTarget weighted;
  if (!item.node().is_map()) {
    weighted.target = linker.target(item);
  } else if (const auto map = item.map()) {
    if (const auto target = map->require("target")) weighted.target = linker.target(*target);
    if (const auto weight = map->find("weight")) set(weighted.weight, weight->number(0, kMostWeight));
  }
  return weighted.target == nullptr ? std::nullopt : std::optional(weighted);
}

void read_targets(const ConfigValue& value, TargetSet& use, ConfigLinker& linker) {
  const size_t errors_before = linker.problems.errors.size();
  for (const ConfigValue& item : value.items()) {
    const auto weighted = read_weighted(item, linker);
    if (!weighted) continue;
    const auto is_same = [&](const WeightedTarget& other) { return other.target == weighted->target; };
    if (std::any_of(use.targets.begin(), use.targets.end(), is_same))
      item.error("is there twice: " + weighted->target->name);
    use.targets.push_back(*weighted);
  }
  if (linker.problems.errors.size() != errors_before) return;
  if (use.targets.empty()) return value.error("must have at least one target");
  const bool has_weight = std::any_of(use.targets.begin(), use.targets.end(),
                                      [](const WeightedTarget& target) { return target.weight > 0; });
  if (!has_weight) value.error("must have a target whose weight is not 0");
}

// Adds what a route stands for, its own fallbacks included, as an ordered list without doubles.
class FallbackResolver {
 public:
  FallbackResolver(const std::map<std::string, RouteReferences>& references, ConfigLinker& linker)
      : references_(references), linker_(linker) {}

  void resolve(const std::string& route, const std::vector<FallbackReference>& written, TargetSet& use) {
    std::set<const TargetConfig*> seen;
    for (const WeightedTarget& weighted : use.targets) seen.insert(weighted.target);
    std::vector<std::string> within{route};
    add(written, within, seen, use.fallbacks);
  }

 private:
  // Depth is the number of different routes in `within`. Each visit of a route that is not a cycle can add
  // nothing the second time, so each is entered once in all.
  void add(const std::vector<FallbackReference>& written, std::vector<std::string>& within,
           std::set<const TargetConfig*>& seen, std::vector<const TargetConfig*>& out) {
    for (const FallbackReference& reference : written) {
      if (const auto* target = std::get_if<const TargetConfig*>(&reference.what)) {
        if (seen.insert(*target).second) out.push_back(*target);
      } else {
        add_route(std::get<std::string>(reference.what), reference.value, within, seen, out);
      }
    }
  }

  void add_route(const std::string& name, const ConfigValue& value, std::vector<std::string>& within,
                 std::set<const TargetConfig*>& seen, std::vector<const TargetConfig*>& out) {
    const auto route = linker_.config.routes.find(name);
    if (route == linker_.config.routes.end()) {
      note(value, fmt::format("names the route \"{}\", which is not there{}", name,
                              did_you_mean_key(name, linker_.config.routes)));
      return;
    }
    if (std::find(within.begin(), within.end(), name) != within.end()) {
      note(value, fmt::format("leads in a circle: {} → {}", fmt::join(within, " → "), name));
      return;
    }
    if (within.size() > kMostNested) return note(value, "leads through too many routes");
    std::vector<WeightedTarget> targets = route->second.use.targets;
    std::stable_sort(targets.begin(), targets.end(),
                     [](const auto& a, const auto& b) { return a.weight > b.weight; });
    for (const WeightedTarget& weighted : targets) {
      if (weighted.weight > 0 && seen.insert(weighted.target).second) out.push_back(weighted.target);
    }
    within.push_back(name);
    if (const auto found = references_.find(name); found != references_.end() && --steps_ > 0)
      add(found->second.base, within, seen, out);
    within.pop_back();
  }

  // The same reference is met once for each route that leads to it.
  void note(const ConfigValue& value, std::string message) {
    if (noted_.insert(value.path()).second) value.error(std::move(message));
  }

  static constexpr size_t kMostNested = 16;

  const std::map<std::string, RouteReferences>& references_;
  ConfigLinker& linker_;
  std::set<std::string> noted_;
  int steps_ = 100'000;  // of all routes together
};

}  // namespace

std::vector<FallbackReference> read_target_set(const ConfigMap& map, TargetSet& use, ConfigLinker& linker) {
  if (const auto targets = map.require("targets")) read_targets(*targets, use, linker);
  std::vector<FallbackReference> fallbacks;
  const auto written = map.find("fallbacks");
  if (!written) return fallbacks;
  for (const ConfigValue& item : written->items()) {
    const auto name = item.text();
    if (!name) continue;
    if (name->starts_with(kRoutePrefix)) {
      fallbacks.push_back({name->substr(kRoutePrefix.size()), item});
    } else if (const TargetConfig* target = linker.target(*name, item)) {
      fallbacks.push_back({target, item});
    }
  }
  return fallbacks;
}

void resolve_fallbacks(const std::map<std::string, RouteReferences>& references, ConfigLinker& linker) {
  FallbackResolver resolver(references, linker);
  for (const auto& [name, written] : references) {
    RouteConfig& route = linker.config.routes.find(name)->second;
    resolver.resolve(name, written.base, route.use);
    for (size_t i = 0; i < written.rules.size(); ++i)
      resolver.resolve(name, written.rules[i], route.rules[i].use);
  }
}

}  // namespace ferry
