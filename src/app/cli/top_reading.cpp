#include "app/cli/top_reading.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/settings/setting_types.h"

namespace ferry::cli {
namespace {

using Rows = std::map<std::string, TopCounts>;

// Which number a family is, of whom.
struct TopFamily {
  std::string_view name;
  std::string_view label;  // whose value names the row
  Rows TopReading::*rows;
  double TopCounts::*number;
  bool (*counts)(const MetricSample& sample) = nullptr;  // null: all of its samples do
};

bool is_error(const MetricSample& sample) {
  constexpr std::array<std::string_view, 4> kFine{"ok", "cached", "cancelled", "escalated"};
  return std::find(kFine.begin(), kFine.end(), sample.label("fate")) == kFine.end();
}

constexpr TopFamily kFamilies[] = {
    {"ferry_gateway_requests_total", "route", &TopReading::routes, &TopCounts::requests},
    {"ferry_gateway_requests_total", "route", &TopReading::routes, &TopCounts::errors, is_error},
    {"ferry_gateway_requests_in_flight", "route", &TopReading::routes, &TopCounts::in_flight},
    {"ferry_gateway_prompt_tokens_total", "route", &TopReading::routes, &TopCounts::tokens},
    {"ferry_gateway_completion_tokens_total", "route", &TopReading::routes, &TopCounts::tokens},
    {"ferry_gateway_cost_total", "route", &TopReading::routes, &TopCounts::cost},
    {"ferry_gateway_attempts_total", "target", &TopReading::targets, &TopCounts::requests},
    {"ferry_gateway_attempts_total", "target", &TopReading::targets, &TopCounts::errors, is_error},
    {"ferry_gateway_breaker_state", "target", &TopReading::targets, &TopCounts::breaker},
    {"ferry_gateway_prompt_tokens_total", "target", &TopReading::targets, &TopCounts::tokens},
    {"ferry_gateway_completion_tokens_total", "target", &TopReading::targets, &TopCounts::tokens},
    {"ferry_gateway_cost_total", "target", &TopReading::targets, &TopCounts::cost},
    {"ferry_gateway_key_requests_total", "key", &TopReading::keys, &TopCounts::requests},
    {"ferry_gateway_key_prompt_tokens_total", "key", &TopReading::keys, &TopCounts::tokens},
    {"ferry_gateway_key_completion_tokens_total", "key", &TopReading::keys, &TopCounts::tokens},
    {"ferry_gateway_key_cost_total", "key", &TopReading::keys, &TopCounts::cost},
};

struct TopHistogram {
  std::string_view name;
  std::string_view label;
  Rows TopReading::*rows;
  TopBuckets TopCounts::*buckets;
};

constexpr TopHistogram kHistograms[] = {
    {"ferry_gateway_request_duration_seconds_bucket", "route", &TopReading::routes, &TopCounts::total},
    {"ferry_gateway_time_to_first_token_seconds_bucket", "route", &TopReading::routes,
     &TopCounts::first_token},
    {"ferry_gateway_target_duration_seconds_bucket", "target", &TopReading::targets, &TopCounts::total},
    {"ferry_gateway_target_time_to_first_token_seconds_bucket", "target", &TopReading::targets,
     &TopCounts::first_token},
};

double bound_of(const MetricSample& sample) {
  const std::string_view text = sample.label("le");
  return text == "+Inf" ? INFINITY : parse_number(text).value_or(INFINITY);
}

double grown(double before, double now) {
  return now >= before ? now - before : now;
}

TopBuckets grown(const TopBuckets& before, const TopBuckets& now) {
  TopBuckets difference;
  for (const auto& [bound, count] : now) {
    const auto found = before.find(bound);
    difference[bound] = grown(found == before.end() ? 0 : found->second, count);
  }
  return difference;
}

std::optional<Percentiles> percentiles_of(const TopBuckets& buckets) {
  const auto p50 = quantile_of(buckets, 0.5);
  const auto p99 = quantile_of(buckets, 0.99);
  return p50 && p99 ? std::optional(Percentiles{*p50, *p99}) : std::nullopt;
}

TopRow row_between(const std::string& name, const TopCounts& before, const TopCounts& now, double seconds) {
  return {.name = name,
          .requests_per_s = grown(before.requests, now.requests) / seconds,
          .errors_per_s = grown(before.errors, now.errors) / seconds,
          .tokens_per_s = grown(before.tokens, now.tokens) / seconds,
          .cost_per_h = grown(before.cost, now.cost) / seconds * 3600,
          .cost = now.cost,
          .in_flight = now.in_flight,
          .breaker = now.breaker,
          .first_token = percentiles_of(grown(before.first_token, now.first_token)),
          .total = percentiles_of(grown(before.total, now.total))};
}

std::vector<TopRow> rows_between(const Rows& before, const Rows& now, double seconds) {
  const TopCounts nothing;
  std::vector<TopRow> rows;
  for (const auto& [name, counts] : now) {
    const auto found = before.find(name);
    rows.push_back(row_between(name, found == before.end() ? nothing : found->second, counts, seconds));
  }
  return rows;
}

template <class Rank>
void sort_by(std::vector<TopRow>& rows, const Rank& rank) {
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const TopRow& a, const TopRow& b) { return rank(a) > rank(b); });
}

}  // namespace

TopReading read_top(const std::vector<MetricSample>& samples, std::chrono::steady_clock::time_point time) {
  TopReading reading;
  reading.time = time;
  for (const MetricSample& sample : samples) {
    if (!sample.name.starts_with("ferry_gateway_") || !std::isfinite(sample.value)) continue;
    reading.has_gateway = true;
    const auto counts_of = [&](const auto& family) -> TopCounts& {
      return (reading.*family.rows)[std::string(sample.label(family.label))];
    };
    for (const TopFamily& family : kFamilies) {
      if (sample.name != family.name) continue;
      if (family.counts == nullptr || family.counts(sample)) {
        counts_of(family).*family.number += sample.value;
      }
    }
    for (const TopHistogram& histogram : kHistograms) {
      if (sample.name == histogram.name) {
        (counts_of(histogram).*histogram.buckets)[bound_of(sample)] += sample.value;
      }
    }
  }
  return reading;
}

TopFrame frame_between(const TopReading& before, const TopReading& now) {
  const double seconds = std::max(std::chrono::duration<double>(now.time - before.time).count(), 1e-3);
  TopFrame frame{.seconds = seconds,
                 .routes = rows_between(before.routes, now.routes, seconds),
                 .targets = rows_between(before.targets, now.targets, seconds),
                 .keys = rows_between(before.keys, now.keys, seconds)};
  const auto busy = [](const TopRow& row) { return row.requests_per_s; };
  sort_by(frame.routes, busy);
  sort_by(frame.targets, busy);
  sort_by(frame.keys, [](const TopRow& row) { return std::pair(row.cost_per_h, row.cost); });
  return frame;
}

std::optional<double> quantile_of(const TopBuckets& buckets, double share) {
  if (buckets.empty() || !(buckets.rbegin()->second > 0)) return std::nullopt;
  const double rank = share * buckets.rbegin()->second;
  double lower = 0;
  double below = 0;
  for (const auto& [bound, count] : buckets) {
    if (std::isinf(bound)) break;
    if (count >= rank && count > below) return lower + (bound - lower) * (rank - below) / (count - below);
    lower = bound;
    below = std::max(below, count);
  }
  return lower;
}

}  // namespace ferry::cli
