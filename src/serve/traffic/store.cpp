#include "serve/traffic/store.h"

#include <mutex>

#include "serve/traffic/record_codec.h"
#include "serve/traffic/store/schema.h"

namespace ferry {
namespace {

constexpr std::string_view kSelectAttempts = R"sql(
SELECT a.exchange, a.attempt, a.time_us, a.key_id, a.team_id, a.user, a.fate,
       i.version, i.open, i.personal, o.version, o.open, o.personal
FROM attempts a LEFT JOIN records i ON i.number = a.intent LEFT JOIN records o ON o.number = a.outcome
)sql";

constexpr std::string_view kFiltered = R"sql(
WHERE a.time_us >= ?1 AND a.time_us < ?2
  AND (?3 = '' OR a.route = ?3) AND (?4 = '' OR a.target = ?4) AND (?5 = '' OR a.key_id = ?5)
  AND (?6 = '' OR a.team_id = ?6) AND (?7 = '' OR a.user = ?7)
  AND (?8 = '' OR EXISTS (SELECT 1 FROM attempt_labels l
                          WHERE l.label = ?8 AND l.exchange = a.exchange AND l.attempt = a.attempt))
  AND (?9 IS NULL OR a.fate = ?9) AND (?10 = 0 OR a.fate IS NULL)
ORDER BY a.time_us DESC, a.exchange DESC, a.attempt DESC LIMIT ?11
)sql";

// A record joined to an attempt, in three columns from `first` on; nothing where there is none.
std::optional<RecordView> joined_record(Statement& row, int first, RecordKind kind) {
  const auto version = row.column<std::optional<int64_t>>(first);
  if (!version) return std::nullopt;
  RecordView record{.kind = static_cast<uint8_t>(kind),
                    .version = static_cast<uint8_t>(*version),
                    .open = as_text(row.column<std::span<const std::byte>>(first + 1))};
  const auto personal = row.column<std::optional<std::span<const std::byte>>>(first + 2);
  if (personal) record.personal = as_text(*personal);
  return record;
}

Result<Attempt> read_attempt(Statement& row) {
  Attempt attempt;
  if (const auto record = joined_record(row, 7, RecordKind::intent)) {
    FERRY_TRY(attempt.intent, decode_intent(*record));
  }
  if (const auto record = joined_record(row, 10, RecordKind::outcome)) {
    FERRY_TRY(attempt.outcome, decode_outcome(*record));
  }
  attempt.intent.exchange = read_id(row.column<std::span<const std::byte>>(0));
  attempt.intent.attempt = static_cast<uint32_t>(row.column<int64_t>(1));
  attempt.intent.time_us = row.column<int64_t>(2);
  attempt.intent.key_id = row.column<std::string>(3);  // or what stands in its place since it was erased
  attempt.intent.team_id = row.column<std::string>(4);
  attempt.intent.user = row.column<std::string>(5);
  return attempt;
}

Result<std::string> unsealed(std::string_view personal, std::string_view open, uint64_t key_mark,
                             const Sealer* sealer) {
  if (key_mark == 0) return std::string(personal);
  if (sealer == nullptr) {
    return fail(ErrorCode::invalid_argument,
                "this text is sealed with the content key {:016x}: give it as FERRY_CONTENT_KEY or "
                "--content-key-file",
                key_mark);
  }
  if (sealer->mark() != key_mark) {
    return fail(ErrorCode::invalid_argument,
                "this text is sealed with the content key {:016x}; the one that was given is {:016x}",
                key_mark, sealer->mark());
  }
  return sealer->unseal(personal, open);
}

Result<std::optional<Content>> open_content(std::string_view open, std::string_view personal,
                                            const Sealer* sealer) {
  FERRY_TRY(auto content, decode_open_content(open));
  FERRY_TRY(const std::string text, unsealed(personal, open, content.key_mark, sealer));
  FERRY_TRY_VOID(decode_personal(text, content.record));
  return std::move(content.record);
}

Result<std::optional<Feedback>> open_feedback(std::string_view open, std::string_view personal,
                                              const Sealer* sealer) {
  FERRY_TRY(auto feedback, decode_open_feedback(open));
  FERRY_TRY(const std::string text, unsealed(personal, open, feedback.key_mark, sealer));
  FERRY_TRY_VOID(decode_personal(text, feedback.record));
  return std::move(feedback.record);
}

}  // namespace

struct TrafficStore::Parts {
  explicit Parts(Database opened) : database(std::move(opened)) {}

  std::mutex mutex;
  Database database;  // guarded by mutex

  // The records of one kind and exchange whose personal part is there, each given to `read`.
  template <class T, class Read>
  Result<std::vector<T>> of_exchange(ExchangeId id, RecordKind kind, const Read& read) {
    const std::lock_guard lock(mutex);
    FERRY_TRY(Statement row,
              database.prepare("read an exchange's texts",
                               "SELECT open, personal FROM records WHERE exchange = ?1 AND kind = ?2 "
                               "AND version = ?3 AND personal IS NOT NULL ORDER BY number"));
    FERRY_TRY_VOID(row.start(IdBytes(id), static_cast<int>(kind), kRecordVersion));
    std::vector<T> all;
    while (true) {
      FERRY_TRY(const bool found, row.next());
      if (!found) return all;
      FERRY_TRY(auto one, read(as_text(row.template column<std::span<const std::byte>>(0)),
                               as_text(row.template column<std::span<const std::byte>>(1))));
      all.push_back(*std::move(one));
    }
  }
};

TrafficStore::TrafficStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TrafficStore::~TrafficStore() = default;

Result<std::unique_ptr<TrafficStore>> TrafficStore::open(const std::filesystem::path& data_dir) {
  FERRY_TRY(Database database, open_traffic_database(data_dir));
  return std::unique_ptr<TrafficStore>(new TrafficStore(std::make_unique<Parts>(std::move(database))));
}

Result<void> TrafficStore::each_attempt(const AttemptFilter& filter,
                                        FunctionRef<Result<void>(const Attempt&)> visit) {
  const std::lock_guard lock(parts_->mutex);
  FERRY_TRY(Statement row,
            parts_->database.prepare("read attempts", fmt::format("{}{}", kSelectAttempts, kFiltered)));
  const auto fate = filter.fate ? std::optional<int64_t>(static_cast<int64_t>(*filter.fate)) : std::nullopt;
  const int64_t limit = filter.limit ? static_cast<int64_t>(*filter.limit) : -1;
  FERRY_TRY_VOID(row.start(filter.time.from_us, filter.time.to_us, filter.route, filter.target, filter.key_id,
                           filter.team_id, filter.user, filter.label, fate, filter.unknown_only, limit));
  while (true) {
    FERRY_TRY(const bool found, row.next());
    if (!found) return {};
    FERRY_TRY(const Attempt attempt, read_attempt(row));
    FERRY_TRY_VOID(visit(attempt));
  }
}

Result<std::vector<Attempt>> TrafficStore::attempts(const AttemptFilter& filter) {
  std::vector<Attempt> all;
  FERRY_TRY_VOID(each_attempt(filter, [&](const Attempt& attempt) -> Result<void> {
    all.push_back(attempt);
    return {};
  }));
  return all;
}

Result<std::vector<Attempt>> TrafficStore::exchange(ExchangeId id) {
  const std::lock_guard lock(parts_->mutex);
  FERRY_TRY(Statement row, parts_->database.prepare(
                               "read an exchange",
                               fmt::format("{} WHERE a.exchange = ?1 ORDER BY a.attempt", kSelectAttempts)));
  FERRY_TRY_VOID(row.start(IdBytes(id)));
  std::vector<Attempt> all;
  while (true) {
    FERRY_TRY(const bool found, row.next());
    if (!found) return all;
    FERRY_TRY(Attempt attempt, read_attempt(row));
    all.push_back(std::move(attempt));
  }
}

Result<std::vector<Content>> TrafficStore::contents(ExchangeId id, const Sealer* sealer) {
  return parts_->of_exchange<Content>(
      id, RecordKind::content,
      [&](std::string_view open, std::string_view personal) { return open_content(open, personal, sealer); });
}

Result<std::vector<Feedback>> TrafficStore::feedback(ExchangeId id, const Sealer* sealer) {
  return parts_->of_exchange<Feedback>(id, RecordKind::feedback,
                                       [&](std::string_view open, std::string_view personal) {
                                         return open_feedback(open, personal, sealer);
                                       });
}

Result<std::vector<DaySpend>> TrafficStore::spending(int64_t from_day, int64_t to_day) {
  const std::lock_guard lock(parts_->mutex);
  FERRY_TRY(Statement row,
            parts_->database.prepare(
                "read what was spent",
                "SELECT day, key_id, team_id, settled, unknown, settled_attempts, unknown_attempts "
                "FROM ledger WHERE day >= ?1 AND day < ?2 ORDER BY day, key_id, team_id"));
  FERRY_TRY_VOID(row.start(from_day, to_day));
  std::vector<DaySpend> all;
  while (true) {
    FERRY_TRY(const bool found, row.next());
    if (!found) return all;
    all.push_back({.day = row.column<int64_t>(0),
                   .key_id = row.column<std::string>(1),
                   .team_id = row.column<std::string>(2),
                   .settled = row.column<int64_t>(3),
                   .unknown = row.column<int64_t>(4),
                   .settled_attempts = row.column<int64_t>(5),
                   .unknown_attempts = row.column<int64_t>(6)});
  }
}

int64_t day_of(int64_t unix_us) {
  return unix_us / (int64_t{86'400} * 1'000'000);
}

}  // namespace ferry
