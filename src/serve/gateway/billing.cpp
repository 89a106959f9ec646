#include "serve/gateway/billing.h"

#include <algorithm>
#include <set>

namespace ferry {

RecordedUsage recorded(const Usage& usage) {
  return {.prompt_tokens = usage.prompt_tokens,
          .completion_tokens = usage.completion_tokens,
          .cached_tokens = usage.cached_tokens,
          .cache_creation_tokens = usage.cache_written_tokens,
          .reasoning_tokens = usage.thought_tokens};
}

Usage estimated_usage(const RequestSize& size, int64_t answer_bytes) {
  return {.prompt_tokens = likely_prompt_tokens(size),
          .completion_tokens = likely_prompt_tokens({.prompt_bytes = answer_bytes, .pieces = 0})};
}

int64_t cost_at(const TargetConfig& target, const Usage& usage, int64_t unix_s) {
  const DatedPrice* price = target.prices.at(unix_s);
  return price == nullptr ? 0 : cost(billed(usage), price->price);
}

std::string price_version(const TargetConfig& target, int64_t unix_s) {
  const DatedPrice* price = target.prices.at(unix_s);
  return price == nullptr ? std::string() : std::to_string(price->from);
}

std::vector<Counterfactual> counterfactuals(const RouteConfig& route, const TargetConfig& answered,
                                            const Usage& usage, int64_t unix_s) {
  std::set<const TargetConfig*> others;
  for_each_target(route, [&](const TargetConfig& target) { others.insert(&target); });
  others.erase(&answered);
  std::vector<Counterfactual> made;
  for (const TargetConfig* other : others) {
    if (other->prices.at(unix_s) == nullptr) continue;
    made.push_back({.target = other->name, .cost = cost_at(*other, usage, unix_s), .is_estimate = true});
  }
  std::sort(made.begin(), made.end(), [](const auto& a, const auto& b) { return a.target < b.target; });
  return made;
}

}  // namespace ferry
