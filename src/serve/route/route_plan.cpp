#include "serve/route/route_plan.h"

#include <algorithm>
#include <cmath>

#include "base/core/money.h"
#include "base/core/rng.h"
#include "serve/route/rendezvous.h"
#include "serve/route/route_rules.h"

namespace ferry {
namespace {

// Neither can be left out of a request: what would remain is another request.
constexpr FeatureSet kIndispensable{Feature::chat, Feature::prompts, Feature::infill};

FeatureSet missing_features(const RouteFacts& facts, const TargetConfig& target, const TargetState& state) {
  FeatureSet missing;
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    const bool is_lacking = state.lacks.has(feature) || target.traits.without.has(feature);
    if (facts.uses.has(feature) && is_lacking) missing = missing.with(feature);
  }
  return missing;
}

// What the policy cannot do without.
FeatureSet refused_features(FeatureSet missing, FeaturePolicy policy) {
  FeatureSet refused;
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    const bool is_needed =
        kIndispensable.has(feature) || (policy == FeaturePolicy::reject && !is_advisory(feature));
    if (missing.has(feature) && is_needed) refused = refused.with(feature);
  }
  return refused;
}

bool is_surely_too_long(const RequestSize& size, const TargetConfig& target) {
  const auto& context = target.traits.context;
  if (!context) return false;
  if (size.prompt_tokens) return *size.prompt_tokens > *context;
  return likely_prompt_tokens(size) / 2 > *context;  // tokenizers differ by less than that
}

class Planner {
 public:
  Planner(const RouteConfig& route, const RouteFacts& facts, TargetView view)
      : route_(route), facts_(facts), view_(view) {
    plan_.route = &route;
  }

  RoutePlan make() {
    plan_.rule = find_rule(route_, facts_);
    const TargetSet& use = plan_.rule != nullptr ? plan_.rule->use : route_.use;
    plan_cascade();
    plan_drawn(use);
    for (const TargetConfig* target : use.fallbacks) consider(*target, TargetRole::fallback, 0);
    const auto is_quick = [](const PlannedTarget& planned) { return !planned.slow; };
    std::stable_partition(plan_.targets.begin(), plan_.targets.end(), is_quick);
    for (const ShadowTarget& shadow : route_.shadows) consider_shadow(shadow);
    return std::move(plan_);
  }

 private:
  void plan_cascade() {
    if (!route_.cascade) return;
    const TargetConfig& first = *route_.cascade->first;
    consider(first, TargetRole::cascade, 0);
    if (plan_.targets.empty() || !plan_.targets.front().slow) return;
    // Who waits for an answer only to ask again should not wait long.
    plan_.targets.clear();
    exclude(first, ExclusionCause::latency, "too slow to be asked first");
  }

  void plan_drawn(const TargetSet& use) {
    if (route_.sticky.by != StickyConfig::By::draw && facts_.conversation) plan_.chosen_by = route_.sticky.by;
    const uint64_t seed =
        plan_.chosen_by == StickyConfig::By::draw ? facts_.draw : facts_.conversation.value_or(facts_.draw);
    for (const WeightedTarget& weighted : use.targets) plan_.total_weight += weighted.weight;
    for (const WeightedTarget* weighted : rendezvous_order(use.targets, seed)) {
      consider(*weighted->target, TargetRole::primary, weighted->weight);
    }
    for (const WeightedTarget& weighted : use.targets) {
      if (weighted.weight == 0) exclude(*weighted.target, ExclusionCause::no_weight, {});
    }
  }

  // What speaks against the target for anything: nothing is told to one that may not know of the exchange.
  std::optional<Exclusion> objection(const TargetConfig& target, const TargetState& state, FeatureSet missing,
                                     std::optional<int64_t> estimate) const {
    const FeatureSet refused = refused_features(missing, route_.on_unsupported);
    if (refused != FeatureSet())
      return Exclusion{.target = &target, .cause = ExclusionCause::features, .missing = refused};
    if (is_surely_too_long(facts_.size, target)) {
      return Exclusion{.target = &target,
                       .cause = ExclusionCause::context,
                       .detail = fmt::format("its context is {} tokens", *target.traits.context)};
    }
    if (auto dear = too_dear(target, estimate)) {
      return Exclusion{.target = &target, .cause = ExclusionCause::cost, .detail = *std::move(dear)};
    }
    if (!state.available) return Exclusion{.target = &target, .cause = ExclusionCause::unavailable};
    return std::nullopt;
  }

  std::optional<std::string> too_dear(const TargetConfig& target, std::optional<int64_t> estimate) const {
    const bool needs_price = route_.max_cost || !route_.budget.empty();
    if (!estimate) {
      return needs_price && !target.is_local() ? std::optional<std::string>("it has no price on this day")
                                               : std::nullopt;
    }
    if (!route_.max_cost || *estimate <= *route_.max_cost) return std::nullopt;
    return fmt::format("it may cost {}, which is more than {}", money_text(*estimate),
                       money_text(*route_.max_cost));
  }

  std::optional<int64_t> estimate_of(const TargetConfig& target) const {
    const DatedPrice* price = target.prices.at(facts_.unix_s);
    if (price == nullptr) return std::nullopt;
    return reserve_estimate(facts_.size, price->price, target.traits.max_output);
  }

  void consider(const TargetConfig& target, TargetRole role, double weight) {
    const auto is_same = [&](const PlannedTarget& planned) { return planned.target == &target; };
    if (std::any_of(plan_.targets.begin(), plan_.targets.end(), is_same))
      return exclude(target, ExclusionCause::duplicate, {});
    const Verdict verdict = judge(facts_.guard, target.destination());
    if (verdict == Verdict::forbid) return exclude_forbidden(target, false);
    const TargetState state = view_(target);
    const FeatureSet missing = missing_features(facts_, target, state);
    const std::optional<int64_t> estimate = estimate_of(target);
    if (auto exclusion = objection(target, state, missing, estimate)) {
      if (exclusion->cause == ExclusionCause::unavailable) note_retry(state);
      plan_.excluded.push_back(*std::move(exclusion));
      return;
    }
    plan_.targets.push_back(
        {.target = &target,
         .role = role,
         .weight = weight,
         .redact = verdict == Verdict::redact,
         .slow = route_.max_latency && state.latency && *state.latency > *route_.max_latency,
         .missing = missing,
         .estimate = estimate});
  }

  void consider_shadow(const ShadowTarget& shadow) {
    const TargetConfig& target = *shadow.target;
    const Verdict verdict = judge(facts_.guard, target.destination());
    if (verdict == Verdict::forbid) return exclude_forbidden(target, true);
    if (!plan_.targets.empty() && plan_.targets.front().target == &target)
      return exclude(target, ExclusionCause::duplicate, {}, true);
    if (unit_hash(facts_.draw, "shadow/" + target.name) >= shadow.share)
      return exclude(target, ExclusionCause::not_sampled, {}, true);
    const TargetState state = view_(target);
    const std::optional<int64_t> estimate = estimate_of(target);
    const FeatureSet missing = missing_features(facts_, target, state);
    if (auto exclusion = objection(target, state, missing, estimate)) {
      exclusion->is_shadow = true;
      plan_.excluded.push_back(*std::move(exclusion));
      return;
    }
    plan_.shadows.push_back({&target, verdict == Verdict::redact, missing, estimate});
  }

  void exclude_forbidden(const TargetConfig& target, bool is_shadow) {
    exclude(target, ExclusionCause::residency, fmt::format("{}", fmt::join(facts_.guard.reasons, ", ")),
            is_shadow);
  }

  void exclude(const TargetConfig& target, ExclusionCause cause, std::string detail, bool is_shadow = false) {
    plan_.excluded.push_back(
        {.target = &target, .cause = cause, .detail = std::move(detail), .is_shadow = is_shadow});
  }

  void note_retry(const TargetState& state) {
    if (!state.retry_after) return;
    plan_.retry_after = std::min(plan_.retry_after.value_or(*state.retry_after), *state.retry_after);
  }

  const RouteConfig& route_;
  const RouteFacts& facts_;
  TargetView view_;
  RoutePlan plan_;
};

const Exclusion* find_cause(const RoutePlan& plan, ExclusionCause cause) {
  const auto found = std::find_if(
      plan.excluded.begin(), plan.excluded.end(),
      [&](const Exclusion& exclusion) { return exclusion.cause == cause && !exclusion.is_shadow; });
  return found == plan.excluded.end() ? nullptr : &*found;
}

}  // namespace

RoutePlan choose_targets(const RouteConfig& route, const RouteFacts& facts, TargetView view) {
  return Planner(route, facts, view).make();
}

std::string feature_list(FeatureSet set) {
  std::string out;
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    if (set.has(feature)) out += fmt::format("{}{}", out.empty() ? "" : ", ", to_string(feature));
  }
  return out;
}

Error refusal(const RoutePlan& plan) {
  FERRY_CHECK(plan.targets.empty());
  const std::string& route = plan.route->name;
  if (find_cause(plan, ExclusionCause::unavailable) != nullptr)
    return {ErrorCode::unavailable,
            fmt::format("{}: no target can take the request just now; try again later", route)};
  if (const Exclusion* exclusion = find_cause(plan, ExclusionCause::cost))
    return {ErrorCode::invalid_argument, fmt::format("{}: the request is too dear: of {}, {}", route,
                                                     exclusion->target->name, exclusion->detail)};
  if (const Exclusion* exclusion = find_cause(plan, ExclusionCause::context))
    return {ErrorCode::invalid_argument, fmt::format("{}: the prompt is too long: of {}, {}", route,
                                                     exclusion->target->name, exclusion->detail)};
  if (const Exclusion* exclusion = find_cause(plan, ExclusionCause::features))
    return {ErrorCode::invalid_argument,
            fmt::format("{}: no target has what the request uses: {} lacks {}", route,
                        exclusion->target->name, feature_list(exclusion->missing))};
  const Exclusion* exclusion = find_cause(plan, ExclusionCause::residency);
  return {ErrorCode::invalid_argument,
          fmt::format("{}: no target may be told of the request ({})", route,
                      exclusion != nullptr ? exclusion->detail : "there is none")};
}

}  // namespace ferry
