#include <algorithm>
#include <array>

#include "serve/route/config_linker.h"

namespace ferry {
namespace {

constexpr std::array<std::string_view, 3> kConfidences{"possible", "likely", "certain"};

std::set<std::string> read_providers_of(const ConfigValue& value, const ConfigLinker& linker) {
  std::set<std::string> providers;
  for (const std::string& name : value.names()) {
    if (!linker.config.providers.contains(name)) {
      value.error(fmt::format("names the provider \"{}\", which is not there{}", name,
                              did_you_mean_key(name, linker.config.providers)));
    }
    providers.insert(name);
  }
  return providers;
}

std::set<std::string> read_regions(const ConfigValue& value, const ConfigLinker& linker) {
  std::set<std::string> regions;
  for (const std::string& name : value.names()) {
    const auto& providers = linker.config.providers;
    const bool is_known = std::any_of(providers.begin(), providers.end(),
                                      [&](const auto& entry) { return entry.second.region == name; });
    if (!is_known) value.warning(fmt::format("names the region \"{}\", which no provider has", name));
    regions.insert(name);
  }
  return regions;
}

LabelRule read_label(const ConfigMap& map, ConfigLinker& linker) {
  LabelRule rule;
  if (const auto value = map.find("block")) set(rule.block, value->flag());
  if (const auto value = map.find("stay_local")) set(rule.stay_local, value->flag());
  if (const auto value = map.find("redact")) set(rule.redact, value->flag());
  if (const auto value = map.find("regions")) rule.regions = read_regions(*value, linker);
  if (const auto value = map.find("providers")) rule.providers = read_providers_of(*value, linker);
  return rule;
}

// Kinds that the detectors may be told to look for: lists and expressions are looked for where they are
// given.
std::vector<std::string> choosable_kinds() {
  std::vector<std::string> names;
  for (int kind = 0; kind < kFindingKinds; ++kind) {
    const auto which = static_cast<FindingKind>(kind);
    const bool is_given =
        which == FindingKind::name || which == FindingKind::custom || which == FindingKind::literal;
    if (!is_given) names.emplace_back(to_string(which));
  }
  return names;
}

uint32_t bit_of(FindingKind kind) {
  return uint32_t{1} << static_cast<unsigned>(kind);
}

uint32_t read_kinds(const ConfigValue& value) {
  const std::vector<std::string> known = choosable_kinds();
  uint32_t kinds = bit_of(FindingKind::name) | bit_of(FindingKind::custom);
  for (const std::string& name : value.names()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      value.error(fmt::format("has \"{}\", which is no kind{}", name, did_you_mean(name, known)));
    } else {
      kinds |= bit_of(*finding_kind(name));
    }
  }
  return kinds;
}

CustomRegex read_expression(const std::string& name, const ConfigValue& value) {
  CustomRegex regex{.name = name, .pattern = {}};
  if (!value.node().is_map()) {
    set(regex.pattern, value.text());
    return regex;
  }
  const auto map = value.map();
  if (const auto pattern = map->require("pattern")) set(regex.pattern, pattern->text());
  if (const auto whole = map->find("whole_word")) set(regex.whole_word, whole->flag());
  if (const auto most = map->find("max_bytes")) {
    if (const auto bytes = most->integer(1, kMaxPatternBytes)) regex.max_bytes = static_cast<size_t>(*bytes);
  }
  return regex;
}

// "national_id.us_ssn" of a kind; "name.staff" and "custom.ticket" only of what there is.
void check_found(const std::string& what, const ConfigValue& value, const DetectorSettings& settings) {
  const std::string kind_name = what.substr(0, what.find('.'));
  const auto kind = finding_kind(kind_name);
  if (!kind || *kind == FindingKind::literal) {
    std::vector<std::string> known = choosable_kinds();
    known.insert(known.end(), {"name", "custom"});
    value.error("is no kind of finding" + did_you_mean(kind_name, known));
    return;
  }
  if (kind_name.size() == what.size()) return;
  std::vector<std::string> given;
  for (const NameList& list : settings.lists) given.push_back("name." + list.name);
  for (const CustomRegex& regex : settings.regexes) given.push_back("custom." + regex.name);
  const bool is_ours = *kind == FindingKind::name || *kind == FindingKind::custom;
  if (is_ours && std::find(given.begin(), given.end(), what) == given.end())
    value.error("names a list or expression that is not there" + did_you_mean(what, given));
}

// The expression that cannot be compiled, told at its own line.
void blame(const ConfigValue& section, const DetectorSettings& settings, const Error& whole) {
  for (const auto& [name, value] : section.map()->find("expressions")->entries()) {
    for (const CustomRegex& regex : settings.regexes) {
      if (regex.name != name) continue;
      const auto alone = Detectors::compile({.regexes = {regex}});
      if (!alone) return value.error("does not work: " + alone.error().message);
    }
  }
  section.error("do not work: " + whole.message);
}

}  // namespace

void read_labels(const ConfigValue& section, ConfigLinker& linker) {
  for (const auto& [name, value] : section.entries()) {
    const auto map = value.map();
    linker.config.policy.labels[name] = map ? read_label(*map, linker) : LabelRule{.stay_local = true};
  }
}

void read_detectors(const ConfigValue& section, ConfigLinker& linker) {
  const auto map = section.map();
  if (!map) return;
  DetectorSettings& settings = linker.config.detector_settings;
  if (const auto value = map->find("kinds")) settings.kinds = read_kinds(*value);
  if (const auto value = map->find("least")) {
    if (const auto which = value->one_of(kConfidences)) settings.least = static_cast<Confidence>(*which);
  }
  if (const auto value = map->find("names")) {
    for (const auto& [name, words] : value->entries()) settings.lists.push_back({name, linker.words(words)});
  }
  if (const auto value = map->find("expressions")) {
    for (const auto& [name, regex] : value->entries())
      settings.regexes.push_back(read_expression(name, regex));
  }
  if (const auto value = map->find("found")) {
    for (const auto& [what, labels] : value->entries()) {
      check_found(what, labels, settings);
      linker.config.policy.found[what] = linker.labels(labels);
    }
  }
}

void compile_detectors(const YamlNode& root, ConfigLinker& linker) {
  GatewayConfig& config = linker.config;
  auto compiled = Detectors::compile(config.detector_settings);
  if (compiled) {
    config.detectors = *std::move(compiled);
    return;
  }
  for (const YamlMember& member : root.members) {
    if (member.key != "detectors") continue;
    const ConfigValue section(member.value, member.line, "detectors", "detectors", linker.problems);
    const YamlNode* expressions = member.value.find("expressions");
    if (expressions != nullptr && expressions->is_map())
      return blame(section, config.detector_settings, compiled.error());
    section.error("do not work: " + compiled.error().message);
  }
}

}  // namespace ferry
