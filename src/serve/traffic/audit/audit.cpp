#include "serve/traffic/audit/audit.h"

#include <cstring>
#include <set>

#include "serve/traffic/audit/erasures.h"
#include "serve/traffic/audit/tables.h"

namespace ferry {
namespace {

// A row of `records`; the views live until the next one is read.
struct Row {
  ChainedRecord record;
  std::span<const std::byte> exchange;
  std::string_view head;
  std::string_view personal_digest;
  std::optional<std::string_view> salt;
  bool fits_a_record = true;  // kind and version are a byte each
};

Row read_row(Statement& statement) {
  const auto bytes = [&](int column) {
    return as_text(statement.column<std::span<const std::byte>>(column));
  };
  const auto maybe = [&](int column) -> std::optional<std::string_view> {
    const auto blob = statement.column<std::optional<std::span<const std::byte>>>(column);
    return blob ? std::optional(as_text(*blob)) : std::nullopt;
  };
  Row row;
  row.record.number = statement.column<int64_t>(0);
  const auto kind = statement.column<int64_t>(1);
  const auto version = statement.column<int64_t>(2);
  row.record.view.kind = static_cast<uint8_t>(kind);
  row.record.view.version = static_cast<uint8_t>(version);
  row.fits_a_record = row.record.view.kind == kind && row.record.view.version == version;
  row.exchange = statement.column<std::span<const std::byte>>(3);
  row.head = bytes(4);
  row.personal_digest = bytes(5);
  row.salt = maybe(6);
  row.record.view.open = bytes(7);
  row.record.view.personal = maybe(8);
  return row;
}

std::optional<Digest> as_digest(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

// What is wrong with a row by itself, and after the head before it; empty: nothing.
std::string check_row(const Row& row, const ChainHead& before) {
  const int64_t expected = before.number + 1;
  if (row.record.number > expected)
    return fmt::format("it is missing; the next one there is {}", row.record.number);
  const RecordView& record = row.record.view;
  const auto personal = as_digest(row.personal_digest);
  if (!personal) return "its personal_digest is none";
  if (!row.fits_a_record) return "its kind or version is none";
  if (record.personal.has_value() != row.salt.has_value())
    return "it has a salt or a personal part without the other";
  if (record.personal && personal_digest(*row.salt, *record.personal) != *personal) {
    return "its personal part, or the salt, was changed";
  }
  const Digest head =
      chain_head(expected, before.digest, record_digest(record.kind, record.version, record.open, *personal));
  if (bytes_of(head) != row.head) {
    return "its head does not follow from its bytes and the head before: it was changed, put in or moved, or "
           "the "
           "record before it was";
  }
  return {};
}

// The exchange that a record names in its bytes.
std::optional<ExchangeId> exchange_of(const RecordView& record) {
  if (record.version != kRecordVersion) return std::nullopt;
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::intent:
    case RecordKind::outcome:
    case RecordKind::content:
    case RecordKind::feedback:
      return leading_id(record.open);
    case RecordKind::erasure:
    case RecordKind::config_change:
      break;
  }
  return std::nullopt;
}

std::string check_exchange(const Row& row) {
  const auto exchange = exchange_of(row.record.view);
  if (row.exchange.empty() && !exchange) return {};
  if (exchange && row.exchange.size() == 16 && read_id(row.exchange) == *exchange) return {};
  return "its column \"exchange\" is not the exchange in its bytes";
}

AuditBreak head_break(const ChainHead& kept, const std::optional<Digest>& there, const ChainHead& last) {
  if (!there) {
    return {kept.number, "records",
            fmt::format("a head kept elsewhere names it, but the chain ends at {}: its end was cut off",
                        last.number)};
  }
  return {kept.number, "records",
          fmt::format(
              "its head is {}, the one kept elsewhere {}: records up to it were changed and the chain made "
              "anew",
              to_hex(*there), to_hex(kept.digest))};
}

}  // namespace

Result<AuditReport> verify_chain(Database& database, const std::optional<ChainHead>& kept,
                                 FunctionRef<Result<void>(const ChainedRecord&)> visit) {
  FERRY_TRY(Statement rows,
            database.prepare("read the chain",
                             "SELECT number, kind, version, exchange, head, personal_digest, salt, "
                             "open, personal FROM records ORDER BY number"));
  FERRY_TRY_VOID(rows.start());
  AuditReport report;
  ErasureCheck erasures;
  std::optional<Digest> at_kept;
  if (kept && kept->number == 0) at_kept = Digest{};
  while (true) {
    FERRY_TRY(const bool found, rows.next());
    if (!found) break;
    const Row row = read_row(rows);
    std::string wrong = check_row(row, report.head);
    if (wrong.empty()) wrong = check_exchange(row);
    if (!wrong.empty()) {
      report.broken = {report.head.number + 1, "records", std::move(wrong)};
      return report;
    }
    report.head = {row.record.number, *as_digest(row.head)};
    if (kept && kept->number == report.head.number) at_kept = report.head.digest;
    ++report.records_by_kind[std::string(to_string(static_cast<RecordKind>(row.record.view.kind)))];
    report.erased += row.record.view.personal ? 0 : 1;
    erasures.add(row.record);
    FERRY_TRY_VOID(visit(row.record));
  }
  if (const auto unexplained = erasures.first_unexplained()) {
    report.broken = {*unexplained, "records",
                     "its personal part is gone, and no record of an erasure says why"};
  }
  if (kept && at_kept != kept->digest) report.broken = head_break(*kept, at_kept, report.head);
  report.head_was_checked = kept.has_value();
  return report;
}

Result<AuditReport> verify_store(Database& database, const std::optional<ChainHead>& kept) {
  FERRY_TRY(TableCheck tables, TableCheck::prepare(database));
  std::optional<AuditBreak> table_break;
  FERRY_TRY(AuditReport report,
            verify_chain(database, kept, [&](const ChainedRecord& record) -> Result<void> {
              if (table_break) return {};
              FERRY_TRY(table_break, tables.check(record));
              return {};
            }));
  if (report.broken) return report;
  if (!table_break) {
    FERRY_TRY(table_break, tables.check_sums());
  }
  report.broken = table_break;
  return report;
}

Result<ChainHead> read_head(Database& database) {
  FERRY_TRY(Statement row, database.prepare("read the end of the chain",
                                            "SELECT number, head FROM records ORDER BY number DESC LIMIT 1"));
  FERRY_TRY_VOID(row.start());
  FERRY_TRY(const bool found, row.next());
  if (!found) return ChainHead{};
  const auto digest = as_digest(as_text(row.column<std::span<const std::byte>>(1)));
  const auto number = row.column<int64_t>(0);
  if (digest) return ChainHead{number, *digest};
  return fail(ErrorCode::corrupt, "{}: record {}: its head is no digest; `ferry audit verify` says more",
              database.path().string(), number);
}

}  // namespace ferry
