#include "serve/gateway/exchange.h"

#include <algorithm>
#include <cmath>

#include "base/core/nearest.h"
#include "base/core/random_id.h"
#include "base/observe/log.h"
#include "serve/gateway/billing.h"
#include "serve/gateway/failures.h"
#include "serve/route/facts.h"

namespace ferry {
namespace {

constexpr std::string_view kLabelsHeader = "x-ferry-labels";
constexpr std::string_view kTagsHeader = "x-ferry-tags";
constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kMostPauseMs = 5000;
constexpr Duration kLongestExchange = std::chrono::hours(1);

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

int64_t unix_s(int64_t unix_us) {
  return unix_us / 1'000'000;
}

ApiError refused(ErrorCode code, std::string message, std::string reason, double retry_after_s = 0) {
  return {.error = {code, std::move(message)},
          .param = {},
          .reason = std::move(reason),
          .retry_after_s = retry_after_s};
}

// Of a list "a, b" the items, without blanks around them.
std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

void add_tags(std::string_view header, std::map<std::string, std::string>& tags) {
  for (const std::string& item : items_of(header)) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) continue;
    tags[item.substr(0, equals)] = item.substr(equals + 1);
  }
}

}  // namespace

GatewayExchange::GatewayExchange(Gateway& gateway, GatewayCall call, std::unique_ptr<GatewayClient> client)
    : gateway_(gateway),
      snapshot_(gateway.snapshot()),
      call_(std::move(call)),
      client_(std::move(client)),
      thread_(gateway.threads().choose()),
      id_(ExchangeId::make(unix_now_us())),
      began_us_(unix_now_us()),
      rng_(id_.low) {}

GatewayExchange::~GatewayExchange() = default;

void GatewayExchange::start() {
  on_thread([](GatewayExchange& self) { self.run(); });
}

void GatewayExchange::cancel() {
  on_thread([](GatewayExchange& self) {
    if (!self.over_) self.stop();
  });
}

void GatewayExchange::end(ApiError error) {
  on_thread([error = std::move(error)](GatewayExchange& self) {
    if (self.over_) return;
    self.stop();
    self.writer_&& self.writer_->begun() ? self.writer_->fail(error) : self.refuse(error);
  });
}

void GatewayExchange::on_thread(std::function<void(GatewayExchange&)> task) {
  if (gateway_.threads().current() == thread_ && !starting_) return task(*this);
  gateway_.threads().post(thread_, [self = shared_from_this(), task = std::move(task)] { task(*self); });
}

// The path of a request.
void GatewayExchange::run() {
  if (read() && find_route() && admit() && look_into() && plan() && reserve()) try_next();
}

bool GatewayExchange::read() {
  auto request = call_.dialect->read_request(call_.body);
  if (!request) return refuse(std::move(request).error()), false;
  request_ = *std::move(request);
  request_.dialect = call_.dialect;
  request_.tenant = call_.principal->key_id;
  auto wire = std::make_shared<WireBody>(WireBody{call_.dialect, std::move(call_.body)});
  for (const std::string_view name : call_.dialect->forwarded_headers) {
    if (const auto value = find_header(call_.headers, name)) wire->headers.emplace_back(name, *value);
  }
  request_.wire = std::move(wire);
  features_ = features_of(request_);
  return true;
}

bool GatewayExchange::find_route() {
  route_ = snapshot_->config->route(request_.model);
  const bool hidden = route_ != nullptr && !call_.principal->may_use_route(route_->name);
  if (route_ != nullptr && !hidden) return true;
  std::vector<std::string> names;
  for (const auto& [name, route] : snapshot_->config->routes) {
    if (call_.principal->may_use_route(name)) names.push_back(name);
  }
  ApiError error = refused(ErrorCode::not_found,
                           fmt::format("there is no model \"{}\" here; there are: {}", request_.model,
                                       fmt::join(nearest_first(request_.model, names), ", ")),
                           "model_not_found");
  error.param = "model";
  return refuse(std::move(error)), false;
}

bool GatewayExchange::admit() {
  describe_request(*route_, request_, facts_);
  const int64_t tokens = likely_prompt_tokens(facts_.size) + request_.stop.max_tokens.value_or(0);
  auto admitted = gateway_.accounts().admit(call_.principal, tokens, std::chrono::steady_clock::now());
  if (!admitted) {
    const LimitRefusal& refusal = admitted.error();
    const double retry = refusal.retry_after ? static_cast<double>(refusal.retry_after->count()) / 1000 : 0;
    const ErrorCode code = refusal.retry_after ? ErrorCode::overloaded : ErrorCode::invalid_argument;
    return refuse(refused(code, refusal.message(), "rate_limit_exceeded", retry)), false;
  }
  admission_ = *std::move(admitted);
  return true;
}

// Labels, and what they demand.
bool GatewayExchange::look_into() {
  const GatewayConfig& config = *snapshot_->config;
  facts_.key = call_.principal->key_id;
  facts_.team = call_.principal->team_id;
  facts_.labels = route_->labels;
  const auto add = [&](const std::vector<std::string>& more) {
    facts_.labels.insert(facts_.labels.end(), more.begin(), more.end());
  };
  add(call_.principal->labels);
  if (const auto header = find_header(call_.headers, kLabelsHeader)) add(items_of(*header));
  if (const auto header = find_header(call_.headers, kTagsHeader)) add_tags(*header, facts_.tags);
  if (config.detects) {
    const Result<Inspection> inspection = inspect(*config.detectors, request_);
    const auto found = labels_of(config.policy, *inspection);
    add({found.begin(), found.end()});
    facts_.guard = decide(config.policy, facts_.labels, inspection);
  } else {
    facts_.guard = decide(config.policy, facts_.labels);
  }
  std::sort(facts_.labels.begin(), facts_.labels.end());
  facts_.labels.erase(std::unique(facts_.labels.begin(), facts_.labels.end()), facts_.labels.end());
  return true;
}

bool GatewayExchange::plan() {
  for (const FeatureUse& use : features_) facts_.uses = facts_.uses.with(use.feature);
  facts_.unix_s = unix_s(began_us_);
  facts_.draw = rng_.next();
  if (route_->sticky.by == StickyConfig::By::header) {
    const auto value = find_header(call_.headers, route_->sticky.header);
    if (value) facts_.conversation = conversation_hash(*value);
  }
  const TargetHealth::Time now = health_now();
  plan_ = choose_targets(*route_, facts_, [&](const TargetConfig& target) {
    TargetState state;
    const auto health = gateway_.health_of(target.name);
    state.available = health->available(now) && snapshot_->upstreams.contains(target.provider->name);
    if (!state.available) state.retry_after = health->retry_after(now);
    state.lacks = lacking(target, request_, features_);
    return state;
  });
  if (!plan_.targets.empty()) return true;
  Error error = refusal(plan_);
  const bool blocked = facts_.guard.rule.block ||
                       std::any_of(plan_.excluded.begin(), plan_.excluded.end(), [](const Exclusion& one) {
                         return one.cause == ExclusionCause::residency;
                       });
  ApiError refused_with{.error = std::move(error), .param = {}, .reason = blocked ? "blocked" : "no_target"};
  if (plan_.retry_after) refused_with.retry_after_s = static_cast<double>(plan_.retry_after->count()) / 1000;
  if (const FeatureUse* use = first_missing()) {
    if (use->refusal && plan_.excluded.size() == 1 && plan_.excluded.front().target->is_local()) {
      refused_with = *use->refusal;  // in our engine's own words
    } else {
      refused_with.param = use->field;
    }
  }
  if (blocked) record_refusal(Fate::blocked, refused_with);
  return refuse(std::move(refused_with)), false;
}

// What the first target that lacks a feature lacks first; null: that was not the reason.
const FeatureUse* GatewayExchange::first_missing() const {
  for (const Exclusion& one : plan_.excluded) {
    if (one.cause != ExclusionCause::features || one.is_shadow) continue;
    const auto use = std::find_if(features_.begin(), features_.end(),
                                  [&](const FeatureUse& f) { return one.missing.has(f.feature); });
    if (use != features_.end()) return &*use;
  }
  return nullptr;
}

// The dearest target that may be asked.
bool GatewayExchange::reserve() {
  int64_t dearest = 0;
  for (const PlannedTarget& planned : plan_.targets)
    dearest = std::max(dearest, planned.estimate.value_or(0));
  auto reserved = gateway_.accounts().reserve(call_.principal, dearest, wall_now());
  if (!reserved) {
    return refuse(refused(ErrorCode::overloaded, reserved.error().message(), "insufficient_quota")), false;
  }
  reservation_ = *std::move(reserved);
  return true;
}

// The next target that can be asked; where none is left, the failure of the last.
void GatewayExchange::try_next() {
  while (!over_) {
    if (next_target_ >= plan_.targets.size() || out_of_time()) {
      settle();
      return refuse(told(last_error_.value_or(
          refused(ErrorCode::unavailable, "no target can answer at the moment", "no_target"))));
    }
    if (attempt(plan_.targets[next_target_])) return;
    ++next_target_;
  }
}

// Whether the provider was asked.
bool GatewayExchange::attempt(const PlannedTarget& planned) {
  const auto permit = gateway_.health_of(planned.target->name)->admit(health_now());
  if (!permit) return false;
  Attempt next{.number = ++attempts_, .planned = &planned, .permit = *permit};
  next.began_us = unix_now_us();
  const auto give_back = [&] {
    gateway_.health_of(planned.target->name)->report(*permit, TargetOutcome::cancelled, health_now());
  };
  auto request = request_for(planned, next);
  if (!request) {
    give_back();
    last_error_ = std::move(request).error();
    return false;
  }
  if (const auto recorded_it = record_intent(planned, next); !recorded_it) {
    give_back();
    log_error("an exchange cannot be recorded", {{"error", recorded_it.error().message}});
    last_error_ = refused(ErrorCode::unavailable,
                          "the exchange cannot be recorded; the server's log says more", "unrecorded");
    return false;
  }
  const uint32_t number = next.number;
  attempt_ = std::move(next);
  starting_ = true;
  auto running = snapshot_->upstreams.find(planned.target->provider->name)
                     ->second->generate(*std::move(request), sink_for(number));
  starting_ = false;
  attempt_->running = std::move(running);
  return true;
}

// As this target is asked: with its own name of the model, without what it lacks, and with placeholders where
// it may see nothing else.
ApiResult<GenerationRequest> GatewayExchange::request_for(const PlannedTarget& planned, Attempt& attempt) {
  GenerationRequest request = request_;
  request.model = planned.target->model;
  if (planned.missing != FeatureSet()) {
    FeatureSet has = FeatureSet::all();
    for (const FeatureUse& use : features_) {
      if (planned.missing.has(use.feature)) has = has.without(use.feature);
    }
    auto warnings = apply_features(request, has, route_->on_unsupported);
    if (!warnings) return tl::unexpected(std::move(warnings).error());
    warnings_ = *std::move(warnings);
  }
  if (planned.redact) {
    attempt.redaction = std::make_unique<Redaction>();
    const auto redacted = redact(*snapshot_->config->detectors, *attempt.redaction, request);
    if (!redacted)
      return tl::unexpected(ApiError{.error = redacted.error(), .param = {}, .reason = "blocked"});
    request.wire.reset();
    attempt.restorer = std::make_unique<AnswerRestorer>(*attempt.redaction, answer_form(request));
  }
  return request;
}

Result<void> GatewayExchange::record_intent(const PlannedTarget& planned, const Attempt& attempt) {
  Recorder* recorder = gateway_.recorder();
  if (recorder == nullptr) return {};
  const TargetConfig& target = *planned.target;
  return recorder->intent({.exchange = id_,
                           .attempt = attempt.number,
                           .time_us = attempt.began_us,
                           .key_id = call_.principal->key_id,
                           .team_id = call_.principal->team_id,
                           .user = request_.user,
                           .route = route_->name,
                           .target = target.name,
                           .provider = target.provider->name,
                           .region = target.provider->region,
                           .is_local = target.is_local(),
                           .dialect = std::string(call_.dialect->name),
                           .labels = facts_.labels,
                           .verdict = planned.redact ? "redact" : "allow",
                           .reasons = facts_.guard.reasons,
                           .stream = request_.stream,
                           .reserved = planned.estimate.value_or(0),
                           .price_version = price_version(target, facts_.unix_s),
                           .request_digest = sha256(request_.wire->bytes)});
}

// What an attempt says counts as long as it is the one that runs.
AnswerSink GatewayExchange::sink_for(uint32_t attempt) {
  const auto tell = [self = shared_from_this(), attempt](auto&& what) {
    self->on_thread([attempt, what = std::forward<decltype(what)>(what)](GatewayExchange& exchange) mutable {
      if (exchange.over_ || !exchange.attempt_ || exchange.attempt_->number != attempt) return;
      what(exchange);
    });
  };
  return {.started = [tell] { tell([](GatewayExchange& e) { e.started(); }); },
          .delta =
              [tell](GenerationDelta delta) {
                auto shared = std::make_shared<GenerationDelta>(std::move(delta));
                tell([shared](GatewayExchange& e) { e.delta(std::move(*shared)); });
              },
          .finished = [tell](Usage usage) { tell([usage](GatewayExchange& e) { e.finished(usage); }); },
          .failed =
              [tell](ApiError error) {
                tell([error = std::move(error)](GatewayExchange& e) { e.failed(error); });
              }};
}

void GatewayExchange::started() {
  attempt_->first_token_us = unix_now_us() - attempt_->began_us;
  const std::string id = random_id(call_.dialect->id_prefix);
  writer_ = std::make_unique<AnswerWriter>(
      *client_, *call_.dialect, request_,
      ExchangeIdentity{.id = id, .created = unix_s(began_us_), .model = request_.model, .fingerprint = {}});
  writer_->begin(answer_headers());
}

void GatewayExchange::delta(GenerationDelta delta) {
  if (attempt_->restorer) {
    delta.wire.reset();
    attempt_->restorer->restore(delta);
  }
  writer_->delta(std::move(delta));
}

void GatewayExchange::finished(const Usage& usage) {
  const bool known = usage != Usage();
  const Usage counted = known ? usage : estimated_usage(facts_.size, writer_->bytes());
  close_attempt(Fate::ok, TargetOutcome::success, counted,
                known ? UsageSource::measured : UsageSource::estimated, nullptr);
  settle();
  over_ = true;
  writer_->finish(counted);
}

void GatewayExchange::failed(ApiError error) {
  const bool begun = writer_ != nullptr;
  const bool told_something = begun && writer_->told();
  // What had come was made, and will be charged; what was refused was not.
  const bool charged = begun || error.kind == ErrorKind::timeout;
  const Usage usage = charged ? estimated_usage(facts_.size, begun ? writer_->bytes() : 0) : Usage();
  close_attempt(told_something ? Fate::cut : Fate::failed, outcome_of(error, begun), usage,
                UsageSource::estimated, &error);
  if (told_something) {
    settle();
    over_ = true;
    return writer_->fail(told(std::move(error)));
  }
  writer_.reset();
  const NextStep step = next_step(error);
  last_error_ = std::move(error);
  if (step == NextStep::give_up) {
    settle();
    return refuse(told(*last_error_));
  }
  const bool last = next_target_ + 1 >= plan_.targets.size();
  const bool may_try = static_cast<int>(attempts_) <= route_->retries;
  if (!last && may_try) {
    ++next_target_;
    return try_next();
  }
  if (step == NextStep::other_target || !may_try) {
    settle();
    return refuse(told(*last_error_));
  }
  gateway_.threads().post_after(thread_, pause_before_retry(), [self = shared_from_this()] {
    if (!self->over_) self->try_next();
  });
}

void GatewayExchange::stop() {
  over_ = true;
  if (attempt_) {
    if (attempt_->running) attempt_->running->cancel();
    const Usage usage = estimated_usage(facts_.size, writer_ ? writer_->bytes() : 0);
    close_attempt(Fate::cancelled, TargetOutcome::cancelled, usage, UsageSource::estimated, nullptr);
  }
  settle();
}

void GatewayExchange::close_attempt(Fate fate, TargetOutcome outcome, const Usage& usage, UsageSource source,
                                    const ApiError* error) {
  const Attempt attempt = *std::exchange(attempt_, std::nullopt);
  const TargetConfig& target = *attempt.planned->target;
  std::optional<Duration> retry_after;
  if (error != nullptr && error->retry_after_s > 0) {
    retry_after = Duration(static_cast<int64_t>(std::ceil(error->retry_after_s * 1000)));
  }
  gateway_.health_of(target.name)->report(attempt.permit, outcome, health_now(), retry_after);
  const int64_t cost = cost_at(target, usage, facts_.unix_s);
  cost_ += cost;
  tokens_ += usage.prompt_tokens + usage.completion_tokens;
  Recorder* recorder = gateway_.recorder();
  if (recorder == nullptr) return;
  const int64_t now_us = unix_now_us();
  recorder->outcome({.exchange = id_,
                     .attempt = attempt.number,
                     .time_us = now_us,
                     .fate = fate,
                     .http_status = error != nullptr ? error->upstream_status : 200,
                     .error_kind = error != nullptr ? error_kind(*error) : std::string(),
                     .usage = recorded(usage),
                     .usage_source = source,
                     .cost = cost,
                     .first_token_us = attempt.first_token_us,
                     .total_us = now_us - attempt.began_us,
                     .request_bytes = static_cast<int64_t>(request_.wire->bytes.size()),
                     .answer_bytes = writer_ ? writer_->bytes() : 0,
                     .retries = attempt.number - 1,
                     .counterfactuals = counterfactuals(*route_, target, usage, facts_.unix_s)});
}

void GatewayExchange::settle() {
  if (reservation_) reservation_->settle(cost_);
  reservation_.reset();
  if (!admission_) return;
  admission_->correct_tokens(tokens_, std::chrono::steady_clock::now());
  admission_->release();
}

// An exchange that goes nowhere because a rule forbids it.
void GatewayExchange::record_refusal(Fate fate, const ApiError& error) {
  Recorder* recorder = gateway_.recorder();
  if (recorder == nullptr) return;
  const auto written = recorder->intent({.exchange = id_,
                                         .attempt = 0,
                                         .time_us = began_us_,
                                         .key_id = call_.principal->key_id,
                                         .team_id = call_.principal->team_id,
                                         .user = request_.user,
                                         .route = route_->name,
                                         .dialect = std::string(call_.dialect->name),
                                         .labels = facts_.labels,
                                         .verdict = "forbid",
                                         .reasons = facts_.guard.reasons,
                                         .stream = request_.stream,
                                         .request_digest = sha256(request_.wire->bytes)});
  if (!written) return log_error("a refusal cannot be recorded", {{"error", written.error().message}});
  recorder->outcome({.exchange = id_,
                     .attempt = 0,
                     .time_us = unix_now_us(),
                     .fate = fate,
                     .error_kind = error_kind(error)});
}

void GatewayExchange::refuse(ApiError error, HttpHeaders headers) {
  over_ = true;
  for (HttpHeader& header : limit_headers()) headers.push_back(std::move(header));
  client_->refuse(error, std::move(headers));
}

HttpHeaders GatewayExchange::limit_headers() const {
  if (!admission_) return {};
  HttpHeaders headers;
  const auto add = [&](std::string_view what, const std::optional<RateLimitReading>& reading) {
    if (!reading) return;
    headers.push_back({fmt::format("x-ratelimit-limit-{}", what), std::to_string(reading->limit)});
    headers.push_back({fmt::format("x-ratelimit-remaining-{}", what), std::to_string(reading->remaining)});
    headers.push_back(
        {fmt::format("x-ratelimit-reset-{}", what), fmt::format("{}ms", reading->reset.count())});
  };
  add("requests", admission_->readings().requests);
  add("tokens", admission_->readings().tokens);
  return headers;
}

HttpHeaders GatewayExchange::answer_headers() const {
  HttpHeaders headers = limit_headers();
  headers.push_back({"x-ferry-exchange", id_.to_string()});
  headers.push_back({"x-ferry-target", attempt_->planned->target->name});
  for (const FeatureWarning& warning : warnings_) headers.push_back({"x-ferry-warning", warning.message});
  return headers;
}

// Exponential, with full jitter.
Duration GatewayExchange::pause_before_retry() {
  const int64_t most = std::min(kFirstPauseMs << std::min<uint32_t>(attempts_, 10), kMostPauseMs);
  return Duration(1 + static_cast<int64_t>(rng_.below(static_cast<uint64_t>(most))));
}

bool GatewayExchange::out_of_time() const {
  const Duration most = route_->max_latency.value_or(kLongestExchange);
  return unix_now_us() - began_us_ > most.count() * 1000;
}

}  // namespace ferry
