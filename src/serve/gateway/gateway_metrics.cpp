#include "serve/gateway/gateway_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace ferry {
namespace {

constexpr double kBillion = 1e9;

// Of what no name is there for: no such route, no key, no error.
constexpr std::string_view kNone = "none";

std::string_view or_none(std::string_view name) {
  return name.empty() ? kNone : name;
}

double seconds(int64_t us) {
  return static_cast<double>(std::max<int64_t>(us, 0)) * 1e-6;
}

void add(Counter& counter, int64_t count) {
  if (count > 0) counter.add(static_cast<uint64_t>(count));
}

double number(const Counter& counter, double unit = 1) {
  return static_cast<double>(counter.value()) / unit;
}

// Whether a limit or a budget was used up.
bool is_limit(std::string_view error) {
  return error == "rate_limit_exceeded" || error == "insufficient_quota";
}

template <size_t kLabels>
MetricLabels labels_of(const std::array<std::string_view, kLabels>& names,
                       const std::array<std::string_view, kLabels>& values) {
  MetricLabels labels;
  for (size_t i = 0; i < kLabels; ++i) labels.emplace_back(names[i], std::string(values[i]));
  return labels;
}

template <size_t kLabels>
void write_counters(MetricsText& text, std::string_view name, std::string_view help,
                    const std::array<std::string_view, kLabels>& names,
                    const SeriesTable<Counter, kLabels>& table) {
  text.family(name, "counter", help);
  table.for_each([&](const auto& values, const Counter& count) {
    text.sample(name, labels_of(names, values), number(count));
  });
}

// One number of each series of a table.
template <class Series, size_t kLabels, class Read>
void write_numbers(MetricsText& text, std::string_view name, std::string_view type, std::string_view help,
                   const std::array<std::string_view, kLabels>& names,
                   const SeriesTable<Series, kLabels>& table, const Read& read) {
  text.family(name, type, help);
  table.for_each([&](const auto& values, const Series& series) {
    text.sample(name, labels_of(names, values), read(series));
  });
}

template <class Series, class Read>
void write_histograms(MetricsText& text, std::string_view name, std::string_view help, std::string_view label,
                      const SeriesTable<Series, 1>& table, const Read& read) {
  text.family(name, "histogram", help);
  table.for_each([&](const auto& values, const Series& series) {
    text.histogram(name, {{label, std::string(values[0])}}, read(series));
  });
}

}  // namespace

const std::array<GatewayMetrics::UsageFamily, 6> GatewayMetrics::kUsageFamilies{{
    {"prompt_tokens_total", "Tokens of prompts", &Usage::prompt_tokens, 1},
    {"completion_tokens_total", "Tokens of answers", &Usage::completion_tokens, 1},
    {"cached_tokens_total", "Of the prompts' tokens, read from the provider's cache", &Usage::cached_tokens,
     1},
    {"cache_creation_tokens_total", "Of the prompts' tokens, written to the provider's cache",
     &Usage::cache_creation_tokens, 1},
    {"reasoning_tokens_total", "Of the answers' tokens, thoughts", &Usage::reasoning_tokens, 1},
    {"cost_total", "Money, in the currency of the prices", &Usage::cost, kBillion},
}};

void GatewayMetrics::Usage::add(const RecordedUsage& usage, int64_t billionths) {
  ferry::add(prompt_tokens, usage.prompt_tokens);
  ferry::add(completion_tokens, usage.completion_tokens);
  ferry::add(cached_tokens, usage.cached_tokens);
  ferry::add(cache_creation_tokens, usage.cache_creation_tokens);
  ferry::add(reasoning_tokens, usage.reasoning_tokens);
  ferry::add(cost, billionths);
}

void GatewayMetrics::began(const ObservedExchange& exchange) {
  routes_.at({or_none(exchange.route)}).began.add();
}

void GatewayMetrics::attempt_ended(const ObservedExchange& exchange, const ObservedAttempt& attempt) {
  const std::string_view route = or_none(exchange.route);
  const std::string_view target = attempt.target->name;
  const std::string_view role = to_string(attempt.role);
  const std::string_view fate = to_string(attempt.fate);
  attempts_.at({target, role, fate, or_none(attempt.error_kind)}).add();
  if (attempt.number > 1 && attempt.role == AttemptRole::answer) retries_.at({route, target, fate}).add();
  usage_.at({route, target, role}).add(attempt.usage, attempt.cost);
  keys_.at({or_none(exchange.key_id), exchange.team_id}).usage.add(attempt.usage, attempt.cost);
  Times& times = targets_.at({target});
  if (attempt.first_token_us >= 0) times.first_token_s.observe(seconds(attempt.first_token_us));
  if (attempt.fate == Fate::ok) times.total_s.observe(seconds(attempt.total_us));
}

void GatewayMetrics::ended(const ObservedExchange& exchange, const ObservedEnd& end) {
  const std::string_view name = or_none(exchange.route);
  const fmt::format_int status(end.status);
  requests_.at({name, to_string(end.fate), {status.data(), status.size()}}).add();
  Route& route = routes_.at({name});
  route.ended.add();
  if (end.cache == CacheUse::hit) route.cache_hits.add();
  if (end.cache == CacheUse::miss) route.cache_misses.add();
  if (end.first_token_us >= 0) route.times.first_token_s.observe(seconds(end.first_token_us));
  const bool well = end.fate == Fate::ok || end.fate == Fate::cached;
  if (well) route.times.total_s.observe(seconds(end.total_us));

  const std::string_view key = or_none(exchange.key_id);
  keys_.at({key, exchange.team_id}).requests.add();
  if (!end.error_kind.empty()) errors_.at({name, end.error_kind}).add();
  if (is_limit(end.error_kind)) limited_.at({key, exchange.team_id, end.error_kind}).add();
  if (end.fate != Fate::blocked) return;
  for (const std::string& label : *end.labels) blocked_.at({label}).add();
}

void GatewayMetrics::write(MetricsText& text) const {
  write_routes(text);
  write_targets(text);
  write_usage(text);
  write_keys(text);
}

void GatewayMetrics::write_routes(MetricsText& text) const {
  constexpr std::array<std::string_view, 1> kRoute{"route"};
  write_counters(text, "ferry_gateway_requests_total", "Requests that ended, by what the client got.",
                 {"route", "fate", "status"}, requests_);
  // Read in this order there are never fewer begun than ended.
  write_numbers(text, "ferry_gateway_requests_in_flight", "gauge", "Requests that have not ended.", kRoute,
                routes_, [](const Route& route) {
                  const double ended = number(route.ended);
                  return number(route.began) - ended;
                });
  write_counters(text, "ferry_gateway_errors_total", "Requests that did not end well, by reason.",
                 {"route", "error"}, errors_);
  write_histograms(text, "ferry_gateway_request_duration_seconds",
                   "From the request to the end of its answer, where it ended well.", "route", routes_,
                   [](const Route& route) -> const Histogram& { return route.times.total_s; });
  write_histograms(text, "ferry_gateway_time_to_first_token_seconds",
                   "From the request to the first token of its answer.", "route", routes_,
                   [](const Route& route) -> const Histogram& { return route.times.first_token_s; });
  write_numbers(text, "ferry_gateway_cache_hits_total", "counter", "Requests answered from the cache.",
                kRoute, routes_, [](const Route& route) { return number(route.cache_hits); });
  write_numbers(text, "ferry_gateway_cache_misses_total", "counter",
                "Requests that were looked for in the cache and not found.", kRoute, routes_,
                [](const Route& route) { return number(route.cache_misses); });
  write_counters(text, "ferry_gateway_blocked_total",
                 "Requests that a rule of the guard stopped, by each of their labels.", {"label"}, blocked_);
}

void GatewayMetrics::write_targets(MetricsText& text) const {
  write_counters(text, "ferry_gateway_attempts_total", "Sendings to a target that ended.",
                 {"target", "role", "fate", "error"}, attempts_);
  write_counters(text, "ferry_gateway_retries_total",
                 "Of these, those after a request's first one, to the same target or another.",
                 {"route", "target", "fate"}, retries_);
  write_histograms(text, "ferry_gateway_target_duration_seconds",
                   "From a sending to the end of its answer, where it ended well.", "target", targets_,
                   [](const Times& times) -> const Histogram& { return times.total_s; });
  write_histograms(text, "ferry_gateway_target_time_to_first_token_seconds",
                   "From a sending to the first token of its answer.", "target", targets_,
                   [](const Times& times) -> const Histogram& { return times.first_token_s; });
}

void GatewayMetrics::write_usage(MetricsText& text) const {
  for (const UsageFamily& family : kUsageFamilies) {
    write_numbers(text, fmt::format("ferry_gateway_{}", family.name), "counter",
                  fmt::format("{}, by route, target and role.", family.help), {"route", "target", "role"},
                  usage_, [&](const Usage& usage) { return number(usage.*family.count, family.unit); });
  }
}

void GatewayMetrics::write_keys(MetricsText& text) const {
  constexpr std::array<std::string_view, 2> kKey{"key", "team"};
  write_numbers(text, "ferry_gateway_key_requests_total", "counter", "Requests that ended, by key.", kKey,
                keys_, [](const Key& key) { return number(key.requests); });
  for (const UsageFamily& family : kUsageFamilies) {
    write_numbers(text, fmt::format("ferry_gateway_key_{}", family.name), "counter",
                  fmt::format("{}, by key.", family.help), kKey, keys_,
                  [&](const Key& key) { return number(key.usage.*family.count, family.unit); });
  }
  write_counters(text, "ferry_gateway_limited_total",
                 "Requests refused because a limit or a budget was used up.", {"key", "team", "error"},
                 limited_);
}

namespace {

struct RecordNumber {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  uint64_t RecorderStats::*number;
};

constexpr RecordNumber kRecordNumbers[] = {
    {"ferry_gateway_record_intents_total", "counter", "Sendings recorded before they were sent.",
     &RecorderStats::intents},
    {"ferry_gateway_record_outcomes_total", "counter", "Ends of sendings, recorded.",
     &RecorderStats::outcomes},
    {"ferry_gateway_record_unrecorded_total", "counter", "Sendings that could not be recorded.",
     &RecorderStats::unrecorded},
    {"ferry_gateway_record_waiting_outcomes", "gauge", "Ends that could not be recorded yet.",
     &RecorderStats::waiting_outcomes},
    {"ferry_gateway_record_lost_outcomes_total", "counter",
     "Ends that never will be: their sendings count as unknown, at their reservation.",
     &RecorderStats::lost_outcomes},
    {"ferry_gateway_record_dropped_contents_total", "counter", "Texts that were not recorded.",
     &RecorderStats::dropped_contents},
    {"ferry_gateway_record_damaged_bytes_total", "counter", "Bytes of the journal that cannot be read.",
     &RecorderStats::damaged_bytes},
    {"ferry_gateway_record_carried_total", "counter", "Records carried over into the database.",
     &RecorderStats::carried_records},
    {"ferry_gateway_record_failed_carries_total", "counter", "Times that this failed; it is tried again.",
     &RecorderStats::failed_carries},
};

// 0 closed, 1 half open, 2 open: the higher, the worse.
double severity(TargetHealth::State state) {
  switch (state) {
    case TargetHealth::State::closed:
      return 0;
    case TargetHealth::State::half_open:
      return 1;
    case TargetHealth::State::open:
      break;
  }
  return 2;
}

void write_number(MetricsText& text, std::string_view name, std::string_view type, std::string_view help,
                  double value) {
  text.family(name, type, help);
  text.sample(name, {}, value);
}

// What the gateway holds.
void write_holdings(Gateway& gateway, MetricsText& text) {
  write_number(text, "ferry_gateway_request_bytes", "gauge", "Bytes of the bodies of requests under way.",
               static_cast<double>(gateway.load().bytes()));
  const AnswerCache::Stats cache = gateway.cache().stats();
  write_number(text, "ferry_gateway_cache_bytes", "gauge", "Memory of the answers that are kept.",
               static_cast<double>(cache.bytes));
  write_number(text, "ferry_gateway_cache_evicted_total", "counter", "Answers forgotten for want of room.",
               static_cast<double>(cache.evicted));
  write_number(text, "ferry_gateway_texts_not_kept_total", "counter",
               "Texts that a route wanted recorded and that could not be redacted, or had no room to wait.",
               static_cast<double>(gateway.dropped_texts().value()));
}

}  // namespace

void write_gateway_state(Gateway& gateway, MetricsText& text) {
  constexpr std::string_view kBreaker = "ferry_gateway_breaker_state";
  text.family(kBreaker, "gauge", "A target's breaker: 0 closed, 1 half open, 2 open.");
  for (const auto& [target, state] : gateway.health()) {
    text.sample(kBreaker, {{"target", target}}, severity(state));
  }
  write_holdings(gateway, text);
  if (gateway.recorder() == nullptr) return;
  const RecorderStats stats = gateway.recorder()->stats();
  for (const RecordNumber& each : kRecordNumbers) {
    text.family(each.name, each.type, each.help);
    text.sample(each.name, {}, static_cast<double>(stats.*each.number));
  }
}

}  // namespace ferry
