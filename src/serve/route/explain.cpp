// A plan in words and in JSON.

#include "base/core/money.h"
#include "serve/route/route_plan.h"

namespace ferry {
namespace {

std::string_view chooser(StickyConfig::By by) {
  switch (by) {
    case StickyConfig::By::draw:
      return "draw";
    case StickyConfig::By::conversation:
      return "conversation";
    case StickyConfig::By::header:
      return "header";
  }
  return "?";
}

std::string why(const PlannedTarget& planned, const RoutePlan& plan) {
  std::string text;
  switch (planned.role) {
    case TargetRole::cascade:
      text = "own model first (cascade)";
      break;
    case TargetRole::primary:
      text = fmt::format("weight {} of {}, by the {}", planned.weight, plan.total_weight,
                         chooser(plan.chosen_by));
      break;
    case TargetRole::fallback:
      text = "fallback";
      break;
  }
  if (planned.slow) text += "; slower than max_latency just now";
  if (planned.redact) text += "; with findings replaced";
  if (planned.missing != FeatureSet()) text += "; without " + feature_list(planned.missing);
  if (planned.estimate) text += fmt::format("; costs at most {}", money_text(*planned.estimate));
  return text;
}

std::string why(const PlannedShadow& shadow) {
  std::string text = "shadow";
  if (shadow.redact) text += "; with findings replaced";
  if (shadow.missing != FeatureSet()) text += "; without " + feature_list(shadow.missing);
  if (shadow.estimate) text += fmt::format("; costs at most {}", money_text(*shadow.estimate));
  return text;
}

std::string why(const Exclusion& exclusion) {
  std::string text(to_string(exclusion.cause));
  if (exclusion.missing != FeatureSet()) text += ": it lacks " + feature_list(exclusion.missing);
  if (!exclusion.detail.empty()) text += ": " + exclusion.detail;
  return text;
}

std::string rule_name(const RoutePlan& plan) {
  return plan.rule == nullptr ? "" : plan.rule->name;
}

void write_entry(JsonWriter& w, const TargetConfig& target, std::string_view reason) {
  w.member("target", target.name);
  w.member("reason", reason);
}

void write_estimate(JsonWriter& w, std::optional<int64_t> estimate) {
  w.key("estimate");
  estimate ? w.value(money_text(*estimate)) : w.null();
}

void write_targets(JsonWriter& w, const RoutePlan& plan) {
  w.key("targets");
  w.begin_array();
  for (const PlannedTarget& planned : plan.targets) {
    w.begin_object();
    write_entry(w, *planned.target, why(planned, plan));
    w.member("role", to_string(planned.role));
    w.member("redact", planned.redact);
    write_estimate(w, planned.estimate);
    w.end_object();
  }
  w.end_array();
}

void write_shadows(JsonWriter& w, const RoutePlan& plan) {
  w.key("shadows");
  w.begin_array();
  for (const PlannedShadow& shadow : plan.shadows) {
    w.begin_object();
    write_entry(w, *shadow.target, why(shadow));
    w.member("redact", shadow.redact);
    write_estimate(w, shadow.estimate);
    w.end_object();
  }
  w.end_array();
}

void write_excluded(JsonWriter& w, const RoutePlan& plan) {
  w.key("excluded");
  w.begin_array();
  for (const Exclusion& exclusion : plan.excluded) {
    w.begin_object();
    write_entry(w, *exclusion.target, why(exclusion));
    w.member("cause", to_string(exclusion.cause));
    w.member("shadow", exclusion.is_shadow);
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::string_view to_string(TargetRole role) {
  switch (role) {
    case TargetRole::cascade:
      return "cascade";
    case TargetRole::primary:
      return "primary";
    case TargetRole::fallback:
      return "fallback";
  }
  return "?";
}

std::string_view to_string(ExclusionCause cause) {
  switch (cause) {
    case ExclusionCause::residency:
      return "residency";
    case ExclusionCause::features:
      return "features";
    case ExclusionCause::context:
      return "context";
    case ExclusionCause::cost:
      return "cost";
    case ExclusionCause::unavailable:
      return "unavailable";
    case ExclusionCause::latency:
      return "latency";
    case ExclusionCause::no_weight:
      return "no_weight";
    case ExclusionCause::not_sampled:
      return "not_sampled";
    case ExclusionCause::duplicate:
      return "duplicate";
  }
  return "?";
}

std::string explain_text(const RoutePlan& plan) {
  std::string out = fmt::format("route {}{}\n", plan.route->name,
                                plan.rule == nullptr ? "" : fmt::format(", rule {}", plan.rule->name));
  for (size_t i = 0; i < plan.targets.size(); ++i) {
    const PlannedTarget& planned = plan.targets[i];
    out += fmt::format("{:>3}. {}  ({})\n", i + 1, planned.target->name, why(planned, plan));
  }
  for (const PlannedShadow& shadow : plan.shadows)
    out += fmt::format("  +  {}  ({})\n", shadow.target->name, why(shadow));
  for (const Exclusion& exclusion : plan.excluded) {
    out += fmt::format("  -  {}  ({}{})\n", exclusion.target->name, exclusion.is_shadow ? "shadow; " : "",
                       why(exclusion));
  }
  if (plan.targets.empty()) out += "refused: " + refusal(plan).message + "\n";
  return out;
}

std::string explain_json(const RoutePlan& plan) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.member("route", plan.route->name);
  w.key("rule");
  plan.rule != nullptr ? w.value(rule_name(plan)) : w.null();
  w.member("chosen_by", chooser(plan.chosen_by));
  write_targets(w, plan);
  write_shadows(w, plan);
  write_excluded(w, plan);
  w.key("refusal");
  plan.targets.empty() ? w.value(refusal(plan).message) : w.null();
  w.end_object();
  return text;
}

}  // namespace ferry
