#pragma once
// A route as the configuration names it: plain data that the gateway acts on. docs/routes.md has each field's
// meaning and default.

#include <optional>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "base/core/json.h"
#include "base/settings/units.h"
#include "serve/guard/policy.h"
#include "serve/route/price.h"
#include "serve/route/provider_config.h"

namespace ferry {

// One model behind one provider. Of a GatewayConfig: as long-lived as that, and where pointers lead.
struct TargetConfig {
  std::string name = {};  // "provider/model"
  const ProviderConfig* provider = nullptr;
  std::string model = {};   // as the provider calls it; may have slashes
  ModelTraits traits = {};  // `without` is the provider's and the model's together
  PriceHistory prices = {};

  bool is_local() const { return provider->is_local(); }
  Destination destination() const;  // for judge()
};

struct WeightedTarget {
  const TargetConfig* target = nullptr;
  double weight = 1;  // 0: kept in the file, never chosen
};

// The weighted choice, and what follows when it fails: the other targets with a weight, in the order in which
// they would have been chosen, then the fallbacks.
struct TargetSet {
  std::vector<WeightedTarget> targets;         // at least one has a weight; none twice
  std::vector<const TargetConfig*> fallbacks;  // routes among them are resolved; none twice
};

// Both borders belong to it.
struct SizeRange {
  int64_t least = 0;
  std::optional<int64_t> most = {};

  bool holds(int64_t size) const { return size >= least && (!most || size <= *most); }
};

struct TagCondition {
  std::string name;
  std::vector<std::string> values;  // one of them; empty: any, the tag is there
};

// Minutes of the day at a fixed distance from UTC: there are no time zones, so no summer time either.
struct TimeWindow {
  int from_minute = 0;  // of the day
  int to_minute =
      1440;  // not part of it; at most from_minute: over midnight, and the day is that of its beginning
  unsigned days = 0x7F;    // bit 0: Monday
  int offset_minutes = 0;  // east of UTC

  bool holds(int64_t unix_s) const;
};

// All that is set must hold; of a list, one.
struct RouteCondition {
  std::vector<TagCondition> tags = {};
  std::vector<std::string> keys = {};
  std::vector<std::string> teams = {};
  std::vector<std::string> languages = {};  // "de"; "unknown" where it is not known
  std::vector<std::string> labels = {};
  std::optional<SizeRange> characters = {};
  std::optional<SizeRange> tokens = {};  // estimated, of the prompt
  std::optional<bool> tools = {};
  std::optional<bool> images = {};
  std::optional<TimeWindow> time = {};
};

struct RouteRule {
  std::string name;  // "when[2]", or the name that it was given
  RouteCondition condition;
  TargetSet use;
};

struct StickyConfig {
  enum class By { draw, conversation, header };  // draw: each request anew

  By by = By::draw;
  std::string header = {};  // lower case
};

struct ShadowTarget {
  const TargetConfig* target = nullptr;
  double share = 0;  // of requests, (0, 1]
};

// The own model answers first; its answer counts unless one of these speaks against it.
struct CascadeConfig {
  const TargetConfig* first = nullptr;
  std::optional<double> mean_logprob = {};  // escalate where the answer's mean is below
  std::optional<double> min_logprob = {};   // escalate where any token's is below
  bool requested_schema = false;            // escalate where it does not keep to the request's own format
  json::value schema = {};                  // escalate where it does not validate; null: none
  std::string regex = {};   // escalate where nothing in it matches; guard's syntax. Empty: none
  bool refusal = false;     // escalate where it refuses
  bool length_cut = false;  // escalate where it was cut at max_tokens
};

enum class RecordPolicy { off, redacted, full };

// A model of one's own that reads the conversation with its answer, and says what it thinks of it: Llama
// Guard, Granite Guardian, ShieldGemma, or any other with a prompt.
struct ClassifierConfig {
  const TargetConfig* target = nullptr;  // local
  std::string blocks = R"(^\s*unsafe)";  // a finding where it matches in the reply; base/schema's syntax
  std::string prompt = {};               // its system message; empty: its chat template has what it needs
  json::object arguments = {};           // further variables of its chat template
};

struct GuardrailConfig {
  enum class Action { block, flag };  // flag: recorded, and the answer goes out

  std::vector<std::string> words = {};  // of answers; whole words, in any case, as guard's name lists
  json::value schema = {};              // that every answer must keep to; null: none
  std::optional<ClassifierConfig> classifier = {};
  Action action = Action::block;

  bool empty() const { return words.empty() && schema.is_null() && !classifier; }
};

struct RouteConfig {
  std::string name;
  TargetSet use;                 // where no rule applies
  std::vector<RouteRule> rules;  // the first that applies
  StickyConfig sticky;
  std::vector<ShadowTarget> shadows;
  std::optional<int64_t> max_cost;  // billionths, of one request
  std::optional<Duration>
      max_latency;  // until the whole answer is there; also the deadline of all tries together
  std::optional<CascadeConfig> cascade;
  FeaturePolicy on_unsupported = FeaturePolicy::reject;
  int retries = 2;  // after the first try, over all targets
  std::optional<Duration> cache_ttl;
  RecordPolicy record = RecordPolicy::off;
  std::optional<Duration> retention;  // of recorded content; not set: until it is erased
  GuardrailConfig guardrails;
  std::vector<std::string> labels;  // of every exchange of this route
  std::string budget;               // a budget's name in the accounts; empty: none

  bool asks_language() const;  // whether some rule wants the text's language known
};

// Every target that the route names for answers; some perhaps more than once. The guardrails' classifier is none.
void for_each_target(const RouteConfig& route, FunctionRef<void(const TargetConfig&)> visit);

}  // namespace ferry
