#include "serve/traffic/store/record_writer.h"

#include <cstring>

#include <openssl/rand.h>

#include "base/observe/log.h"
#include "serve/traffic/store.h"

namespace ferry {
namespace {

Result<std::array<uint8_t, kSaltBytes>> random_salt() {
  std::array<uint8_t, kSaltBytes> salt;
  if (RAND_bytes(salt.data(), salt.size()) == 1) return salt;
  return fail(ErrorCode::internal, "the system gives no random numbers");
}

template <class Array>
std::span<const std::byte> blob(const Array& bytes) {
  return std::as_bytes(std::span(bytes));
}

// A record that the tables can be made from.
struct Decoded {
  std::optional<ExchangeId> exchange = {};
  std::optional<Intent> intent = {};
  std::optional<Outcome> outcome = {};
};

Result<Decoded> decode(const RecordView& record) {
  Decoded result;
  if (record.version != kRecordVersion) {
    return fail(ErrorCode::unsupported, "version {} of a record's kind {}", record.version, record.kind);
  }
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::intent: {
      FERRY_TRY(result.intent, decode_intent(record));
      result.exchange = result.intent->exchange;
      return result;
    }
    case RecordKind::outcome: {
      FERRY_TRY(result.outcome, decode_outcome(record));
      result.exchange = result.outcome->exchange;
      return result;
    }
    case RecordKind::content: {
      FERRY_TRY(const auto content, decode_open_content(record.open));
      result.exchange = content.record.exchange;
      return result;
    }
    case RecordKind::feedback: {
      FERRY_TRY(const auto feedback, decode_open_feedback(record.open));
      result.exchange = feedback.record.exchange;
      return result;
    }
    case RecordKind::erasure: {
      FERRY_TRY_VOID(decode_erasure(record));
      return result;
    }
    case RecordKind::config_change: {
      FERRY_TRY_VOID(decode_config_change(record));
      return result;
    }
  }
  return fail(ErrorCode::unsupported, "a record of the unknown kind {}", record.kind);
}

}  // namespace

Result<RecordWriter> RecordWriter::prepare(Database& database) {
  FERRY_TRY(Statement last_head,
            database.prepare("read the end of the chain",
                             "SELECT number, head FROM records ORDER BY number DESC LIMIT 1"));
  FERRY_TRY(
      Statement insert_record,
      database.prepare("keep a record",
                       "INSERT INTO records (number, kind, version, exchange, head, personal_digest, salt, "
                       "open, personal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  FERRY_TRY(Statement insert_attempt,
            database.prepare(
                "keep an attempt",
                "INSERT INTO attempts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"));
  FERRY_TRY(Statement insert_label,
            database.prepare("keep a label", "INSERT OR IGNORE INTO attempt_labels VALUES (?1, ?2, ?3)"));
  FERRY_TRY(Statement find_attempt,
            database.prepare("find an attempt",
                             "SELECT time_us, key_id, team_id, reserved, outcome FROM attempts "
                             "WHERE exchange = ?1 AND attempt = ?2"));
  FERRY_TRY(
      Statement settle_attempt,
      database.prepare(
          "settle an attempt",
          "UPDATE attempts SET fate = ?3, cost = ?4, outcome = ?5 WHERE exchange = ?1 AND attempt = ?2"));
  FERRY_TRY(Statement add_to_ledger,
            database.prepare("keep the ledger",
                             "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                             "ON CONFLICT (day, key_id, team_id) DO UPDATE SET settled = settled + ?4, "
                             "unknown = unknown + ?5, settled_attempts = settled_attempts + ?6, "
                             "unknown_attempts = unknown_attempts + ?7"));
  return RecordWriter(Statements{std::move(last_head), std::move(insert_record), std::move(insert_attempt),
                                 std::move(insert_label), std::move(find_attempt), std::move(settle_attempt),
                                 std::move(add_to_ledger)});
}

Result<void> RecordWriter::begin() {
  head_ = {};
  FERRY_TRY_VOID(sql_.last_head.start());
  FERRY_TRY(const bool found, sql_.last_head.next());
  if (found) {
    head_.number = sql_.last_head.column<int64_t>(0);
    const auto digest = sql_.last_head.column<std::span<const std::byte>>(1);
    if (digest.size() != head_.digest.size()) {
      return fail(ErrorCode::corrupt,
                  "record {} of the store: its head is no digest; `ferry audit verify` says more",
                  head_.number);
    }
    std::memcpy(head_.digest.data(), digest.data(), digest.size());
  }
  sql_.last_head.finish();
  return {};
}

Result<int64_t> RecordWriter::append(const RecordView& record) {
  const Result<Decoded> decoded = decode(record);
  FERRY_TRY_VOID(chain(record, decoded ? decoded->exchange : std::nullopt));
  if (!decoded) {
    log_warning("a record is kept, but not understood",
                {{"record", head_.number}, {"error", decoded.error().message}});
    return head_.number;
  }
  if (decoded->intent) FERRY_TRY_VOID(project(*decoded->intent));
  if (decoded->outcome) FERRY_TRY_VOID(project(*decoded->outcome));
  return head_.number;
}

Result<void> RecordWriter::chain(const RecordView& record, std::optional<ExchangeId> exchange) {
  FERRY_TRY(const auto salt, random_salt());
  const std::string_view personal = record.personal.value_or(std::string_view());
  const Digest personal_part =
      personal_digest({reinterpret_cast<const char*>(salt.data()), salt.size()}, personal);
  const int64_t number = head_.number + 1;
  const Digest head = chain_head(number, head_.digest,
                                 record_digest(record.kind, record.version, record.open, personal_part));
  std::optional<IdBytes> id;
  if (exchange) id.emplace(*exchange);
  const auto id_blob = id ? std::optional<std::span<const std::byte>>(*id) : std::nullopt;
  FERRY_TRY_VOID(sql_.insert_record.run(number, record.kind, record.version, id_blob, blob(head),
                                        blob(personal_part), blob(salt), as_blob(record.open),
                                        as_blob(personal)));
  head_ = {number, head};
  return {};
}

Result<void> RecordWriter::project(const Intent& intent) {
  const IdBytes id(intent.exchange);
  FERRY_TRY_VOID(sql_.find_attempt.start(id, intent.attempt));
  FERRY_TRY(const bool known, sql_.find_attempt.next());
  sql_.find_attempt.finish();
  if (known) return {};
  FERRY_TRY_VOID(sql_.insert_attempt.run(id, intent.attempt, intent.time_us, intent.route, intent.target,
                                         intent.key_id, intent.team_id, intent.user, intent.reserved,
                                         std::nullopt, std::nullopt, head_.number, std::nullopt));
  for (const std::string& label : intent.labels) {
    FERRY_TRY_VOID(sql_.insert_label.run(label, id, intent.attempt));
  }
  return sql_.add_to_ledger.run(day_of(intent.time_us), intent.key_id, intent.team_id, 0, intent.reserved, 0,
                                1);
}

Result<void> RecordWriter::project(const Outcome& outcome) {
  const IdBytes id(outcome.exchange);
  FERRY_TRY_VOID(sql_.find_attempt.start(id, outcome.attempt));
  FERRY_TRY(const bool known, sql_.find_attempt.next());
  if (!known) return project_orphan(outcome);
  Statement& row = sql_.find_attempt;
  const auto day = day_of(row.column<int64_t>(0));
  const auto key_id = row.column<std::string>(1);
  const auto team_id = row.column<std::string>(2);
  const auto reserved = row.column<int64_t>(3);
  const bool settled = row.column<std::optional<int64_t>>(4).has_value();
  row.finish();
  if (settled) return {};
  FERRY_TRY_VOID(sql_.settle_attempt.run(id, outcome.attempt, static_cast<int>(outcome.fate), outcome.cost,
                                         head_.number));
  return sql_.add_to_ledger.run(day, key_id, team_id, outcome.cost, -reserved, 1, -1);
}

Result<void> RecordWriter::project_orphan(const Outcome& outcome) {
  constexpr std::string_view kNobody;
  FERRY_TRY_VOID(sql_.insert_attempt.run(
      IdBytes(outcome.exchange), outcome.attempt, outcome.time_us, kNobody, kNobody, kNobody, kNobody,
      kNobody, 0, static_cast<int>(outcome.fate), outcome.cost, std::nullopt, head_.number));
  return sql_.add_to_ledger.run(day_of(outcome.time_us), kNobody, kNobody, outcome.cost, 0, 1, 0);
}

}  // namespace ferry
