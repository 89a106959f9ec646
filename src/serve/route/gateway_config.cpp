#include "serve/route/gateway_config.h"

#include <algorithm>

#include "serve/route/config_linker.h"

namespace ferry {
namespace {

using ReadSection = void (*)(const ConfigValue& section, ConfigLinker& linker);

// In the order in which they refer to one another.
constexpr std::pair<std::string_view, ReadSection> kReaders[] = {{"providers", read_providers},
                                                                 {"prices", read_prices},
                                                                 {"labels", read_labels},
                                                                 {"detectors", read_detectors},
                                                                 {"routes", read_routes}};

void read_section(const YamlNode& root, std::string_view name, ReadSection read, ConfigLinker& linker) {
  const ConfigValue* first = nullptr;
  std::optional<ConfigValue> section;
  for (const YamlMember& member : root.members) {
    if (member.key != name) continue;
    const ConfigValue value(member.value, member.line, std::string(name), std::string(name), linker.problems);
    if (first != nullptr) {
      value.error("is there twice");
      continue;
    }
    first = &section.emplace(value);
  }
  if (section && !section->node().is_null()) read(*section, linker);
}

// A model of the engine that no route names is a route of its own. One that a route names may be asked for
// there only: whoever put it behind limits and guardrails meant them.
void add_local_routes(ConfigLinker& linker) {
  if (!linker.options.local_models) return;
  std::set<std::string> named;
  for (const auto& [name, route] : linker.config.routes) {
    for_each_target(route, [&](const TargetConfig& target) { named.insert(target.name); });
    if (route.guardrails.classifier) named.insert(route.guardrails.classifier->target->name);
  }
  const YamlNode nothing;
  for (const std::string& model : *linker.options.local_models) {
    const ConfigValue value(nothing, 0, "routes." + model, "routes.*", linker.problems);
    const std::string target_name = "local/" + model;
    if (named.contains(target_name) || linker.config.routes.contains(model)) continue;
    if (const TargetConfig* target = linker.target(target_name, value)) {
      RouteConfig& route = linker.config.routes[model];
      route.name = model;
      route.use.targets.push_back({target, 1});
    }
  }
}

void sort_by_line(std::vector<ConfigProblem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) { return a.line < b.line; });
}

bool detection_matters(const GuardPolicy& policy) {
  return !policy.found.empty() || std::any_of(policy.labels.begin(), policy.labels.end(),
                                              [](const auto& label) { return label.second.redact; });
}

}  // namespace

const RouteConfig* GatewayConfig::route(std::string_view name) const {
  const auto found = routes.find(name);
  return found == routes.end() ? nullptr : &found->second;
}

const TargetConfig* GatewayConfig::target(std::string_view name) const {
  const auto found = targets.find(name);
  return found == targets.end() ? nullptr : &found->second;
}

Destination TargetConfig::destination() const {
  return {.is_local = is_local(), .provider = provider->name, .region = provider->region};
}

std::string ConfigProblem::text(std::string_view source) const {
  const std::string place = line > 0 ? fmt::format("{}:{}: ", source, line) : fmt::format("{}: ", source);
  return place + path + (path.empty() ? "" : " ") + message;
}

Error ConfigReading::error(std::string_view source) const {
  std::vector<std::string> lines;
  for (const ConfigProblem& problem : errors) lines.push_back(problem.text(source));
  return {ErrorCode::invalid_argument, fmt::format("{}", fmt::join(lines, "\n"))};
}

ConfigReading read_gateway_config(std::string_view yaml, const ConfigOptions& options) {
  ConfigReading reading;
  const auto root = parse_yaml(yaml);
  if (!root || !(root->is_map() || root->is_null())) {
    reading.errors.push_back(root ? ConfigProblem{root->line, "", "must be a map"}
                                  : ConfigProblem{root.error().line, "", root.error().message});
    return reading;
  }
  auto config = std::make_shared<GatewayConfig>();
  ConfigProblems problems;
  ConfigLinker linker{*config, options, problems};
  add_local_provider(*config);
  for (const auto& [name, read] : kReaders) read_section(*root, name, read, linker);
  compile_detectors(*root, linker);
  add_local_routes(linker);
  config->detects = detection_matters(config->policy);
  reading.errors = std::move(problems.errors);
  reading.warnings = std::move(problems.warnings);
  sort_by_line(reading.errors);
  sort_by_line(reading.warnings);
  if (!reading.errors.empty()) return reading;
  config->canonical = canonical_text(*config);
  reading.config = std::move(config);
  return reading;
}

}  // namespace ferry
