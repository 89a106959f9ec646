#include <algorithm>
#include <array>

#include "base/schema/pattern.h"
#include "serve/route/config_linker.h"
#include "serve/route/config_targets.h"

namespace ferry {
namespace {

constexpr Duration kLeastTime{1};
constexpr Duration kMostLatency = std::chrono::hours(24);
constexpr Duration kMostKept = std::chrono::hours(24) * 366 * 20;
constexpr std::array<std::string_view, 3> kPolicies{"reject", "drop", "warn"};
constexpr std::array<std::string_view, 3> kRecords{"off", "redacted", "full"};
constexpr std::array<std::string_view, 2> kActions{"block", "flag"};

bool is_header_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

StickyConfig read_sticky(const ConfigValue& value) {
  if (!value.node().is_map()) {
    if (value.node().is_scalar() && value.node().text == "conversation")
      return {.by = StickyConfig::By::conversation};
    value.error("must be \"conversation\", or a map with a header" + value.not_this());
    return {};
  }
  StickyConfig sticky{.by = StickyConfig::By::header};
  if (const auto header = value.map()->require("header")) {
    set(sticky.header, header->text());
    if (!sticky.header.empty() && !is_header_name(sticky.header))
      header->error("must be a header's name" + header->not_this());
  }
  for (char& c : sticky.header) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return sticky;
}

std::vector<ShadowTarget> read_shadows(const ConfigValue& value, ConfigLinker& linker) {
  std::vector<ShadowTarget> shadows;
  for (const ConfigValue& item : value.items()) {
    const auto map = item.map();
    if (!map) continue;
    ShadowTarget shadow{.share = 1};
    if (const auto target = map->require("target")) shadow.target = linker.target(*target);
    if (const auto share = map->find("share")) {
      set(shadow.share, share->number(0, 1));
      if (shadow.share == 0) share->error("must be above 0");
    }
    const auto is_same = [&](const ShadowTarget& other) { return other.target == shadow.target; };
    if (shadow.target == nullptr) continue;
    if (std::any_of(shadows.begin(), shadows.end(), is_same))
      item.error("is there twice: " + shadow.target->name);
    shadows.push_back(shadow);
  }
  return shadows;
}

void check_regex(const ConfigValue& value, const std::string& pattern) {
  const auto compiled = Detectors::compile({.regexes = {{.name = "regex", .pattern = pattern}}});
  if (!compiled) value.error("does not work: " + compiled.error().message);
}

void read_cascade_schema(const ConfigValue& value, CascadeConfig& cascade, ConfigLinker& linker) {
  if (value.node().is_scalar() && value.node().text == "request") {
    cascade.requested_schema = true;
  } else {
    cascade.schema = linker.schema(value);
  }
}

bool checks_something(const CascadeConfig& cascade) {
  return cascade.mean_logprob || cascade.min_logprob || cascade.requested_schema ||
         !cascade.schema.is_null() || !cascade.regex.empty() || cascade.refusal || cascade.length_cut;
}

// Needed: a model of one's own.
const TargetConfig* read_own_model(const ConfigMap& map, std::string_view field, ConfigLinker& linker) {
  const auto value = map.require(field);
  if (!value) return nullptr;
  const TargetConfig* target = linker.target(*value);
  if (target != nullptr && !target->is_local())
    value->error("must be a model of one's own: local/…" + value->not_this());
  return target;
}

std::optional<CascadeConfig> read_cascade(const ConfigValue& value, ConfigLinker& linker) {
  const auto map = value.map();
  if (!map) return std::nullopt;
  const size_t errors_before = linker.problems.errors.size();
  CascadeConfig cascade;
  cascade.first = read_own_model(*map, "first", linker);
  if (const auto mean = map->find("mean_logprob")) cascade.mean_logprob = mean->number(-1000, 0);
  if (const auto min = map->find("min_logprob")) cascade.min_logprob = min->number(-1000, 0);
  if (const auto schema = map->find("schema")) read_cascade_schema(*schema, cascade, linker);
  if (const auto regex = map->find("regex")) {
    set(cascade.regex, regex->text());
    if (!cascade.regex.empty()) check_regex(*regex, cascade.regex);
  }
  if (const auto refusal = map->find("refusal")) set(cascade.refusal, refusal->flag());
  if (const auto length = map->find("length")) set(cascade.length_cut, length->flag());
  const bool is_read = linker.problems.errors.size() == errors_before;
  if (is_read && !checks_something(cascade))
    value.error("needs at least one check: mean_logprob, min_logprob, schema, regex, refusal or length");
  return cascade.first == nullptr ? std::nullopt : std::optional(std::move(cascade));
}

std::optional<ClassifierConfig> read_classifier(const ConfigValue& value, ConfigLinker& linker) {
  const auto map = value.map();
  if (!map) return std::nullopt;
  ClassifierConfig classifier{.target = read_own_model(*map, "target", linker)};
  if (const auto blocks = map->find("blocks")) {
    set(classifier.blocks, blocks->text());
    if (const auto compiled = Pattern::compile(classifier.blocks); !compiled)
      blocks->error("does not work: " + compiled.error().message);
  }
  if (const auto prompt = map->find("prompt")) set(classifier.prompt, prompt->text());
  if (const auto arguments = map->find("arguments")) {
    if (auto object = arguments->json()) classifier.arguments = std::move(object->as_object());
  }
  return classifier.target == nullptr ? std::nullopt : std::optional(std::move(classifier));
}

GuardrailConfig read_guardrails(const ConfigMap& map, ConfigLinker& linker) {
  GuardrailConfig guardrails;
  if (const auto words = map.find("words")) {
    guardrails.words = linker.words(*words);
    std::sort(guardrails.words.begin(), guardrails.words.end());
    const auto compiled = Detectors::compile({.lists = {{.name = "words", .names = guardrails.words}}});
    if (!compiled) words->error("do not work: " + compiled.error().message);
  }
  if (const auto schema = map.find("schema")) guardrails.schema = linker.schema(*schema);
  if (const auto classifier = map.find("classifier"))
    guardrails.classifier = read_classifier(*classifier, linker);
  if (const auto action = map.find("action")) {
    if (const auto which = action->one_of(kActions))
      guardrails.action = static_cast<GuardrailConfig::Action>(*which);
  }
  return guardrails;
}

void read_limits(const ConfigMap& map, RouteConfig& route) {
  if (const auto value = map.find("max_cost")) route.max_cost = value->nano();
  if (const auto value = map.find("max_latency"))
    route.max_latency = value->duration(kLeastTime, kMostLatency);
  if (const auto value = map.find("retries")) {
    if (const auto retries = value->integer(0, 10)) route.retries = static_cast<int>(*retries);
  }
  if (const auto value = map.find("on_unsupported")) {
    if (const auto which = value->one_of(kPolicies))
      route.on_unsupported = static_cast<FeaturePolicy>(*which);
  }
}

void read_keeping(const ConfigMap& map, RouteConfig& route, ConfigLinker& linker) {
  if (const auto value = map.find("cache")) {
    if (const auto fields = value->map()) {
      if (const auto ttl = fields->require("ttl")) route.cache_ttl = ttl->duration(kLeastTime, kMostKept);
    }
  }
  if (const auto value = map.find("record")) {
    if (const auto which = value->one_of(kRecords)) route.record = static_cast<RecordPolicy>(*which);
  }
  if (const auto value = map.find("retention")) {
    route.retention = value->duration(kLeastTime, kMostKept);
    if (route.record == RecordPolicy::off) value->warning("has no effect: `record` is off");
  }
  if (const auto value = map.find("guardrails")) {
    if (const auto fields = value->map()) route.guardrails = read_guardrails(*fields, linker);
  }
  if (const auto value = map.find("labels")) route.labels = linker.labels(*value);
  if (const auto value = map.find("budget")) set(route.budget, value->name());
}

void read_route(const ConfigMap& map, RouteConfig& route, RouteReferences& references, ConfigLinker& linker) {
  if (const auto value = map.find("sticky")) route.sticky = read_sticky(*value);
  if (const auto value = map.find("shadow")) route.shadows = read_shadows(*value, linker);
  if (const auto value = map.find("cascade")) route.cascade = read_cascade(*value, linker);
  read_limits(map, route);
  read_keeping(map, route, linker);
  references.base = read_target_set(map, route.use, linker);
  const auto rules = map.find("when");
  if (!rules) return;
  for (const ConfigValue& item : rules->items()) {
    const auto fields = item.map();
    if (!fields) continue;
    RouteRule rule{.name = fmt::format("when[{}]", route.rules.size()), .condition = {}, .use = {}};
    if (const auto name = fields->find("name")) set(rule.name, name->name());
    if (const auto condition = fields->require("if")) {
      if (const auto conditions = condition->map()) rule.condition = read_condition(*conditions, linker);
    }
    references.rules.push_back(read_target_set(*fields, rule.use, linker));
    route.rules.push_back(std::move(rule));
  }
}

// Local models cost no money that could be reserved; all others must have a price.
void check_prices(const ConfigValue& value, const RouteConfig& route) {
  const std::string_view why = route.max_cost ? "max_cost" : "budget";
  std::set<std::string> told;
  for_each_target(route, [&](const TargetConfig& target) {
    const bool is_priced = target.is_local() || !target.prices.empty();
    if (!is_priced && told.insert(target.name).second)
      value.error(fmt::format("has a {}, and so {} needs an entry under `prices`", why, target.name));
  });
}

}  // namespace

void read_routes(const ConfigValue& section, ConfigLinker& linker) {
  std::map<std::string, RouteReferences> references;
  std::vector<std::pair<RouteConfig*, ConfigValue>> read;
  for (const auto& [name, value] : section.entries()) {
    RouteConfig& route = linker.config.routes[name];
    route.name = name;
    if (const auto map = value.map()) read_route(*map, route, references[name], linker);
    read.emplace_back(&route, value);
  }
  resolve_fallbacks(references, linker);
  for (const auto& [route, value] : read) {
    if (route->max_cost || !route->budget.empty()) check_prices(value, *route);
  }
}

}  // namespace ferry
