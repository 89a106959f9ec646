#include "serve/route/route_rules.h"

#include <algorithm>

namespace ferry {
namespace {

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// An empty list is no condition.
bool allows(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || is_among(names, name);
}

bool has_tag(const TagCondition& wanted, const RouteFacts& facts) {
  const auto found = facts.tags.find(wanted.name);
  return found != facts.tags.end() && allows(wanted.values, found->second);
}

bool has_label(const std::vector<std::string>& wanted, const RouteFacts& facts) {
  return wanted.empty() || std::any_of(facts.labels.begin(), facts.labels.end(),
                                       [&](const std::string& label) { return is_among(wanted, label); });
}

}  // namespace

bool holds(const RouteCondition& condition, const RouteFacts& facts) {
  const std::string_view language = facts.language.empty() ? "unknown" : std::string_view(facts.language);
  return std::all_of(condition.tags.begin(), condition.tags.end(),
                     [&](const TagCondition& tag) { return has_tag(tag, facts); }) &&
         (allows(condition.keys, facts.key) || allows(condition.keys, facts.key_name)) &&
         (allows(condition.teams, facts.team) || allows(condition.teams, facts.team_name)) &&
         allows(condition.languages, language) && has_label(condition.labels, facts) &&
         (!condition.characters || condition.characters->holds(facts.characters)) &&
         (!condition.tokens || condition.tokens->holds(likely_prompt_tokens(facts.size))) &&
         (!condition.tools || *condition.tools == facts.uses_tools) &&
         (!condition.images || *condition.images == (facts.size.images > 0)) &&
         (!condition.time || condition.time->holds(facts.unix_s));
}

const RouteRule* find_rule(const RouteConfig& route, const RouteFacts& facts) {
  const auto found = std::find_if(route.rules.begin(), route.rules.end(),
                                  [&](const RouteRule& rule) { return holds(rule.condition, facts); });
  return found == route.rules.end() ? nullptr : &*found;
}

}  // namespace ferry
