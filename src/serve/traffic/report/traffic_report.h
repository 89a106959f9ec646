#pragma once
// What the attempts of a time were, in groups: how many, what they used and cost, how long they took.

#include <string>
#include <vector>

#include "serve/traffic/store.h"

namespace ferry {

enum class GroupBy : uint8_t { route, target, key, team, day };

// invalid_argument, and what there is, for others.
Result<GroupBy> parse_group_by(std::string_view name);

// The group that an attempt belongs to: a name, or a day as "2026-11-22".
std::string group_of(const Attempt& attempt, GroupBy by);

struct TrafficRow {
  std::string group;
  int64_t attempts = 0;
  int64_t failed = 0;   // fates failed and cut
  int64_t refused = 0;  // fates refused and blocked
  int64_t unknown = 0;  // without an outcome
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t cost = 0;      // money, of outcomes
  int64_t reserved = 0;  // money, of what is unknown
};

// By group, the dearest first.
Result<std::vector<TrafficRow>> traffic_report(TrafficStore& store, const AttemptFilter& filter, GroupBy by);

// Exact quantiles by nearest rank, in µs; -1: there is no value.
struct Quantiles {
  int64_t count = 0;
  int64_t p50 = -1;
  int64_t p95 = -1;
  int64_t p99 = -1;
};
Quantiles quantiles_of(std::vector<int64_t> values);

struct LatencyRow {
  std::string group;
  Quantiles first_token;  // of attempts that gave one
  Quantiles total;        // of attempts whose fate is ok
};

// By group, the busiest first. 16 bytes of memory for each attempt.
Result<std::vector<LatencyRow>> latency_report(TrafficStore& store, const AttemptFilter& filter, GroupBy by);

}  // namespace ferry
