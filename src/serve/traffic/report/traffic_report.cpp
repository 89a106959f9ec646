#include "serve/traffic/report/traffic_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <map>

namespace ferry {
namespace {

constexpr std::array<std::string_view, 5> kGroups = {"route", "target", "key", "team", "day"};

void add(const Attempt& attempt, TrafficRow& row) {
  ++row.attempts;
  if (!attempt.outcome) {
    ++row.unknown;
    row.reserved += attempt.intent.reserved;
    return;
  }
  const Outcome& outcome = *attempt.outcome;
  row.failed += outcome.fate == Fate::failed || outcome.fate == Fate::cut ? 1 : 0;
  row.refused += outcome.fate == Fate::refused || outcome.fate == Fate::blocked ? 1 : 0;
  row.prompt_tokens += outcome.usage.prompt_tokens;
  row.completion_tokens += outcome.usage.completion_tokens;
  row.cached_tokens += outcome.usage.cached_tokens;
  row.cost += outcome.cost;
}

int64_t nearest_rank(const std::vector<int64_t>& sorted, double quantile) {
  const auto rank = static_cast<size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

struct Times {
  std::vector<int64_t> first_token;
  std::vector<int64_t> total;
};

}  // namespace

Result<GroupBy> parse_group_by(std::string_view name) {
  for (size_t i = 0; i < kGroups.size(); ++i) {
    if (kGroups[i] == name) return static_cast<GroupBy>(i);
  }
  return fail(ErrorCode::invalid_argument, "cannot group by \"{}\"; give {}", name, fmt::join(kGroups, ", "));
}

std::string group_of(const Attempt& attempt, GroupBy by) {
  switch (by) {
    case GroupBy::route:
      return attempt.intent.route;
    case GroupBy::target:
      return attempt.intent.target;
    case GroupBy::key:
      return attempt.intent.key_id;
    case GroupBy::team:
      return attempt.intent.team_id;
    case GroupBy::day:
      break;
  }
  const std::time_t seconds = attempt.intent.time_us / 1'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

Result<std::vector<TrafficRow>> traffic_report(TrafficStore& store, const AttemptFilter& filter, GroupBy by) {
  std::map<std::string, TrafficRow> groups;
  FERRY_TRY_VOID(store.each_attempt(filter, [&](const Attempt& attempt) -> Result<void> {
    add(attempt, groups[group_of(attempt, by)]);
    return {};
  }));
  std::vector<TrafficRow> rows;
  for (auto& [group, row] : groups) {
    row.group = group;
    rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const TrafficRow& a, const TrafficRow& b) { return a.cost > b.cost; });
  return rows;
}

Quantiles quantiles_of(std::vector<int64_t> values) {
  Quantiles result{.count = static_cast<int64_t>(values.size())};
  if (values.empty()) return result;
  std::sort(values.begin(), values.end());
  result.p50 = nearest_rank(values, 0.50);
  result.p95 = nearest_rank(values, 0.95);
  result.p99 = nearest_rank(values, 0.99);
  return result;
}

Result<std::vector<LatencyRow>> latency_report(TrafficStore& store, const AttemptFilter& filter, GroupBy by) {
  std::map<std::string, Times> groups;
  FERRY_TRY_VOID(store.each_attempt(filter, [&](const Attempt& attempt) -> Result<void> {
    if (!attempt.outcome) return {};
    Times& times = groups[group_of(attempt, by)];
    if (attempt.outcome->first_token_us >= 0) times.first_token.push_back(attempt.outcome->first_token_us);
    if (attempt.outcome->fate == Fate::ok) times.total.push_back(attempt.outcome->total_us);
    return {};
  }));
  std::vector<LatencyRow> rows;
  for (auto& [group, times] : groups) {
    rows.push_back({.group = group,
                    .first_token = quantiles_of(std::move(times.first_token)),
                    .total = quantiles_of(std::move(times.total))});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const LatencyRow& a, const LatencyRow& b) { return a.total.count > b.total.count; });
  return rows;
}

}  // namespace ferry
