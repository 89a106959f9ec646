#include "serve/gateway/trace_observer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

// Labels come from clients, too.
constexpr size_t kMostLabels = 32;
constexpr size_t kLongestLabel = 64;  // bytes

constexpr double kBillion = 1e9;

// Whatever the ids of exchanges have in common, those of spans have not: SplitMix mixes every bit.
uint64_t span_id(const ExchangeId& exchange, uint32_t number) {
  Rng mixed(exchange.high ^ Rng(exchange.low + number).next());
  const uint64_t id = mixed.next();
  return id != 0 ? id : 1;
}

// The same traces everywhere, for the ids' last 56 bits are as good as random.
bool is_chosen(const TraceId& trace, double ratio) {
  constexpr uint64_t kBits = 56;
  const uint64_t draw = trace.low & ((uint64_t{1} << kBits) - 1);
  return static_cast<double>(draw) < ratio * static_cast<double>(uint64_t{1} << kBits);
}

class Attributes {
 public:
  explicit Attributes(Span& span) : list_(span.attributes) { list_.reserve(24); }

  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) add<std::string>(name, value);
  }
  void number(std::string_view name, int64_t value) { add<int64_t>(name, value); }
  void some(std::string_view name, int64_t value) {
    if (value > 0) number(name, value);
  }
  void flag(std::string_view name, bool value) { add<bool>(name, value); }
  void amount(std::string_view name, double value) { add<double>(name, value); }
  // Nothing where it is negative: it never came.
  void seconds(std::string_view name, int64_t us) {
    if (us >= 0) amount(name, static_cast<double>(us) * 1e-6);
  }
  void texts(std::string_view name, std::vector<std::string> values) {
    if (!values.empty()) add<std::vector<std::string>>(name, std::move(values));
  }

 private:
  template <class T, class Value>
  void add(std::string_view name, Value&& value) {
    SpanAttribute& attribute = list_.emplace_back();
    attribute.name = name;
    attribute.value.emplace<T>(std::forward<Value>(value));
  }

  std::vector<SpanAttribute>& list_;
};

std::vector<std::string> shown_labels(const std::vector<std::string>& labels) {
  std::vector<std::string> shown;
  for (const std::string& label : labels) {
    if (shown.size() == kMostLabels) break;
    shown.push_back(label.substr(0, kLongestLabel));
  }
  return shown;
}

std::string_view to_text(CacheUse use) {
  switch (use) {
    case CacheUse::none:
      break;
    case CacheUse::miss:
      return "miss";
    case CacheUse::hit:
      return "hit";
  }
  return {};
}

// As the conventions name spans.
std::string name_of(std::string_view operation, std::string_view model) {
  return model.empty() ? std::string(operation) : fmt::format("{} {}", operation, model);
}

// Our own fault or a target's; a client that left, or asked for what cannot be, is none.
bool is_failure(Fate fate) {
  return fate == Fate::failed || fate == Fate::cut;
}

void describe_usage(const RecordedUsage& usage, Attributes& attributes) {
  attributes.some("gen_ai.usage.input_tokens", usage.prompt_tokens);
  attributes.some("gen_ai.usage.output_tokens", usage.completion_tokens);
  attributes.some("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens);
  attributes.some("gen_ai.usage.cache_creation.input_tokens", usage.cache_creation_tokens);
  attributes.some("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens);
}

void describe_target(const TargetConfig& target, Attributes& attributes) {
  const ProviderConfig& provider = *target.provider;
  const std::string_view name = target.is_local() ? std::string_view("ferry") : provider.name;
  attributes.text("gen_ai.provider.name", name);
  attributes.text("gen_ai.system", name);  // as it was called before
  attributes.text("gen_ai.request.model", target.model);
  attributes.text("ferry.target", target.name);
  if (target.is_local()) return;
  attributes.text("server.address", provider.url.host);
  attributes.number("server.port", provider.url.port);
}

}  // namespace

struct TraceObserver::Place {
  TraceId trace;
  uint64_t parent;   // of the exchange's span; 0: none
  uint64_t request;  // the exchange's span
  bool sampled;
};

TraceObserver::Place TraceObserver::place_of(const ObservedExchange& exchange) const {
  const uint64_t request = span_id(exchange.id, 0);
  if (const auto caller = parse_traceparent(exchange.traceparent)) {
    return {.trace = caller->trace, .parent = caller->span, .request = request, .sampled = caller->sampled};
  }
  const TraceId trace{exchange.id.high, exchange.id.low};
  return {.trace = trace, .parent = 0, .request = request, .sampled = is_chosen(trace, ratio_)};
}

void TraceObserver::attempt_ended(const ObservedExchange& exchange, const ObservedAttempt& attempt) {
  const Place place = place_of(exchange);
  if (!place.sampled) return;
  Span span{.trace = place.trace,
            .id = span_id(exchange.id, attempt.number),
            .parent = place.request,
            .kind = SpanKind::client,
            .name = name_of(exchange.operation, attempt.target->model),
            .begin_us = attempt.began_us,
            .end_us = attempt.began_us + attempt.total_us,
            .failed = is_failure(attempt.fate)};
  Attributes attributes(span);
  attributes.text("gen_ai.operation.name", exchange.operation);
  describe_target(*attempt.target, attributes);
  if (exchange.stream) attributes.flag("gen_ai.request.stream", true);
  describe_usage(attempt.usage, attributes);
  attributes.seconds("gen_ai.response.time_to_first_chunk", attempt.first_token_us);
  attributes.some("http.response.status_code", attempt.http_status);
  attributes.text("error.type", attempt.error_kind);
  attributes.text("ferry.route", exchange.route);
  attributes.text("ferry.fate", to_string(attempt.fate));
  attributes.text("ferry.role", to_string(attempt.role));
  attributes.number("ferry.attempt", attempt.number);
  attributes.amount("ferry.cost", static_cast<double>(attempt.cost) / kBillion);
  sink_(std::move(span));
}

void TraceObserver::ended(const ObservedExchange& exchange, const ObservedEnd& end) {
  const Place place = place_of(exchange);
  if (!place.sampled) return;
  Span span{.trace = place.trace,
            .id = place.request,
            .parent = place.parent,
            .parent_is_remote = place.parent != 0,
            .kind = SpanKind::server,
            .name = name_of(exchange.operation, exchange.route),
            .begin_us = exchange.began_us,
            .end_us = exchange.began_us + end.total_us,
            .failed = is_failure(end.fate) || end.status >= 500};
  Attributes attributes(span);
  attributes.text("gen_ai.operation.name", exchange.operation);
  attributes.text("gen_ai.request.model", exchange.route);
  if (exchange.stream) attributes.flag("gen_ai.request.stream", true);
  attributes.seconds("gen_ai.response.time_to_first_chunk", end.first_token_us);
  attributes.some("http.response.status_code", end.status);
  attributes.text("error.type", end.error_kind);
  attributes.text("ferry.exchange", exchange.id.to_string());
  attributes.text("ferry.route", exchange.route);
  attributes.text("ferry.dialect", exchange.dialect);
  attributes.text("ferry.key", exchange.key_id);
  attributes.text("ferry.team", exchange.team_id);
  attributes.text("ferry.fate", to_string(end.fate));
  attributes.text("ferry.cache", to_text(end.cache));
  attributes.text("ferry.verdict", end.verdict);
  attributes.texts("ferry.labels", shown_labels(*end.labels));
  attributes.number("ferry.attempts", end.attempts);
  sink_(std::move(span));
}

std::string TraceObserver::traceparent(const ObservedExchange& exchange, uint32_t attempt) {
  const Place place = place_of(exchange);
  return traceparent_text(
      {.trace = place.trace, .span = span_id(exchange.id, attempt), .sampled = place.sampled});
}

}  // namespace ferry
