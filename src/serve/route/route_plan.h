#pragma once
// Which targets an exchange goes to, in which order, and why. A pure function of the configuration, of what
// is known about the exchange, and of what is known about the targets just now: the gateway acts on it,
// `ferry route explain` prints it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "serve/route/gateway_config.h"

namespace ferry {

struct RouteFacts {
  std::string key = {};       // the API key's id; empty: none
  std::string key_name = {};  // a rule may name either
  std::string team = {};      // the same
  std::string team_name = {};
  std::vector<std::string> labels = {};  // the route's, the key's, the header's, and those of findings
  GuardDecision guard = {};              // from decide() with those
  FeatureSet uses = {};                  // features_of() the request
  std::map<std::string, std::string> tags = {};  // from the request's metadata and its header
  RequestSize size = {};
  int64_t characters = 0;  // code points of the prompt's texts
  bool uses_tools = false;
  std::string language = {};  // "de"; empty: not known, or not asked for
  int64_t unix_s = 0;         // now
  std::optional<uint64_t> conversation =
      {};             // a hash, of what StickyConfig says; not set: there is nothing to go by
  uint64_t draw = 0;  // 64 random bits; the plan is the same for the same draw
};

// What is known of a target just now.
struct TargetState {
  bool available = true;                     // false: its breaker is open, or there is no room
  std::optional<Duration> retry_after = {};  // when it may be available again
  std::optional<Duration> latency = {};      // what a whole answer takes; not set: not known, or long ago
  FeatureSet lacks = {};                     // features that its dialect, or our engine, does not have
};

// Called for targets that may be part of the plan; may be called twice for one.
using TargetView = FunctionRef<TargetState(const TargetConfig&)>;

enum class TargetRole { cascade, primary, fallback };

struct PlannedTarget {
  const TargetConfig* target = nullptr;
  TargetRole role = TargetRole::primary;
  double weight = 0;                     // of targets that were drawn; 0: of others
  bool redact = false;                   // leaves only after redact() succeeded
  bool slow = false;                     // slower than max_latency just now: only after the others
  FeatureSet missing = {};               // to be dropped, as on_unsupported says, and advisory ones
  std::optional<int64_t> estimate = {};  // the most that it may cost, billionths; not set: it has no price
};

struct PlannedShadow {
  const TargetConfig* target = nullptr;
  bool redact = false;
  FeatureSet missing = {};
  std::optional<int64_t> estimate = {};
};

// In the order in which they are asked: a target that may not be told of the exchange is not looked at
// further.
enum class ExclusionCause {
  residency,
  features,
  context,
  cost,
  unavailable,  // its breaker is open, or there is no room
  latency,      // of a cascade's first target: slower than max_latency just now
  no_weight,
  not_sampled,
  duplicate
};

struct Exclusion {
  const TargetConfig* target = nullptr;
  ExclusionCause cause = ExclusionCause::residency;
  std::string detail = {};  // "phi: stay_local", "no price on this day"
  bool is_shadow = false;
  FeatureSet missing = {};  // of cause `features`
};

struct RoutePlan {
  const RouteConfig* route = nullptr;
  const RouteRule* rule = nullptr;  // null: none applied
  StickyConfig::By chosen_by = StickyConfig::By::draw;
  double total_weight = 0;             // of the targets that were drawn from, before anything was excluded
  std::vector<PlannedTarget> targets;  // to be tried in this order; empty: see refusal()
  std::vector<PlannedShadow> shadows;  // asked beside it, never answered from
  std::vector<Exclusion> excluded;
  std::optional<Duration> retry_after;  // of targets that are unavailable, the soonest
};

// The route's configuration must outlive the plan.
// Promises: no target and no shadow that judge() forbids is ever in the plan, and each that it lets leave
// redacted only is marked so; with a conversation, a change of weights moves no more conversations than the
// shares that changed.
RoutePlan choose_targets(const RouteConfig& route, const RouteFacts& facts, TargetView view);

// Why a plan without targets has none, for the client: invalid_argument (a label blocks it, features are
// missing, too long, too dear) or unavailable (all that could take it are). Must not be called
// with targets.
Error refusal(const RoutePlan& plan);

std::string explain_text(const RoutePlan& plan);  // lines
std::string explain_json(const RoutePlan& plan);  // an object

std::string feature_list(FeatureSet set);  // "images, seed"
std::string_view to_string(TargetRole role);
std::string_view to_string(ExclusionCause cause);

}  // namespace ferry
