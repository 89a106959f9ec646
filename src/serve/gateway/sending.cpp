#include "serve/gateway/sending.h"

#include <cmath>

#include "base/observe/log.h"
#include "serve/gateway/billing.h"
#include "serve/gateway/failures.h"
#include "serve/guard/exchange_walk.h"

namespace ferry {
namespace {

// Of a stream that is kept for whoever judges or records it. Answers that do not stream have their
// provider's limit.
constexpr int64_t kLongestKept = 16 << 20;
constexpr int kShadowPriority = 1'000'000;  // after what people wait for

int64_t text_bytes(const GenerationDelta& delta) {
  size_t bytes = delta.thought.size() + delta.text.size() + delta.refusal.size();
  for (const CallDelta& call : delta.calls) bytes += call.name.size() + call.arguments.size();
  return static_cast<int64_t>(bytes);
}

ApiError unrecorded() {
  return {.error = {ErrorCode::unavailable, "the exchange cannot be recorded; the server's log says more"},
          .param = {},
          .reason = "unrecorded"};
}

ApiError blocked(Error error) {
  return {.error = std::move(error), .param = {}, .reason = "blocked"};
}

}  // namespace

Sending::Sending(std::shared_ptr<ExchangeContext> exchange, SendingTerms terms,
                 std::shared_ptr<SendingListener> listener)
    : exchange_(std::move(exchange)), terms_(terms), listener_(std::move(listener)) {}

Sending::Begun Sending::begin() {
  health_ = exchange_->gateway.health_of(terms_.target->name);
  const auto permit = health_->admit(health_now());
  const auto stays = [this](Begun why) {
    listener_.reset();
    return why;
  };
  if (!permit) return stays(Begun::not_permitted);
  permit_ = *permit;
  auto made = request();
  if (made && !record_intent()) made = tl::unexpected(unrecorded());
  if (!made) {
    health_->report(permit_, TargetOutcome::cancelled, health_now());
    refusal_ = std::move(made).error();
    return stays(Begun::refused);
  }
  const auto& upstreams = exchange_->snapshot->upstreams;
  asking_ = true;
  running_ = upstreams.find(terms_.target->provider->name)->second->generate(*std::move(made), sink());
  asking_ = false;
  return Begun::yes;
}

// As this target is asked: with its own name of the model, without what it lacks, and with placeholders where
// it may see nothing else.
ApiResult<GenerationRequest> Sending::request() {
  GenerationRequest request = exchange_->request;
  request.model = terms_.target->model;
  if (terms_.missing != FeatureSet()) {
    FeatureSet has = FeatureSet::all();
    for (const FeatureUse& use : exchange_->features) {
      if (terms_.missing.has(use.feature)) has = has.without(use.feature);
    }
    auto warnings = apply_features(request, has, exchange_->route->on_unsupported);
    if (!warnings) return tl::unexpected(std::move(warnings).error());
    warnings_ = *std::move(warnings);
  }
  if (terms_.wants_logprobs && !request.report.top_logprobs) {
    request.report.top_logprobs = 0;
    request.wire.reset();
  }
  for (GatewayObserver* observer : exchange_->gateway.observers()) {
    if (request.traceparent.empty())
      request.traceparent = observer->traceparent(exchange_->observed(), exchange_->attempts + 1);
  }
  if (terms_.role == AttemptRole::shadow) request.priority = std::max(request.priority, kShadowPriority);
  if (auto redacted = redact_for_target(request); !redacted) {
    return tl::unexpected(blocked(std::move(redacted).error()));
  }
  return request;
}

// A configuration that is stricter than the one that the exchange began with holds at once.
Result<void> Sending::redact_for_target(GenerationRequest& request) {
  const auto now = exchange_->gateway.snapshot();
  Verdict verdict = Verdict::allow;
  if (now != exchange_->snapshot) verdict = judge_again(*exchange_, *now->config, *terms_.target);
  if (verdict == Verdict::forbid) {
    return fail(ErrorCode::invalid_argument, "the configuration that is in force by now forbids {}",
                terms_.target->name);
  }
  if (terms_.redact) {
    FERRY_TRY_VOID(redact(*exchange_->snapshot->config->detectors, redaction_, request));
  }
  if (verdict == Verdict::redact) {
    FERRY_TRY_VOID(redact(*now->config->detectors, redaction_, request));
  }
  if (!terms_.redact && verdict != Verdict::redact) return {};
  request.wire.reset();
  restorer_ = std::make_unique<AnswerRestorer>(redaction_, answer_form(request));
  return {};
}

Result<void> Sending::record_intent() {
  number_ = ++exchange_->attempts;
  began_us_ = unix_now_us();
  Recorder* recorder = exchange_->gateway.recorder();
  if (recorder == nullptr) return {};
  const TargetConfig& target = *terms_.target;
  Intent intent = exchange_->intent();
  intent.attempt = number_;
  intent.time_us = began_us_;
  intent.role = terms_.role;
  intent.target = target.name;
  intent.provider = target.provider->name;
  intent.region = target.provider->region;
  intent.is_local = target.is_local();
  intent.verdict = restorer_ ? "redact" : "allow";
  intent.reserved = terms_.reserved;
  intent.price_version = price_version(target, exchange_->facts.unix_s);
  auto written = recorder->intent(intent);
  if (!written) log_error("an exchange cannot be recorded", {{"error", written.error().message}});
  return written;
}

// Runs it on the exchange's thread, as long as anyone listens: at once where this is it. Who listens may
// close the sending within it, and lives at least until that is done.
template <class What>
void Sending::tell(What what) {
  if (exchange_->on_its_thread() && !asking_) {
    if (const auto listener = listener_) what(*this);
    return;
  }
  exchange_->gateway.threads().post(exchange_->thread,
                                    [self = shared_from_this(), what = std::move(what)]() mutable {
                                      if (const auto listener = self->listener_) what(*self);
                                    });
}

AnswerSink Sending::sink() {
  return {.started =
              [self = shared_from_this()] {
                self->tell([](Sending& s) {
                  s.first_token_us_ = unix_now_us() - s.began_us_;
                  s.listener_->started();
                });
              },
          .delta =
              [self = shared_from_this()](GenerationDelta delta) {
                self->tell([delta = std::move(delta)](Sending& s) mutable { s.on_delta(std::move(delta)); });
              },
          .finished =
              [self = shared_from_this()](Usage usage) {
                self->tell([usage](Sending& s) {
                  s.ended_ = s.finished_ = true;
                  s.usage_ = usage;
                  s.listener_->finished();
                });
              },
          .failed =
              [self = shared_from_this()](ApiError error) {
                self->tell([error = std::move(error)](Sending& s) mutable {
                  s.ended_ = true;
                  s.listener_->failed(std::move(error));
                });
              }};
}

void Sending::on_delta(GenerationDelta delta) {
  if (restorer_) {
    delta.wire.reset();
    restorer_->restore(delta);
  }
  answer_bytes_ += text_bytes(delta);
  if (!exchange_->request.stream) {
    GenerationDelta event{.wire = std::move(delta.wire)};
    collect(std::move(delta));
    return listener_->delta(std::move(event));
  }
  if (terms_.wants_answer) {
    GenerationDelta copy = delta;
    copy.wire.reset();
    collect(std::move(copy));
  }
  if (!exchange_->request.report.top_logprobs) delta.logprobs.clear();
  listener_->delta(std::move(delta));
}

void Sending::collect(GenerationDelta delta) {
  too_long_ = too_long_ || (exchange_->request.stream && answer_bytes_ > kLongestKept);
  if (!too_long_) append(answer_, std::move(delta));
}

void Sending::forget_logprobs() {
  for (GenerationChoice& choice : answer_.choices) choice.logprobs.clear();
}

void Sending::close(Fate fate, const ApiError* error, std::string_view note) {
  // Keeps itself and who listens until it is done.
  const std::shared_ptr<SendingListener> listener = std::exchange(listener_, nullptr);
  if (!listener) return;
  if (running_ && !ended_) running_->cancel();
  running_.reset();
  count(fate, error);
  report(fate, error);
  record(fate, error, note);
}

// What came was made, and is charged; what was refused was not.
void Sending::count(Fate fate, const ApiError* error) {
  if (finished_ && usage_ != Usage()) {
    usage_source_ = UsageSource::measured;
  } else if (finished_ || fate == Fate::cancelled || fate == Fate::blocked || has_started() ||
             (error != nullptr && error->kind == ErrorKind::timeout)) {
    usage_ = estimated_usage(exchange_->facts.size, answer_bytes_);
  }
  cost_ = cost_at(*terms_.target, usage_, exchange_->facts.unix_s);
}

void Sending::report(Fate fate, const ApiError* error) {
  std::optional<Duration> retry_after;
  if (error != nullptr && error->retry_after_s > 0) {
    retry_after = Duration(static_cast<int64_t>(std::ceil(error->retry_after_s * 1000)));
  }
  const TargetOutcome outcome = error != nullptr          ? outcome_of(*error, has_started())
                                : fate == Fate::cancelled ? TargetOutcome::cancelled
                                                          : TargetOutcome::success;
  const TargetHealth::Time now = health_now();
  health_->report(permit_, outcome, now, retry_after);
  if (finished_ && exchange_->route->max_latency) {
    exchange_->gateway.latency_of(terms_.target->name)
        ->note(Duration((unix_now_us() - began_us_) / 1000), now);
  }
}

void Sending::record(Fate fate, const ApiError* error, std::string_view note) {
  const int64_t now_us = unix_now_us();
  const int http_status = error != nullptr ? error->upstream_status : 200;
  const std::string kind = error != nullptr ? error_kind(*error) : std::string(note);
  const ObservedAttempt seen{.number = number_,
                             .target = terms_.target,
                             .role = terms_.role,
                             .fate = fate,
                             .http_status = http_status,
                             .error_kind = kind,
                             .usage = recorded(usage_),
                             .cost = cost_,
                             .began_us = began_us_,
                             .first_token_us = first_token_us_,
                             .total_us = now_us - began_us_};
  for (GatewayObserver* observer : exchange_->gateway.observers()) {
    observer->attempt_ended(exchange_->observed(), seen);
  }
  Recorder* recorder = exchange_->gateway.recorder();
  if (recorder == nullptr) return;
  const int64_t unix_s = exchange_->facts.unix_s;
  recorder->outcome({.exchange = exchange_->id,
                     .attempt = number_,
                     .time_us = now_us,
                     .fate = fate,
                     .http_status = http_status,
                     .error_kind = kind,
                     .usage = seen.usage,
                     .usage_source = usage_source_,
                     .cost = cost_,
                     .first_token_us = first_token_us_,
                     .total_us = seen.total_us,
                     .request_bytes = static_cast<int64_t>(exchange_->body_bytes()),
                     .answer_bytes = answer_bytes_,
                     .retries = number_ - 1,
                     .counterfactuals = counterfactuals(*exchange_->route, *terms_.target, usage_, unix_s)});
}

}  // namespace ferry
