#pragma once
// From usage to money.

#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/route/route_plan.h"
#include "serve/traffic/records.h"

namespace ferry {

RecordedUsage recorded(const Usage& usage);

// Where an upstream said nothing: what the prompt likely took, and the answer's bytes as tokens.
Usage estimated_usage(const RequestSize& size, int64_t answer_bytes);

// Billionths, at the price of `unix_s`; 0 where the target has none.
int64_t cost_at(const TargetConfig& target, const Usage& usage, int64_t unix_s);
// When that price began, as the record names it; empty: there is none.
std::string price_version(const TargetConfig& target, int64_t unix_s);

// What the same tokens would have cost at the route's other targets that have a price.
std::vector<Counterfactual> counterfactuals(const RouteConfig& route, const TargetConfig& answered,
                                            const Usage& usage, int64_t unix_s);

}  // namespace ferry
