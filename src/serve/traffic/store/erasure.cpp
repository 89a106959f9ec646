#include "serve/traffic/store/erasure.h"

#include <algorithm>
#include <chrono>

#include "base/core/random_id.h"
#include "serve/traffic/record_frame.h"

namespace ferry {
namespace {

// Exchanges in one transaction, and in one Erasure record (16 bytes each).
constexpr int64_t kPieceExchanges = 2000;
constexpr size_t kPieceContents = 500;

Result<void> append(RecordWriter& writer, const Erasure& erasure) {
  std::string open;
  encode(erasure, open);
  FERRY_TRY_VOID(writer.append({.kind = static_cast<uint8_t>(RecordKind::erasure),
                                .version = kRecordVersion,
                                .open = open,
                                .personal = std::string_view()}));
  return {};
}

class SubjectEraser {
 public:
  static Result<SubjectEraser> prepare(Database& database, const Subject& subject) {
    const std::string_view column = subject.kind == Subject::Kind::user ? "user" : "key_id";
    FERRY_TRY(RecordWriter writer, RecordWriter::prepare(database));
    FERRY_TRY(Statement find,
              database.prepare(
                  "find a subject's exchanges",
                  fmt::format("SELECT DISTINCT exchange FROM attempts WHERE {} = ?1 LIMIT ?2", column)));
    FERRY_TRY(Statement erase, database.prepare("erase what is personal",
                                                "UPDATE records SET personal = NULL, salt = NULL "
                                                "WHERE exchange = ?1 AND personal IS NOT NULL"));
    FERRY_TRY(Statement rename,
              database.prepare(
                  "put a pseudonym in a subject's place",
                  subject.kind == Subject::Kind::user
                      ? "UPDATE attempts SET user = ?2 WHERE exchange = ?1 AND user <> ''"
                      : "UPDATE attempts SET key_id = ?2, user = CASE user WHEN '' THEN '' ELSE ?2 END "
                        "WHERE exchange = ?1"));
    FERRY_TRY(Statement rename_ledger, database.prepare("put a pseudonym in a key's place",
                                                        "UPDATE ledger SET key_id = ?2 WHERE key_id = ?1"));
    return SubjectEraser(database, subject, std::move(writer), std::move(find), std::move(erase),
                         std::move(rename), std::move(rename_ledger));
  }

  Result<ErasureReport> run() {
    const std::string pseudonym = random_id("erased-");
    while (true) {
      FERRY_TRY(const bool more, erase_piece(pseudonym));
      if (!more) return report_;
      report_.pseudonym = pseudonym;
    }
  }

 private:
  SubjectEraser(Database& database, const Subject& subject, RecordWriter writer, Statement find,
                Statement erase, Statement rename, Statement rename_ledger)
      : database_(database),
        subject_(subject),
        writer_(std::move(writer)),
        find_(std::move(find)),
        erase_(std::move(erase)),
        rename_(std::move(rename)),
        rename_ledger_(std::move(rename_ledger)) {}

  Result<std::vector<ExchangeId>> find_piece() {
    FERRY_TRY_VOID(find_.start(subject_.id, kPieceExchanges));
    std::vector<ExchangeId> ids;
    while (true) {
      FERRY_TRY(const bool found, find_.next());
      if (!found) return ids;
      ids.push_back(read_id(find_.column<std::span<const std::byte>>(0)));
    }
  }

  // False: there was nothing left.
  Result<bool> erase_piece(const std::string& pseudonym) {
    FERRY_TRY(Transaction transaction, database_.begin_write());
    FERRY_TRY(std::vector<ExchangeId> ids, find_piece());
    if (ids.empty()) return false;
    for (const ExchangeId id : ids) {
      FERRY_TRY_VOID(erase_.run(IdBytes(id)));
      report_.records += static_cast<uint64_t>(database_.changed_rows());
      FERRY_TRY_VOID(rename_.run(IdBytes(id), pseudonym));
    }
    if (subject_.kind == Subject::Kind::key) FERRY_TRY_VOID(rename_ledger_.run(subject_.id, pseudonym));
    FERRY_TRY_VOID(writer_.begin());
    report_.exchanges += ids.size();
    FERRY_TRY_VOID(append(writer_, {.time_us = unix_now_us(),
                                    .reason = ErasureReason::subject,
                                    .pseudonym = pseudonym,
                                    .exchanges = std::move(ids)}));
    FERRY_TRY_VOID(transaction.commit());
    return true;
  }

  Database& database_;
  const Subject& subject_;
  RecordWriter writer_;
  Statement find_;
  Statement erase_;
  Statement rename_;
  Statement rename_ledger_;
  ErasureReport report_;
};

struct ExpiredPiece {
  std::vector<int64_t> numbers;                    // of records
  std::map<std::string, int64_t> before_of_route;  // routes with something in `numbers`
  int64_t last_number = 0;                         // that was looked at
};

Duration kept_for(const ContentRetention& retention, const std::string& route) {
  const auto found = retention.by_route.find(route);
  return found == retention.by_route.end() ? retention.others : found->second;
}

int64_t before(int64_t now_us, Duration kept) {
  return now_us - std::chrono::microseconds(kept).count();
}

// Contents come in about the order of their times: those that no route lets expire yet need not be looked at.
int64_t youngest_that_may_expire(const ContentRetention& retention, int64_t now_us) {
  constexpr Duration kDisorder = std::chrono::hours(24);
  int64_t youngest = INT64_MIN;
  const auto consider = [&](Duration kept) {
    if (kept > Duration(0)) youngest = std::max(youngest, before(now_us, kept - kDisorder));
  };
  consider(retention.others);
  for (const auto& [route, kept] : retention.by_route) consider(kept);
  return youngest;
}

Result<ExpiredPiece> find_expired(Statement& contents, const ContentRetention& retention, int64_t now_us,
                                  int64_t after) {
  ExpiredPiece piece;
  const int64_t youngest = youngest_that_may_expire(retention, now_us);
  FERRY_TRY_VOID(contents.start(after, kRecordVersion));
  while (piece.numbers.size() < kPieceContents) {
    FERRY_TRY(const bool found, contents.next());
    if (!found) break;
    piece.last_number = contents.column<int64_t>(0);
    const auto content = decode_open_content(as_text(contents.column<std::span<const std::byte>>(1)));
    if (!content) continue;  // `ferry audit verify` will say so
    if (content->record.time_us > youngest) break;
    const Duration kept = kept_for(retention, content->record.route);
    if (kept == Duration(0) || content->record.time_us >= before(now_us, kept)) continue;
    piece.numbers.push_back(piece.last_number);
    piece.before_of_route[content->record.route] = before(now_us, kept);
  }
  contents.finish();
  return piece;
}

}  // namespace

Result<ErasureReport> erase_subject(Database& database, const Subject& subject) {
  if (subject.id.empty()) return fail(ErrorCode::invalid_argument, "the subject to erase is empty");
  FERRY_TRY(SubjectEraser eraser, SubjectEraser::prepare(database, subject));
  return eraser.run();
}

Result<uint64_t> drop_expired_contents(Database& database, const ContentRetention& retention,
                                       int64_t now_us) {
  FERRY_TRY(RecordWriter writer, RecordWriter::prepare(database));
  FERRY_TRY(Statement contents,
            database.prepare("find contents that are kept",
                             "SELECT number, open FROM records WHERE kind = 3 AND personal IS NOT NULL "
                             "AND number > ?1 AND version = ?2 ORDER BY number"));
  FERRY_TRY(Statement erase,
            database.prepare("drop a content",
                             "UPDATE records SET personal = NULL, salt = NULL WHERE number = ?1"));
  uint64_t dropped = 0;
  int64_t after = 0;
  while (true) {
    FERRY_TRY(Transaction transaction, database.begin_write());
    FERRY_TRY(const ExpiredPiece piece, find_expired(contents, retention, now_us, after));
    if (piece.numbers.empty()) return dropped;
    for (const int64_t number : piece.numbers) FERRY_TRY_VOID(erase.run(number));
    FERRY_TRY_VOID(writer.begin());
    for (const auto& [route, before_us] : piece.before_of_route) {
      FERRY_TRY_VOID(append(
          writer,
          {.time_us = now_us, .reason = ErasureReason::retention, .route = route, .before_us = before_us}));
    }
    FERRY_TRY_VOID(transaction.commit());
    dropped += piece.numbers.size();
    after = piece.last_number;
  }
}

}  // namespace ferry
