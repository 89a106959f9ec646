#include "serve/traffic/audit/tables.h"

#include <set>

#include "serve/traffic/store.h"

namespace ferry {
namespace {

// Attempts that no record knows; the ledger, which must be the sum over attempts: what is left after
// subtracting them shows.
constexpr std::string_view kSums = R"sql(
SELECT (SELECT count(*) FROM attempt_labels),
  (SELECT count(*) FROM attempts a WHERE NOT EXISTS (
     SELECT 1 FROM records r WHERE r.number = coalesce(a.intent, a.outcome) AND r.exchange = a.exchange)),
  (SELECT count(*) FROM (
     SELECT 1 FROM (
       SELECT day, key_id, team_id, settled, unknown, settled_attempts, unknown_attempts FROM ledger
       UNION ALL
       SELECT time_us / 86400000000, key_id, team_id, -coalesce(cost, 0), iif(fate IS NULL, -reserved, 0),
              iif(fate IS NULL, 0, -1), iif(fate IS NULL, -1, 0) FROM attempts)
     GROUP BY day, key_id, team_id
     HAVING sum(settled) <> 0 OR sum(unknown) <> 0 OR sum(settled_attempts) <> 0 OR sum(unknown_attempts) <> 0))
)sql";

AuditBreak attempt_break(const ChainedRecord& record, std::string what) {
  return {record.number, "attempts", std::move(what)};
}

}  // namespace

Result<TableCheck> TableCheck::prepare(Database& database) {
  FERRY_TRY(Statement attempt,
            database.prepare(
                "check an attempt",
                "SELECT intent, outcome, time_us, route, target, team_id, reserved, key_id, user, fate, "
                "cost FROM attempts WHERE exchange = ?1 AND attempt = ?2"));
  FERRY_TRY(Statement label,
            database.prepare("check a label",
                             "SELECT 1 FROM attempt_labels WHERE label = ?1 AND exchange = ?2 AND "
                             "attempt = ?3"));
  FERRY_TRY(Statement sums, database.prepare("check the ledger", kSums));
  return TableCheck(std::move(attempt), std::move(label), std::move(sums));
}

Result<std::optional<AuditBreak>> TableCheck::check(const ChainedRecord& record) {
  std::string wrong;
  if (record.view.is(RecordKind::intent)) {
    const auto intent = decode_intent(record.view);
    if (!intent) return attempt_break(record, intent.error().message);
    FERRY_TRY(wrong, check_intent(record, *intent));
  } else if (record.view.is(RecordKind::outcome)) {
    const auto outcome = decode_outcome(record.view);
    if (!outcome) return attempt_break(record, outcome.error().message);
    FERRY_TRY(wrong, check_outcome(record, *outcome));
  }
  attempt_.finish();
  if (wrong.empty()) return std::nullopt;
  return attempt_break(record, std::move(wrong));
}

Result<std::string> TableCheck::check_intent(const ChainedRecord& record, const Intent& intent) {
  FERRY_TRY_VOID(attempt_.start(IdBytes(intent.exchange), intent.attempt));
  FERRY_TRY(const bool found, attempt_.next());
  if (!found) return "its attempt is missing";
  const auto counted = attempt_.column<std::optional<int64_t>>(0);
  if (counted != record.number) {  // a second intent, or one after its outcome: the first counts
    const int64_t first = counted.value_or(attempt_.column<int64_t>(1));
    return first < record.number ? std::string() : "its attempt names another intent";
  }
  if (attempt_.column<int64_t>(2) != intent.time_us) return "its attempt has another time";
  if (attempt_.column<std::string_view>(3) != intent.route) return "its attempt has another route";
  if (attempt_.column<std::string_view>(4) != intent.target) return "its attempt has another target";
  if (attempt_.column<std::string_view>(5) != intent.team_id) return "its attempt has another team";
  if (attempt_.column<int64_t>(6) != intent.reserved) return "its attempt has another reservation";
  if (record.view.personal && attempt_.column<std::string_view>(7) != intent.key_id) {
    return "its attempt has another key";
  }
  if (record.view.personal && attempt_.column<std::string_view>(8) != intent.user) {
    return "its attempt has another user";
  }
  return check_labels(intent);
}

Result<std::string> TableCheck::check_labels(const Intent& intent) {
  for (const std::string& label : std::set<std::string>(intent.labels.begin(), intent.labels.end())) {
    FERRY_TRY_VOID(label_.start(label, IdBytes(intent.exchange), intent.attempt));
    FERRY_TRY(const bool found, label_.next());
    label_.finish();
    if (!found) return fmt::format("its attempt lacks the label \"{}\"", label);
    ++labels_;
  }
  return std::string();
}

Result<std::string> TableCheck::check_outcome(const ChainedRecord& record, const Outcome& outcome) {
  FERRY_TRY_VOID(attempt_.start(IdBytes(outcome.exchange), outcome.attempt));
  FERRY_TRY(const bool found, attempt_.next());
  if (!found) return "its attempt is missing";
  const auto counted = attempt_.column<std::optional<int64_t>>(1);
  if (counted && *counted < record.number) return std::string();  // a second outcome: the first counts
  if (counted != record.number) return "its attempt does not name it";
  if (attempt_.column<std::optional<int64_t>>(9) != static_cast<int64_t>(outcome.fate)) {
    return "its attempt has another fate";
  }
  if (attempt_.column<std::optional<int64_t>>(10) != outcome.cost) return "its attempt has another cost";
  return std::string();
}

Result<std::optional<AuditBreak>> TableCheck::check_sums() {
  FERRY_TRY_VOID(sums_.start());
  FERRY_TRY_VOID(sums_.next());
  const auto labels = sums_.column<int64_t>(0);
  const auto strangers = sums_.column<int64_t>(1);
  const auto differing = sums_.column<int64_t>(2);
  sums_.finish();
  if (strangers > 0) return AuditBreak{0, "attempts", fmt::format("{} that no record knows", strangers)};
  if (labels != labels_) {
    return AuditBreak{0, "attempt_labels", fmt::format("there are {}, the records have {}", labels, labels_)};
  }
  if (differing > 0) {
    return AuditBreak{0, "ledger", fmt::format("{} of its sums are not those of the attempts", differing)};
  }
  return std::nullopt;
}

}  // namespace ferry
