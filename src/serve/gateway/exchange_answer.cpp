// The way back: what the target says, and what becomes of it.

#include <algorithm>

#include "base/core/random_id.h"
#include "serve/dialects/answer_deltas.h"
#include "serve/gateway/exchange.h"
#include "serve/gateway/failures.h"
#include "serve/gateway/recorded_texts.h"

namespace ferry {
namespace {

constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kMostPauseMs = 5000;
constexpr std::string_view kWithheld = "The answer was withheld by a guardrail of this route.";

// Exponential, with full jitter.
Duration pause_before_retry(int failures, Rng& rng) {
  const int64_t most = std::min(kFirstPauseMs << std::min(failures, 10), kMostPauseMs);
  return Duration(1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(most))));
}

ApiError nobody_can_answer() {
  return {.error = {ErrorCode::unavailable, "no target can answer at the moment"},
          .param = {},
          .reason = "no_target"};
}

ApiError too_long_to_judge() {
  return {.error = {ErrorCode::unavailable, "the answer is too long to be looked at as a whole"},
          .param = {},
          .reason = "too_long_to_judge",
          .kind = ErrorKind::unreadable};
}

// Of a finding "words: ..." the rule, for the record.
std::string guardrail_kind(std::string_view finding) {
  return fmt::format("guardrail_{}", finding.substr(0, finding.find_first_of(" :")));
}

}  // namespace

void GatewayExchange::started() {
  if (!holds_) begin_answer(answer_headers(sending_->target().name));
}

void GatewayExchange::begin_answer(HttpHeaders headers) {
  first_out_us_ = unix_now_us() - context_->began_us;
  const std::string id = random_id(context_->call.dialect->id_prefix);
  writer_ = std::make_unique<AnswerWriter>(
      *client_, *context_->call.dialect, context_->request,
      ExchangeIdentity{
          .id = id, .created = context_->facts.unix_s, .model = context_->request.model, .fingerprint = {}});
  writer_->begin(std::move(headers));
}

void GatewayExchange::delta(GenerationDelta delta) {
  if (holds_) {
    if (sending_->too_long()) return failed(too_long_to_judge());
    return held_.push_back(std::move(delta));
  }
  if (watch_) {
    if (auto found = watch_->push(delta)) finding_ = std::move(found);
    if (finding_ && checks_->action() == GuardrailConfig::Action::block) return block();
    if (delta.finish) ended_choices_.push_back(delta.index);
  }
  writer_->delta(std::move(delta));
}

void GatewayExchange::finished() {
  if (plan_.targets[next_target_].role == TargetRole::cascade) {
    const auto reason = checks_->reason_to_escalate(context_->request, sending_->answer());
    if (reason) return escalate(*reason);
    if (!context_->request.report.top_logprobs) sending_->forget_logprobs();
  }
  look_at_answer();
}

// The cascade's first answer does not count. It is kept: should nobody else be able to answer, a doubtful
// answer is better than none. One that breaks a rule of form is not, nor one that a guardrail withholds or
// would have to be asked about.
void GatewayExchange::escalate(const std::string& reason) {
  escalation_ = reason;
  const std::string rule = reason.substr(0, reason.find_first_of(" :"));
  const std::shared_ptr<Sending> sending = sending_;
  const bool is_well_formed = rule != "schema" && rule != "regex";
  const bool guarded = checks_->has_guardrails() && checks_->action() == GuardrailConfig::Action::block;
  const bool withheld =
      guarded && (checks_->classifier() != nullptr || checks_->guardrail_finding(sending->answer()));
  if (!context_->request.report.top_logprobs) sending->forget_logprobs();
  close(Fate::escalated, nullptr, rule);
  if (is_well_formed && !withheld) {
    auto kept = std::make_shared<CachedAnswer>(CachedAnswer{
        .result = sending->answer(), .target = sending->target().name, .made_us = unix_now_us()});
    kept->result.usage = sending->usage();
    kept_ = std::move(kept);
  }
  keep_texts(*sending);
  ++next_target_;
  try_next();
}

void GatewayExchange::look_at_answer() {
  if (checks_->has_guardrails() && !watch_) finding_ = checks_->guardrail_finding(sending_->answer());
  const bool blocks = checks_->action() == GuardrailConfig::Action::block;
  if (finding_ && blocks) return block();
  if (checks_->classifier() == nullptr || finding_) return deliver();
  moderation_ = std::make_shared<Moderator>(
      context_, checks_, [self = shared_from_this(), blocks](std::optional<std::string> finding) {
        self->finding_ = std::move(finding);
        self->finding_&& blocks ? self->block() : self->deliver();
      });
  moderation_->start(sending_->answer());
}

void GatewayExchange::deliver() {
  const std::shared_ptr<Sending> sending = sending_;
  if (!writer_) begin_answer(answer_headers(sending->target().name));
  close(Fate::ok, nullptr, finding_ ? guardrail_kind(*finding_) : std::string());
  if (cache_key_ && !finding_) remember(*sending);
  conclude(Fate::ok, 200);
  for (GenerationDelta& delta : held_) writer_->delta(std::move(delta));
  writer_->finish(sending->answer(), sending->usage());
  keep_texts(*sending);
}

// A guardrail forbids the answer, or what follows of it: it ends as one that a filter has stopped.
void GatewayExchange::block() {
  const std::shared_ptr<Sending> sending = sending_;
  const std::string kind = guardrail_kind(*finding_);
  close(Fate::blocked, nullptr, kind);
  if (!writer_) begin_answer(answer_headers(sending->target().name));
  writer_->write_anew();
  conclude(Fate::blocked, 200, kind);
  GenerationResult withheld;
  withheld.choices.resize(choice_count(context_->request));
  for (size_t i = 0; i < withheld.choices.size(); ++i) {
    withheld.choices[i].finish = FinishReason::content_filter;
    withheld.choices[i].refusal = kWithheld;
    const int index = static_cast<int>(i);
    if (std::find(ended_choices_.begin(), ended_choices_.end(), index) != ended_choices_.end()) continue;
    writer_->delta(
        {.index = index, .finish = FinishReason::content_filter, .refusal = std::string(kWithheld)});
  }
  writer_->finish(withheld, sending->usage());
  keep_texts(*sending);
}

void GatewayExchange::remember(const Sending& sending) {
  if (sending.too_long() || !cacheable(context_->request, sending.answer())) return;
  auto answer = std::make_shared<CachedAnswer>(
      CachedAnswer{.result = sending.answer(), .target = sending.target().name, .made_us = unix_now_us()});
  answer->result.usage = sending.usage();
  const int64_t made_us = answer->made_us;
  gateway_.cache().put(*cache_key_, std::move(answer), *context_->route->cache_ttl, made_us, cache_epoch_);
}

void GatewayExchange::keep_texts(Sending& sending) {
  if (context_->route->record == RecordPolicy::off || sending.too_long()) return;
  record_texts(context_, sending.number(), sending.take_answer());
}

void GatewayExchange::answer_from(const CachedAnswer& cached) {
  record_unsent(Fate::cached, nullptr, &cached);
  HttpHeaders headers = answer_headers(cached.target);
  const int64_t age_s = (context_->began_us - cached.made_us) / 1'000'000;
  headers.push_back({"age", std::to_string(std::max<int64_t>(age_s, 0))});
  begin_answer(std::move(headers));
  conclude(Fate::cached, 200);
  replay(cached.result);
}

void GatewayExchange::replay(const GenerationResult& answer) {
  if (context_->request.stream) {
    for (GenerationDelta& delta : deltas_of(answer)) writer_->delta(std::move(delta));
  }
  writer_->finish(answer, answer.usage);
}

void GatewayExchange::failed(ApiError error) {
  const std::shared_ptr<Sending> sending = sending_;
  const bool told_something = writer_ && writer_->told();
  close(told_something ? Fate::cut : Fate::failed, &error);
  if (told_something) {
    const ApiError for_client = told(std::move(error));
    conclude(Fate::cut, client_->status_of(for_client), error_kind(for_client));
    writer_->fail(for_client);
    return keep_texts(*sending);
  }
  writer_.reset();
  const NextStep step = next_step(error);
  last_error_ = std::move(error);
  const bool may_try = ++failures_ <= context_->route->retries;
  const bool others = next_target_ + 1 < plan_.targets.size();
  if (step == NextStep::give_up || !may_try || (step == NextStep::other_target && !others)) return give_up();
  if (others) {
    ++next_target_;
    return try_next();
  }
  gateway_.threads().post_after(context_->thread, pause_before_retry(failures_, rng_),
                                [self = shared_from_this()] {
                                  if (!self->over_) self->try_next();
                                });
}

void GatewayExchange::give_up() {
  if (kept_) {
    HttpHeaders headers = answer_headers(kept_->target);
    headers.push_back({"x-ferry-escalation", "failed"});
    begin_answer(std::move(headers));
    conclude(Fate::ok, 200);
    return replay(kept_->result);
  }
  refuse(Fate::failed, told(last_error_.value_or(nobody_can_answer())));
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

HttpHeaders GatewayExchange::answer_headers(std::string_view target) const {
  HttpHeaders headers = limit_headers();
  headers.push_back({"x-ferry-exchange", context_->id.to_string()});
  headers.push_back({"x-ferry-target", std::string(target)});
  if (cache_use_ != CacheUse::none) {
    headers.push_back({"x-ferry-cache", cache_use_ == CacheUse::hit ? "hit" : "miss"});
  }
  if (!escalation_.empty()) headers.push_back({"x-ferry-escalated", escalation_});
  if (sending_) {
    for (const FeatureWarning& warning : sending_->warnings()) {
      headers.push_back({"x-ferry-warning", warning.message});
    }
  }
  return headers;
}

}  // namespace ferry
