#include "app/api/feedback.h"

#include <algorithm>

#include "app/api/gateway_answers.h"
#include "app/api/refusal.h"
#include "base/core/json.h"
#include "serve/dialects/field_reader.h"
#include "serve/traffic/store.h"

namespace ferry::api {
namespace {

constexpr int kMostWaiting = 1000;
constexpr double kMostRating = 1e9;

void read_exchange(FieldReader& fields, FeedbackRequest& request) {
  const auto text = fields.text("exchange");
  if (!text)
    return fields.refuse_missing("exchange", "must be the id that the answer's x-ferry-exchange named");
  const auto id = ExchangeId::parse(*text);
  if (!id)
    return fields.refuse("exchange", "must be an exchange's id, as the answer's x-ferry-exchange named it");
  request.exchange = *id;
}

void read_given(FieldReader& fields, FeedbackRequest& request) {
  const auto rating = fields.number("rating", -kMostRating, kMostRating);
  const auto comment = fields.text("comment");
  if (rating)
    request.given.push_back({.kind = FeedbackKind::rating, .value = *rating, .text = comment.value_or("")});
  if (comment && !rating) fields.refuse("comment", "belongs to a rating, and there is none");
  if (auto edit = fields.text("edit"))
    request.given.push_back({.kind = FeedbackKind::edit, .text = *std::move(edit)});
  if (auto truth = fields.text("truth"))
    request.given.push_back({.kind = FeedbackKind::truth, .text = *std::move(truth)});
  if (request.given.empty()) fields.refuse_missing("rating", "must be there, or \"edit\", or \"truth\"");
  for (const std::string& name : fields.unknown()) fields.refuse(name, "is no field of feedback");
}

std::string answer_of(const FeedbackRequest& request) {
  std::string body;
  JsonWriter w(body);
  w.begin_object();
  w.member("object", "feedback");
  w.member("exchange", request.exchange.to_string());
  w.key("recorded");
  w.begin_array();
  for (const Feedback& one : request.given) w.value(to_string(one.kind));
  w.end_array();
  w.end_object();
  return body;
}

Refusal nothing_is_recorded() {
  return refusal_of(
      {.error = {ErrorCode::unsupported, "this server records no exchanges, and so takes no feedback"},
       .param = {},
       .reason = "no_record"});
}

}  // namespace

ApiResult<FeedbackRequest> read_feedback(std::string_view body) {
  const auto parsed = parse_json(body, "body");
  if (!parsed) return tl::unexpected(ApiError{.error = parsed.error(), .param = {}, .reason = {}});
  if (!parsed->is_object()) {
    Error error{ErrorCode::invalid_argument,
                fmt::format("the request's body must be a JSON object, not {}", json_kind(*parsed))};
    return tl::unexpected(ApiError{.error = std::move(error), .param = {}, .reason = {}});
  }
  FieldReader fields(parsed->get_object());
  FeedbackRequest request;
  read_exchange(fields, request);
  read_given(fields, request);
  if (fields.failed()) return tl::unexpected(fields.failure());
  return request;
}

void FeedbackDesk::give(FeedbackRequest request, std::shared_ptr<const Principal> giver, Done done) {
  if (++waiting_ > kMostWaiting) {
    --waiting_;
    return done(fail(ErrorCode::overloaded, "too much feedback is waiting to be recorded: try again"));
  }
  queue_.post([this, request = std::move(request), giver = std::move(giver), done = std::move(done)] {
    auto taken = take(request, *giver);
    --waiting_;
    done(std::move(taken));
  });
}

Result<void> FeedbackDesk::take(const FeedbackRequest& request, const Principal& giver) {
  FERRY_TRY(bool may, may_judge(request.exchange, giver));
  if (!may) {
    // What was made a moment ago is not in the store yet.
    FERRY_TRY_VOID(recorder_.flush());
    FERRY_TRY(may, may_judge(request.exchange, giver));
  }
  if (!may)
    return fail(ErrorCode::not_found, "there is no exchange {} that this key may give feedback on",
                request.exchange.to_string());
  for (Feedback one : request.given) {
    one.exchange = request.exchange;
    one.time_us = unix_now_us();
    one.who = giver.key_id;
    FERRY_TRY_VOID(recorder_.feedback(one));
  }
  return {};
}

Result<bool> FeedbackDesk::may_judge(ExchangeId exchange, const Principal& giver) {
  FERRY_TRY(const std::vector<Attempt> attempts, recorder_.store().exchange(exchange));
  return std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& attempt) {
    const bool same_team = !giver.team_id.empty() && attempt.intent.team_id == giver.team_id;
    return giver.role == Role::admin || same_team || attempt.intent.key_id == giver.key_id;
  });
}

void feedback(const Service& service, Call call) {
  if (service.gateway == nullptr) return reply(call, needs_routes(call));
  if (service.feedback == nullptr) return reply(call, nothing_is_recorded());
  if (const auto refusal = check_json(call.exchange->request())) return reply(call, *refusal);
  auto request = read_feedback(call.exchange->request().body);
  if (!request) return reply(call, refusal_of(std::move(request).error()));
  const std::string answer = answer_of(*request);
  const auto giver = call.principal;
  service.feedback->give(*std::move(request), giver, [call = std::move(call), answer](Result<void> taken) {
    if (taken) return reply_json(call, 200, answer);
    const bool unknown = taken.error().code == ErrorCode::not_found;
    reply(call, refusal_of({.error = std::move(taken).error(),
                            .param = unknown ? "exchange" : "",
                            .reason = unknown ? "exchange_not_found" : ""}));
  });
}

}  // namespace ferry::api
