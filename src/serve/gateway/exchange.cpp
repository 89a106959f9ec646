#include "serve/gateway/exchange.h"

#include <algorithm>

#include "base/core/nearest.h"
#include "base/observe/log.h"
#include "serve/gateway/billing.h"
#include "serve/gateway/failures.h"
#include "serve/gateway/shadow.h"
#include "serve/route/facts.h"

namespace ferry {
namespace {

constexpr std::string_view kLabelsHeader = "x-ferry-labels";
constexpr std::string_view kTagsHeader = "x-ferry-tags";
constexpr Duration kLongestExchange = std::chrono::hours(1);
constexpr double kOverloadPauseS = 1;
// Longer bodies are read and looked into elsewhere: other exchanges of the thread would wait.
constexpr size_t kShortBody = 16 << 10;

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
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!item.empty() && is_blank(item.front())) item.remove_prefix(1);
    while (!item.empty() && is_blank(item.back())) item.remove_suffix(1);
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
      context_(std::make_shared<ExchangeContext>(gateway, std::move(call))),
      client_(std::move(client)),
      rng_(context_->id.low) {}

GatewayExchange::~GatewayExchange() = default;

void GatewayExchange::start() {
  share_ = gateway_.take_share(context_->call.body.size());
  if (!share_) {
    return on_thread([](GatewayExchange& self) {
      self.refuse(Fate::refused, refused(ErrorCode::overloaded, "the gateway has no room for more requests",
                                         "overloaded", kOverloadPauseS));
    });
  }
  if (context_->call.body.size() <= kShortBody) {
    return on_thread([](GatewayExchange& self) {
      self.prepare();
      self.go();
    });
  }
  gateway_.preparation().post([self = shared_from_this()] {
    self->prepare();
    self->on_thread([](GatewayExchange& exchange) { exchange.go(); });
  });
}

void GatewayExchange::cancel() {
  on_thread([](GatewayExchange& self) {
    if (!self.over_) self.stop();
  });
}

void GatewayExchange::end(ApiError error) {
  on_thread([error = std::move(error)](GatewayExchange& self) {
    if (self.over_) return;
    const bool begun = self.writer_ && self.writer_->begun();
    if (!begun && !self.sending_) return self.refuse(Fate::refused, error);
    self.stop();
    begun ? self.writer_->fail(error) : self.client_->refuse(error, self.limit_headers());
  });
}

void GatewayExchange::on_thread(std::function<void(GatewayExchange&)> task) {
  if (context_->on_its_thread()) return task(*this);
  gateway_.threads().post(context_->thread,
                          [self = shared_from_this(), task = std::move(task)] { task(*self); });
}

// What takes the longer the longer the request is, and needs nothing of the exchange's thread.
void GatewayExchange::prepare() {
  const WireDialect* dialect = context_->call.dialect;
  reading_ = dialect->read_request(context_->call.body);
  if (!*reading_) return;
  GenerationRequest& request = **reading_;
  context_->features = features_of(request);
  context_->digest = sha256(context_->call.body);
  const GatewayConfig& config = *context_->snapshot->config;
  if (config.detects) inspection_ = inspect(*config.detectors, request);
}

// The path of a request.
void GatewayExchange::go() {
  if (over_) return;
  if (read() && find_route() && admit() && look_into() && plan() && ask_cache() && reserve()) try_next();
}

bool GatewayExchange::read() {
  ApiResult<GenerationRequest> read = *std::exchange(reading_, std::nullopt);
  if (!read) return refuse(Fate::refused, std::move(read).error()), false;
  GatewayCall& call = context_->call;
  context_->request = *std::move(read);
  context_->request.dialect = call.dialect;
  context_->request.tenant = call.principal->key_id;
  auto wire = std::make_shared<WireBody>(WireBody{call.dialect, std::move(call.body)});
  for (const std::string_view name : call.dialect->forwarded_headers) {
    if (const auto value = find_header(call.headers, name)) wire->headers.emplace_back(name, *value);
  }
  context_->request.wire = std::move(wire);
  return true;
}

bool GatewayExchange::find_route() {
  const GatewaySnapshot& snapshot = *context_->snapshot;
  const Principal& who = *context_->call.principal;
  const std::string& name = context_->request.model;
  const RouteConfig* route = snapshot.config->route(name);
  if (route != nullptr && who.may_use_route(route->name)) {
    context_->route = route;
    checks_ = snapshot.checks.find(route)->second;
    return tell_began(), true;
  }
  std::vector<std::string> names;
  for (const auto& [known, _] : snapshot.config->routes) {
    if (who.may_use_route(known)) names.push_back(known);
  }
  ApiError error = refused(ErrorCode::not_found,
                           fmt::format("there is no model \"{}\" here; there are: {}", name,
                                       fmt::join(nearest_first(name, names), ", ")),
                           "model_not_found");
  error.param = "model";
  return refuse(Fate::refused, std::move(error)), false;
}

bool GatewayExchange::admit() {
  const GenerationRequest& request = context_->request;
  describe_request(*context_->route, request, context_->facts);
  const int64_t tokens = likely_prompt_tokens(context_->facts.size) + request.stop.max_tokens.value_or(0);
  auto admitted =
      gateway_.accounts().admit(context_->call.principal, tokens, std::chrono::steady_clock::now());
  if (!admitted) {
    const LimitRefusal& refusal = admitted.error();
    const double retry = refusal.retry_after ? static_cast<double>(refusal.retry_after->count()) / 1000 : 0;
    const ErrorCode code = refusal.retry_after ? ErrorCode::overloaded : ErrorCode::invalid_argument;
    return refuse(Fate::refused, refused(code, refusal.message(), "rate_limit_exceeded", retry)), false;
  }
  admission_ = *std::move(admitted);
  admission_open_ = true;
  return true;
}

// Labels, and what they demand.
bool GatewayExchange::look_into() {
  const GatewayConfig& config = *context_->snapshot->config;
  const GatewayCall& call = context_->call;
  RouteFacts& facts = context_->facts;
  facts.key = call.principal->key_id;
  facts.key_name = call.principal->key_name;
  facts.team = call.principal->team_id;
  facts.team_name = call.principal->team_name;
  facts.labels = context_->route->labels;
  const auto add = [&](const std::vector<std::string>& more) {
    facts.labels.insert(facts.labels.end(), more.begin(), more.end());
  };
  add(call.principal->labels);
  add(items_of(join_headers(call.headers, kLabelsHeader)));
  add_tags(join_headers(call.headers, kTagsHeader), facts.tags);
  if (inspection_) {
    const Result<Inspection> inspection = *std::exchange(inspection_, std::nullopt);
    const auto found = labels_of(config.policy, *inspection);
    add({found.begin(), found.end()});
    facts.guard = decide(config.policy, facts.labels, inspection);
  } else {
    facts.guard = decide(config.policy, facts.labels);
  }
  std::sort(facts.labels.begin(), facts.labels.end());
  facts.labels.erase(std::unique(facts.labels.begin(), facts.labels.end()), facts.labels.end());
  return true;
}

bool GatewayExchange::plan() {
  const RouteConfig& route = *context_->route;
  RouteFacts& facts = context_->facts;
  for (const FeatureUse& use : context_->features) facts.uses = facts.uses.with(use.feature);
  facts.unix_s = unix_s(context_->began_us);
  facts.draw = rng_.next();
  if (route.sticky.by == StickyConfig::By::header) {
    const auto value = find_header(context_->call.headers, route.sticky.header);
    if (value) facts.conversation = conversation_hash(*value);
  }
  const TargetHealth::Time now = health_now();
  plan_ = choose_targets(route, facts, [&](const TargetConfig& target) {
    TargetState state;
    const auto health = gateway_.health_of(target.name);
    state.available = health->available(now) && context_->snapshot->upstreams.contains(target.provider->name);
    if (!state.available) state.retry_after = health->retry_after(now);
    if (route.max_latency) state.latency = gateway_.latency_of(target.name)->typical(now);
    state.lacks = lacking(target, context_->request, context_->features);
    return state;
  });
  if (!plan_.targets.empty()) return true;
  Error error = refusal(plan_);
  const bool blocked = facts.guard.rule.block ||
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
  return refuse(blocked ? Fate::blocked : Fate::refused, std::move(refused_with)), false;
}

// What the first target that lacks a feature lacks first; null: that was not the reason.
const FeatureUse* GatewayExchange::first_missing() const {
  for (const Exclusion& one : plan_.excluded) {
    if (one.cause != ExclusionCause::features || one.is_shadow) continue;
    const auto use = std::find_if(context_->features.begin(), context_->features.end(),
                                  [&](const FeatureUse& f) { return one.missing.has(f.feature); });
    if (use != context_->features.end()) return &*use;
  }
  return nullptr;
}

// After the guard: what may not be asked any more is not answered from memory either.
bool GatewayExchange::ask_cache() {
  const RouteConfig& route = *context_->route;
  if (!route.cache_ttl) return true;
  const GatewayCall& call = context_->call;
  const CacheWish wish = parse_cache_control(join_headers(call.headers, "cache-control"));
  if (!wish.may_read && !wish.may_write) return true;
  const WireBody& wire = *context_->request.wire;
  const auto key = answer_key({.route = route.name,
                               .tenant = call.principal->key_id,
                               .dialect = call.dialect->name,
                               .labels = context_->facts.labels,
                               .headers = wire.headers},
                              wire.bytes);
  if (!key) return true;
  cache_use_ = CacheUse::miss;
  cache_epoch_ = context_->snapshot->cache_epoch;
  if (wish.may_write) cache_key_ = key;
  if (!wish.may_read) return true;
  const auto found = gateway_.cache().find(*key, context_->began_us, wish.max_age_us);
  if (!found) return true;
  cache_use_ = CacheUse::hit;
  return answer_from(*found), false;
}

// The dearest target that may be asked.
bool GatewayExchange::reserve() {
  int64_t dearest = 0;
  for (const PlannedTarget& planned : plan_.targets)
    dearest = std::max(dearest, planned.estimate.value_or(0));
  auto reserved = gateway_.accounts().reserve(context_->call.principal, dearest, wall_now());
  if (!reserved) {
    return refuse(Fate::refused,
                  refused(ErrorCode::overloaded, reserved.error().message(), "insufficient_quota")),
           false;
  }
  reservation_ = *std::move(reserved);
  return true;
}

// The next target that can be asked; where none is left, the failure of the last.
void GatewayExchange::try_next() {
  for (; next_target_ < plan_.targets.size() && !out_of_time(); ++next_target_) {
    if (send_to(plan_.targets[next_target_])) return;
  }
  give_up();
}

// Whether the provider was asked.
bool GatewayExchange::send_to(const PlannedTarget& planned) {
  const RouteConfig& route = *context_->route;
  const bool in_cascade = planned.role == TargetRole::cascade;
  holds_ = in_cascade || checks_->needs_whole_answer();
  held_.clear();
  watch_ = context_->request.stream && !holds_ ? checks_->watch(context_->request) : nullptr;
  sending_ = std::make_shared<Sending>(
      context_,
      SendingTerms{.target = planned.target,
                   .redact = planned.redact,
                   .missing = planned.missing,
                   .reserved = planned.estimate.value_or(0),
                   .wants_logprobs = in_cascade && checks_->wants_logprobs(),
                   .wants_answer = holds_ || checks_->has_guardrails() || cache_key_.has_value() ||
                                   route.record != RecordPolicy::off},
      shared_from_this());
  const Sending::Begun begun = sending_->begin();
  if (begun == Sending::Begun::yes) {
    if (!std::exchange(shadows_begun_, true)) start_shadows(context_, plan_);
    return true;
  }
  if (begun == Sending::Begun::refused) last_error_ = sending_->refusal();
  sending_.reset();
  return false;
}

void GatewayExchange::stop() {
  if (moderation_) moderation_->cancel();
  if (sending_) close(Fate::cancelled);
  conclude(Fate::cancelled, 0);
}

void GatewayExchange::close(Fate fate, const ApiError* error, std::string_view note) {
  const std::shared_ptr<Sending> sending = std::exchange(sending_, nullptr);
  sending->close(fate, error, note);
  cost_ += sending->cost();
  tokens_ += sending->usage().prompt_tokens + sending->usage().completion_tokens;
}

// An exchange that goes nowhere: a rule forbids it, or there is an answer already.
void GatewayExchange::record_unsent(Fate fate, const ApiError* error, const CachedAnswer* cached) {
  Recorder* recorder = gateway_.recorder();
  if (recorder == nullptr) return;
  Intent intent = context_->intent();
  intent.attempt = 0;
  intent.time_us = context_->began_us;
  intent.target = cached != nullptr ? cached->target : std::string();
  intent.verdict = fate == Fate::blocked ? "forbid" : "allow";
  if (const auto written = recorder->intent(intent); !written) {
    return log_error("an exchange cannot be recorded", {{"error", written.error().message}});
  }
  const int64_t now_us = unix_now_us();
  recorder->outcome({.exchange = context_->id,
                     .attempt = 0,
                     .time_us = now_us,
                     .fate = fate,
                     .error_kind = error != nullptr ? error_kind(*error) : std::string(),
                     .usage = cached != nullptr ? recorded(cached->result.usage) : RecordedUsage(),
                     .total_us = now_us - context_->began_us,
                     .cache_hit = cached != nullptr});
}

void GatewayExchange::refuse(Fate fate, ApiError error) {
  if (context_->route != nullptr && context_->attempts == 0) record_unsent(fate, &error, nullptr);
  conclude(fate, client_->status_of(error), error_kind(error));
  client_->refuse(error, limit_headers());
}

void GatewayExchange::conclude(Fate fate, int status, std::string_view error_kind) {
  tell_began();
  over_ = true;
  if (reservation_) reservation_->settle(cost_);
  reservation_.reset();
  if (admission_ && admission_open_) {
    admission_->correct_tokens(tokens_, std::chrono::steady_clock::now());
    admission_->release();
    admission_open_ = false;
  }
  const bool forbidden = fate == Fate::blocked && context_->attempts == 0;
  const ObservedEnd end{.fate = fate,
                        .status = status,
                        .error_kind = error_kind,
                        .cache = cache_use_,
                        .labels = &context_->facts.labels,
                        .verdict = forbidden                           ? "forbid"
                                   : context_->facts.guard.rule.redact ? "redact"
                                                                       : "allow",
                        .attempts = context_->attempts,
                        .first_token_us = first_out_us_,
                        .total_us = unix_now_us() - context_->began_us};
  for (GatewayObserver* observer : gateway_.observers()) observer->ended(context_->observed(), end);
}

void GatewayExchange::tell_began() {
  if (std::exchange(told_began_, true)) return;
  for (GatewayObserver* observer : gateway_.observers()) observer->began(context_->observed());
}

bool GatewayExchange::out_of_time() const {
  const Duration most = context_->route->max_latency.value_or(kLongestExchange);
  return unix_now_us() - context_->began_us > most.count() * 1000;
}

}  // namespace ferry
