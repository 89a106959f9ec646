// The configuration as one JSON object in a fixed order, with every default written out.

#include "base/core/money.h"
#include "serve/route/config_linker.h"

namespace ferry {
namespace {

void write_names(JsonWriter& w, std::string_view key, const auto& names) {
  w.key(key);
  w.begin_array();
  for (const auto& name : names) w.value(std::string_view(name));
  w.end_array();
}

// The order in which lists are written does not matter to their meaning.
void write_sorted(JsonWriter& w, std::string_view key, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  write_names(w, key, names);
}

template <class T>
void write_known(JsonWriter& w, std::string_view key, const std::optional<T>& value) {
  if (value) w.member(key, *value);
}

void write_features(JsonWriter& w, FeatureSet set) {
  w.key("without");
  w.begin_array();
  for (size_t i = 0; i < kFeatures; ++i) {
    if (set.has(static_cast<Feature>(i))) w.value(to_string(static_cast<Feature>(i)));
  }
  w.end_array();
}

void write_models(JsonWriter& w, const ProviderConfig& provider) {
  w.key("models");
  w.begin_object();
  for (const auto& [name, traits] : provider.models) {
    w.key(name);
    w.begin_object();
    write_known(w, "context", traits.context);
    write_known(w, "max_output", traits.max_output);
    write_known(w, "adaptive_thinking", traits.adaptive_thinking);
    write_features(w, traits.without);
    w.end_object();
  }
  w.end_object();
}

void write_headers(JsonWriter& w, const ProviderConfig& provider) {
  w.key("headers");
  w.begin_object();
  for (const ProviderHeader& header : provider.headers) {
    const auto* text = std::get_if<std::string>(&header.value);
    w.member(header.name, text != nullptr ? *text : std::get<SecretRef>(header.value).text());
  }
  w.end_object();
}

void write_timeouts(JsonWriter& w, const ProviderTimeouts& timeouts) {
  w.key("timeouts");
  w.begin_object();
  w.member("connect", to_string(timeouts.connect));
  w.member("first_token", to_string(timeouts.first_token));
  w.member("idle", to_string(timeouts.idle));
  w.member("total", to_string(timeouts.total));
  w.end_object();
}

void write_quirks(JsonWriter& w, const ProviderQuirks& quirks) {
  constexpr std::string_view kAuths[] = {"automatic", "bearer", "x_api_key", "none"};
  constexpr std::string_view kFields[] = {"automatic", "max_tokens", "max_completion_tokens"};
  w.key("quirks");
  w.begin_object();
  w.member("auth", kAuths[static_cast<size_t>(quirks.auth)]);
  w.member("max_tokens_field", kFields[static_cast<size_t>(quirks.max_tokens_field)]);
  w.member("stream_usage", quirks.stream_usage);
  w.member("anthropic_version", quirks.anthropic_version);
  w.end_object();
}

void write_remote(JsonWriter& w, const ProviderConfig& provider) {
  w.member("dialect", provider.dialect == ProviderDialect::openai ? "openai" : "anthropic");
  w.member("url", provider.url.text());
  std::vector<std::string> keys;
  for (const SecretRef& key : provider.keys) keys.push_back(key.text());
  write_names(w, "keys", keys);
  w.member("region", provider.region);
  if (provider.proxy) w.member("proxy", provider.proxy->text());
  w.member("ca_file", provider.ca_file.string());
  w.member("allow_private", provider.allow_private);
  write_headers(w, provider);
  write_timeouts(w, provider.timeouts);
  w.member("max_connections", provider.max_connections);
  write_quirks(w, provider.quirks);
}

void write_providers(JsonWriter& w, const GatewayConfig& config) {
  w.key("providers");
  w.begin_object();
  for (const auto& [name, provider] : config.providers) {
    w.key(name);
    w.begin_object();
    if (!provider.is_local()) write_remote(w, provider);
    write_features(w, provider.without);
    write_models(w, provider);
    w.end_object();
  }
  w.end_object();
}

void write_price(JsonWriter& w, const DatedPrice& dated) {
  w.begin_object();
  w.member("from", dated.from);
  if (dated.hardware) {
    w.member("hardware_per_hour", money_text(dated.hardware->nano_per_hour));
    write_known(w, "tokens_per_second", dated.hardware->tokens_per_s);
  } else {
    w.member("input", money_text(dated.price.input));
    w.member("cached_input", money_text(dated.price.cached_input));
    w.member("cache_write", money_text(dated.price.cache_write));
    w.member("cache_write_1h", money_text(dated.price.cache_write_1h));
    w.member("output", money_text(dated.price.output));
  }
  w.end_object();
}

void write_prices(JsonWriter& w, const GatewayConfig& config) {
  w.key("prices");
  w.begin_object();
  for (const auto& [name, target] : config.targets) {
    if (target.prices.empty()) continue;
    w.key(name);
    w.begin_array();
    for (const DatedPrice& dated : target.prices.all()) write_price(w, dated);
    w.end_array();
  }
  w.end_object();
}

void write_labels(JsonWriter& w, const GuardPolicy& policy) {
  w.key("labels");
  w.begin_object();
  for (const auto& [name, rule] : policy.labels) {
    w.key(name);
    w.begin_object();
    w.member("block", rule.block);
    w.member("stay_local", rule.stay_local);
    w.member("redact", rule.redact);
    if (rule.regions) write_names(w, "regions", *rule.regions);
    if (rule.providers) write_names(w, "providers", *rule.providers);
    w.end_object();
  }
  w.end_object();
}

// Sorted by name: the order of lists and expressions does not matter.
template <class T>
std::map<std::string, const T*> by_name(const std::vector<T>& all) {
  std::map<std::string, const T*> sorted;
  for (const T& one : all) sorted[one.name] = &one;
  return sorted;
}

void write_kinds(JsonWriter& w, uint32_t kinds) {
  w.key("kinds");
  w.begin_array();
  for (int kind = 0; kind < kFindingKinds; ++kind) {
    if ((kinds >> kind & 1u) != 0 && kind < static_cast<int>(FindingKind::name))
      w.value(to_string(static_cast<FindingKind>(kind)));
  }
  w.end_array();
}

void write_detectors(JsonWriter& w, const DetectorSettings& settings, const GuardPolicy& policy) {
  w.key("detectors");
  w.begin_object();
  write_kinds(w, settings.kinds);
  w.member("least", static_cast<int>(settings.least));
  w.key("names");
  w.begin_object();
  for (const auto& [name, list] : by_name(settings.lists)) write_sorted(w, name, list->names);
  w.end_object();
  w.key("expressions");
  w.begin_object();
  for (const auto& [name, regex] : by_name(settings.regexes)) {
    w.key(name);
    w.begin_object();
    w.member("pattern", regex->pattern);
    w.member("whole_word", regex->whole_word);
    w.member("max_bytes", regex->max_bytes);
    w.end_object();
  }
  w.end_object();
  w.key("found");
  w.begin_object();
  for (const auto& [what, labels] : policy.found) write_sorted(w, what, labels);
  w.end_object();
  w.end_object();
}

// In their order: it decides nothing, but is what people wrote and read.
void write_targets(JsonWriter& w, const TargetSet& use) {
  std::map<std::string, double> weights;
  for (const WeightedTarget& weighted : use.targets) weights[weighted.target->name] = weighted.weight;
  w.key("targets");
  w.begin_object();
  for (const auto& [name, weight] : weights) w.member(name, weight);
  w.end_object();
  std::vector<std::string> fallbacks;
  for (const TargetConfig* target : use.fallbacks) fallbacks.push_back(target->name);
  write_names(w, "fallbacks", fallbacks);
}

void write_range(JsonWriter& w, std::string_view key, const std::optional<SizeRange>& range) {
  if (!range) return;
  w.key(key);
  w.begin_object();
  w.member("least", range->least);
  write_known(w, "most", range->most);
  w.end_object();
}

void write_time(JsonWriter& w, const TimeWindow& time) {
  w.key("time");
  w.begin_object();
  w.member("from", time.from_minute);
  w.member("to", time.to_minute);
  w.member("days", time.days);
  w.member("utc_offset", time.offset_minutes);
  w.end_object();
}

void write_condition(JsonWriter& w, const RouteCondition& condition) {
  w.key("if");
  w.begin_object();
  w.key("tags");
  w.begin_object();
  for (const TagCondition& tag : condition.tags) write_sorted(w, tag.name, tag.values);
  w.end_object();
  if (!condition.keys.empty()) write_sorted(w, "keys", condition.keys);
  if (!condition.teams.empty()) write_sorted(w, "teams", condition.teams);
  if (!condition.languages.empty()) write_sorted(w, "languages", condition.languages);
  if (!condition.labels.empty()) write_sorted(w, "labels", condition.labels);
  write_range(w, "characters", condition.characters);
  write_range(w, "tokens", condition.tokens);
  write_known(w, "tools", condition.tools);
  write_known(w, "images", condition.images);
  if (condition.time) write_time(w, *condition.time);
  w.end_object();
}

void write_rules(JsonWriter& w, const RouteConfig& route) {
  w.key("when");
  w.begin_array();
  for (const RouteRule& rule : route.rules) {
    w.begin_object();
    w.member("name", rule.name);
    write_condition(w, rule.condition);
    write_targets(w, rule.use);
    w.end_object();
  }
  w.end_array();
}

void write_sticky(JsonWriter& w, const StickyConfig& sticky) {
  constexpr std::string_view kBy[] = {"draw", "conversation", "header"};
  w.key("sticky");
  w.begin_object();
  w.member("by", kBy[static_cast<size_t>(sticky.by)]);
  w.member("header", sticky.header);
  w.end_object();
}

void write_shadows(JsonWriter& w, const RouteConfig& route) {
  std::map<std::string, double> shares;
  for (const ShadowTarget& shadow : route.shadows) shares[shadow.target->name] = shadow.share;
  w.key("shadow");
  w.begin_object();
  for (const auto& [name, share] : shares) w.member(name, share);
  w.end_object();
}

void write_cascade(JsonWriter& w, const CascadeConfig& cascade) {
  w.key("cascade");
  w.begin_object();
  w.member("first", cascade.first->name);
  write_known(w, "mean_logprob", cascade.mean_logprob);
  write_known(w, "min_logprob", cascade.min_logprob);
  w.member("requested_schema", cascade.requested_schema);
  w.member("schema", cascade.schema);
  w.member("regex", cascade.regex);
  w.member("refusal", cascade.refusal);
  w.member("length", cascade.length_cut);
  w.end_object();
}

void write_classifier(JsonWriter& w, const ClassifierConfig& classifier) {
  w.key("classifier");
  w.begin_object();
  w.member("target", classifier.target->name);
  w.member("blocks", classifier.blocks);
  w.member("prompt", classifier.prompt);
  w.member("arguments", json::value(classifier.arguments));
  w.end_object();
}

void write_guardrails(JsonWriter& w, const GuardrailConfig& guardrails) {
  w.key("guardrails");
  w.begin_object();
  write_sorted(w, "words", guardrails.words);
  w.member("schema", guardrails.schema);
  if (guardrails.classifier) write_classifier(w, *guardrails.classifier);
  w.member("action", guardrails.action == GuardrailConfig::Action::block ? "block" : "flag");
  w.end_object();
}

void write_route(JsonWriter& w, const RouteConfig& route) {
  constexpr std::string_view kPolicies[] = {"reject", "drop", "warn"};
  constexpr std::string_view kRecords[] = {"off", "redacted", "full"};
  w.begin_object();
  write_targets(w, route.use);
  write_rules(w, route);
  write_sticky(w, route.sticky);
  write_shadows(w, route);
  if (route.max_cost) w.member("max_cost", money_text(*route.max_cost));
  if (route.max_latency) w.member("max_latency", to_string(*route.max_latency));
  if (route.cascade) write_cascade(w, *route.cascade);
  w.member("on_unsupported", kPolicies[static_cast<size_t>(route.on_unsupported)]);
  w.member("retries", route.retries);
  if (route.cache_ttl) w.member("cache_ttl", to_string(*route.cache_ttl));
  w.member("record", kRecords[static_cast<size_t>(route.record)]);
  if (route.retention) w.member("retention", to_string(*route.retention));
  write_guardrails(w, route.guardrails);
  write_sorted(w, "labels", route.labels);
  w.member("budget", route.budget);
  w.end_object();
}

}  // namespace

std::string canonical_text(const GatewayConfig& config) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  write_providers(w, config);
  write_prices(w, config);
  write_labels(w, config.policy);
  write_detectors(w, config.detector_settings, config.policy);
  w.key("routes");
  w.begin_object();
  for (const auto& [name, route] : config.routes) {
    w.key(name);
    write_route(w, route);
  }
  w.end_object();
  w.end_object();
  return text;
}

}  // namespace ferry
