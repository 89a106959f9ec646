#include "serve/guard/policy.h"

#include <algorithm>
#include <iterator>

namespace ferry {
namespace {

using Names = std::optional<std::set<std::string>>;

Names both(const Names& a, const Names& b) {
  if (!a || !b) return a ? a : b;
  std::set<std::string> common;
  std::set_intersection(a->begin(), a->end(), b->begin(), b->end(), std::inserter(common, common.end()));
  return common;
}

LabelRule join(const LabelRule& a, const LabelRule& b) {
  return {a.block || b.block, a.stay_local || b.stay_local, a.redact || b.redact, both(a.regions, b.regions),
          both(a.providers, b.providers)};
}

bool demands(const LabelRule& rule) {
  return rule.block || rule.stay_local || rule.redact || rule.regions || rule.providers;
}

void add(GuardDecision& decision, const LabelRule& rule, std::string reason) {
  if (demands(rule)) decision.reasons.push_back(std::move(reason));
  decision.rule = join(decision.rule, rule);
}

std::string rule_key(const Sighting& sighting) {
  return fmt::format("{}.{}", to_string(sighting.kind), sighting.rule);
}

bool is_allowed(const Names& names, const std::string& name) {
  return !names || (!name.empty() && names->contains(name));
}

}  // namespace

Result<void> check_policy(const GuardPolicy& policy) {
  for (const auto& [what, labels] : policy.found) {
    const auto kind = finding_kind(what.substr(0, what.find('.')));
    if (!kind || *kind == FindingKind::literal)
      return fail(ErrorCode::invalid_argument, "no kind of finding is called \"{}\"", what);
    for (const std::string& label : labels) {
      if (!policy.labels.contains(label))
        return fail(ErrorCode::invalid_argument, "the label \"{}\" of findings \"{}\" has no rule", label,
                    what);
    }
  }
  return {};
}

GuardDecision decide(const GuardPolicy& policy, std::span<const std::string> labels) {
  GuardDecision decision;
  for (const std::string& label : labels) {
    const auto found = policy.labels.find(label);
    if (found == policy.labels.end()) {
      add(decision, {.stay_local = true}, fmt::format("{} (unknown label)", label));
    } else {
      add(decision, found->second, label);
    }
  }
  return decision;
}

std::set<std::string> labels_of(const GuardPolicy& policy, const Inspection& inspection) {
  std::set<std::string> labels;
  for (const Sighting& sighting : inspection.sightings) {
    for (const std::string& key : {std::string(to_string(sighting.kind)), rule_key(sighting)}) {
      if (const auto found = policy.found.find(key); found != policy.found.end())
        labels.insert(found->second.begin(), found->second.end());
    }
  }
  return labels;
}

GuardDecision decide(const GuardPolicy& policy, std::span<const std::string> labels,
                     const Result<Inspection>& inspection) {
  std::set<std::string> all(labels.begin(), labels.end());
  if (inspection) all.merge(labels_of(policy, *inspection));
  GuardDecision decision = decide(policy, std::vector<std::string>(all.begin(), all.end()));
  const bool matters = !policy.found.empty() || decision.rule.redact;
  if (matters && !inspection) add(decision, {.stay_local = true}, "detection failed");
  if (matters && inspection && !inspection->unreadable.empty()) {
    add(decision, {.stay_local = true},
        fmt::format("{} cannot be looked into", inspection->unreadable.front()));
  }
  return decision;
}

Verdict judge(const GuardDecision& decision, const Destination& destination) {
  const LabelRule& rule = decision.rule;
  if (rule.block) return Verdict::forbid;
  if (destination.is_local) return Verdict::allow;
  if (rule.stay_local || !is_allowed(rule.regions, destination.region) ||
      !is_allowed(rule.providers, destination.provider))
    return Verdict::forbid;
  return rule.redact ? Verdict::redact : Verdict::allow;
}

}  // namespace ferry
