#include "serve/accounts/principal.h"

#include <algorithm>

namespace ferry {
namespace {

bool admits(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

bool any_admits(const std::vector<std::string>& patterns, std::string_view name) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [name](const std::string& pattern) { return admits(pattern, name); });
}

}  // namespace

bool Principal::may_use_route(std::string_view route) const {
  return role != Role::auditor && any_admits(routes, route);
}

bool Principal::may_use_endpoint(std::string_view endpoint) const {
  return any_admits(endpoints, endpoint);
}

}  // namespace ferry
