#include "serve/traffic/record_codec.h"

#include <cmath>

#include "serve/traffic/byte_codec.h"

namespace ferry {
namespace {

// Where the personal part was erased there is nothing to read.
ByteReader personal_reader(const RecordView& record) {
  return ByteReader(record.personal.value_or(std::string_view()));
}

Result<void> check_whole(const ByteReader& reader, RecordKind kind) {
  if (reader.ok() && reader.at_end()) return {};
  return fail(ErrorCode::corrupt, "record of kind \"{}\": its fields do not fit its length", to_string(kind));
}

void write_usage(ByteWriter& w, const RecordedUsage& usage) {
  w.number(usage.prompt_tokens);
  w.number(usage.completion_tokens);
  w.number(usage.cached_tokens);
  w.number(usage.cache_creation_tokens);
  w.number(usage.reasoning_tokens);
}

RecordedUsage read_usage(ByteReader& r) {
  RecordedUsage usage;
  usage.prompt_tokens = r.number<int64_t>();
  usage.completion_tokens = r.number<int64_t>();
  usage.cached_tokens = r.number<int64_t>();
  usage.cache_creation_tokens = r.number<int64_t>();
  usage.reasoning_tokens = r.number<int64_t>();
  return usage;
}

void write_counterfactuals(ByteWriter& w, const std::vector<Counterfactual>& list) {
  w.number(static_cast<uint32_t>(list.size()));
  for (const Counterfactual& other : list) {
    w.text(other.target);
    w.number(other.cost);
    w.flag(other.is_estimate);
    w.number(other.relative_error);
  }
}

Result<std::vector<Counterfactual>> read_counterfactuals(ByteReader& r) {
  constexpr size_t kLeastBytes = 4 + 8 + 1 + 8;
  std::vector<Counterfactual> list;
  for (uint32_t left = r.count(kLeastBytes); left > 0; --left) {
    Counterfactual& other = list.emplace_back();
    other.target = r.text();
    other.cost = r.number<int64_t>();
    other.is_estimate = r.flag();
    other.relative_error = r.number<double>();
    if (!std::isfinite(other.relative_error)) {
      return fail(ErrorCode::corrupt, "record of kind \"outcome\": an estimate's error is not a number");
    }
  }
  return list;
}

}  // namespace

uint32_t encode(const Intent& intent, std::string& payload) {
  const size_t begin = payload.size();
  ByteWriter w(payload);
  w.id(intent.exchange);
  w.number(intent.attempt);
  w.number(intent.time_us);
  w.number(intent.role);
  w.text(intent.team_id);
  w.text(intent.route);
  w.text(intent.target);
  w.text(intent.provider);
  w.text(intent.region);
  w.flag(intent.is_local);
  w.text(intent.dialect);
  w.texts(intent.labels);
  w.text(intent.verdict);
  w.texts(intent.reasons);
  w.flag(intent.stream);
  w.number(intent.reserved);
  w.text(intent.price_version);
  const size_t open = payload.size() - begin;
  w.text(intent.key_id);
  w.text(intent.user);
  w.digest(intent.request_digest);
  return static_cast<uint32_t>(open);
}

Result<Intent> decode_intent(const RecordView& record) {
  ByteReader r(record.open);
  Intent intent;
  intent.exchange = r.id();
  intent.attempt = r.number<uint32_t>();
  intent.time_us = r.number<int64_t>();
  intent.role = r.choice(AttemptRole::shadow);
  intent.team_id = r.text();
  intent.route = r.text();
  intent.target = r.text();
  intent.provider = r.text();
  intent.region = r.text();
  intent.is_local = r.flag();
  intent.dialect = r.text();
  intent.labels = r.texts();
  intent.verdict = r.text();
  intent.reasons = r.texts();
  intent.stream = r.flag();
  intent.reserved = r.number<int64_t>();
  intent.price_version = r.text();
  FERRY_TRY_VOID(check_whole(r, RecordKind::intent));
  if (!record.personal) return intent;
  ByteReader personal = personal_reader(record);
  intent.key_id = personal.text();
  intent.user = personal.text();
  intent.request_digest = personal.digest();
  FERRY_TRY_VOID(check_whole(personal, RecordKind::intent));
  return intent;
}

uint32_t encode(const Outcome& outcome, std::string& payload) {
  const size_t begin = payload.size();
  ByteWriter w(payload);
  w.id(outcome.exchange);
  w.number(outcome.attempt);
  w.number(outcome.time_us);
  w.number(outcome.fate);
  w.number(outcome.http_status);
  w.text(outcome.error_kind);
  write_usage(w, outcome.usage);
  w.number(outcome.usage_source);
  w.number(outcome.cost);
  w.number(outcome.first_token_us);
  w.number(outcome.total_us);
  w.number(outcome.request_bytes);
  w.number(outcome.answer_bytes);
  w.number(outcome.retries);
  w.flag(outcome.cache_hit);
  write_counterfactuals(w, outcome.counterfactuals);
  const size_t open = payload.size() - begin;
  w.digest(outcome.answer_digest);
  return static_cast<uint32_t>(open);
}

Result<Outcome> decode_outcome(const RecordView& record) {
  ByteReader r(record.open);
  Outcome outcome;
  outcome.exchange = r.id();
  outcome.attempt = r.number<uint32_t>();
  outcome.time_us = r.number<int64_t>();
  outcome.fate = r.choice(Fate::escalated);
  outcome.http_status = r.number<int32_t>();
  outcome.error_kind = r.text();
  outcome.usage = read_usage(r);
  outcome.usage_source = r.choice(UsageSource::estimated);
  outcome.cost = r.number<int64_t>();
  outcome.first_token_us = r.number<int64_t>();
  outcome.total_us = r.number<int64_t>();
  outcome.request_bytes = r.number<int64_t>();
  outcome.answer_bytes = r.number<int64_t>();
  outcome.retries = r.number<uint32_t>();
  outcome.cache_hit = r.flag();
  FERRY_TRY(outcome.counterfactuals, read_counterfactuals(r));
  FERRY_TRY_VOID(check_whole(r, RecordKind::outcome));
  if (!record.personal) return outcome;
  ByteReader personal = personal_reader(record);
  outcome.answer_digest = personal.digest();
  FERRY_TRY_VOID(check_whole(personal, RecordKind::outcome));
  return outcome;
}

uint32_t encode(const Erasure& erasure, std::string& payload) {
  const size_t begin = payload.size();
  ByteWriter w(payload);
  w.number(erasure.time_us);
  w.number(erasure.reason);
  w.text(erasure.pseudonym);
  w.number(static_cast<uint32_t>(erasure.exchanges.size()));
  for (const ExchangeId id : erasure.exchanges) w.id(id);
  w.text(erasure.route);
  w.number(erasure.before_us);
  return static_cast<uint32_t>(payload.size() - begin);
}

Result<Erasure> decode_erasure(const RecordView& record) {
  ByteReader r(record.open);
  Erasure erasure;
  erasure.time_us = r.number<int64_t>();
  erasure.reason = r.choice(ErasureReason::retention);
  erasure.pseudonym = r.text();
  for (uint32_t left = r.count(sizeof(ExchangeId)); left > 0; --left) erasure.exchanges.push_back(r.id());
  erasure.route = r.text();
  erasure.before_us = r.number<int64_t>();
  FERRY_TRY_VOID(check_whole(r, RecordKind::erasure));
  return erasure;
}

uint32_t encode(const ConfigChange& change, std::string& payload) {
  const size_t begin = payload.size();
  ByteWriter w(payload);
  w.number(change.time_us);
  w.digest(change.digest);
  w.text(change.source);
  return static_cast<uint32_t>(payload.size() - begin);
}

Result<ConfigChange> decode_config_change(const RecordView& record) {
  ByteReader r(record.open);
  ConfigChange change;
  change.time_us = r.number<int64_t>();
  change.digest = r.digest();
  change.source = r.text();
  FERRY_TRY_VOID(check_whole(r, RecordKind::config_change));
  return change;
}

std::string encode_open(const Content& content, uint64_t key_mark) {
  std::string bytes;
  ByteWriter w(bytes);
  w.id(content.exchange);
  w.number(content.attempt);
  w.number(content.time_us);
  w.text(content.route);
  w.number(content.form);
  w.number(key_mark);
  return bytes;
}

std::string encode_personal(const Content& content) {
  std::string bytes;
  bytes.reserve(content.request.size() + content.answer.size() + 2 * sizeof(uint32_t));
  ByteWriter w(bytes);
  w.text(content.request);
  w.text(content.answer);
  return bytes;
}

Result<Sealable<Content>> decode_open_content(std::string_view open) {
  ByteReader r(open);
  Sealable<Content> content;
  content.record.exchange = r.id();
  content.record.attempt = r.number<uint32_t>();
  content.record.time_us = r.number<int64_t>();
  content.record.route = r.text();
  content.record.form = r.choice(ContentForm::redacted);
  content.key_mark = r.number<uint64_t>();
  FERRY_TRY_VOID(check_whole(r, RecordKind::content));
  return content;
}

Result<void> decode_personal(std::string_view personal, Content& content) {
  ByteReader r(personal);
  content.request = r.text();
  content.answer = r.text();
  return check_whole(r, RecordKind::content);
}

std::string encode_open(const Feedback& feedback, uint64_t key_mark) {
  std::string bytes;
  ByteWriter w(bytes);
  w.id(feedback.exchange);
  w.number(feedback.time_us);
  w.number(feedback.kind);
  w.number(feedback.value);
  w.number(key_mark);
  return bytes;
}

std::string encode_personal(const Feedback& feedback) {
  std::string bytes;
  ByteWriter w(bytes);
  w.text(feedback.text);
  w.text(feedback.who);
  return bytes;
}

Result<Sealable<Feedback>> decode_open_feedback(std::string_view open) {
  ByteReader r(open);
  Sealable<Feedback> feedback;
  feedback.record.exchange = r.id();
  feedback.record.time_us = r.number<int64_t>();
  feedback.record.kind = r.choice(FeedbackKind::truth);
  feedback.record.value = r.number<double>();
  feedback.key_mark = r.number<uint64_t>();
  FERRY_TRY_VOID(check_whole(r, RecordKind::feedback));
  if (!std::isfinite(feedback.record.value)) {
    return fail(ErrorCode::corrupt, "record of kind \"feedback\": its value is not a number");
  }
  return feedback;
}

Result<void> decode_personal(std::string_view personal, Feedback& feedback) {
  ByteReader r(personal);
  feedback.text = r.text();
  feedback.who = r.text();
  return check_whole(r, RecordKind::feedback);
}

}  // namespace ferry
