#pragma once
// Whether a rule's conditions hold for an exchange.

#include "serve/route/route_plan.h"

namespace ferry {

bool holds(const RouteCondition& condition, const RouteFacts& facts);

// The first rule that applies; null: none.
const RouteRule* find_rule(const RouteConfig& route, const RouteFacts& facts);

}  // namespace ferry
