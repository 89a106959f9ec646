#include "serve/traffic/audit/proof.h"

#include <algorithm>
#include <set>

namespace ferry {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

std::string place_of(const Intent& intent) {
  if (intent.is_local) return "local";
  return fmt::format("{} ({})", intent.provider, intent.region.empty() ? "region not known" : intent.region);
}

bool carries_label(const Intent& intent, const ProofRequest& request) {
  return intent.time_us >= request.time.from_us && intent.time_us < request.time.to_us &&
         contains(intent.labels, request.label);
}

// The exchanges with the label; verifies the chain on the way.
Result<std::set<ExchangeId>> find_labelled(Database& database, const ProofRequest& request, Proof& proof) {
  std::set<ExchangeId> labelled;
  FERRY_TRY(proof.chain,
            verify_chain(database, request.kept_head, [&](const ChainedRecord& record) -> Result<void> {
              if (!record.view.is(RecordKind::intent)) return {};
              FERRY_TRY(const Intent intent, decode_intent(record.view));
              if (carries_label(intent, request)) labelled.insert(intent.exchange);
              return {};
            }));
  return labelled;
}

ProvedAttempt judge_attempt(int64_t record, Intent intent, const ForbiddenPlaces& forbidden) {
  ProvedAttempt attempt{.record = record, .intent = std::move(intent)};
  attempt.was_sent = attempt.intent.attempt > 0;
  if (attempt.was_sent) attempt.violation = forbidden.violated_by(attempt.intent);
  return attempt;
}

void count(const ProvedAttempt& attempt, Proof& proof) {
  proof.violations += attempt.violation.empty() ? 0 : 1;
  if (!attempt.was_sent) {
    ++proof.unsent;
    return;
  }
  ++proof.attempts;
  ++proof.places[place_of(attempt.intent)];
}

}  // namespace

std::string ForbiddenPlaces::violated_by(const Intent& intent) const {
  if (contains(providers, intent.provider)) return fmt::format("provider {}", intent.provider);
  if (intent.is_local) return {};
  if (non_local) return fmt::format("not local: {}", place_of(intent));
  if (contains(regions, intent.region)) return fmt::format("region {}", intent.region);
  if (!regions.empty() && intent.region.empty()) return "a region that is not known";
  return {};
}

Result<void> add_forbidden(std::string_view text, ForbiddenPlaces& places) {
  constexpr std::string_view kProvider = "provider:";
  constexpr std::string_view kRegion = "region:";
  if (text == "non-local") {
    places.non_local = true;
  } else if (text.starts_with(kProvider) && text.size() > kProvider.size()) {
    places.providers.emplace_back(text.substr(kProvider.size()));
  } else if (text.starts_with(kRegion) && text.size() > kRegion.size()) {
    places.regions.emplace_back(text.substr(kRegion.size()));
  } else {
    return fail(ErrorCode::invalid_argument,
                "\"{}\" is no place: give provider:NAME, region:NAME or non-local", text);
  }
  return {};
}

Result<Proof> prove(Database& database, const ProofRequest& request,
                    const std::function<Result<void>(const ProvedAttempt&)>& visit) {
  Proof proof;
  FERRY_TRY(const std::set<ExchangeId> labelled, find_labelled(database, request, proof));
  proof.exchanges = static_cast<int64_t>(labelled.size());
  FERRY_TRY(Statement rows,
            database.prepare("read the intents",
                             "SELECT number, exchange, open, personal FROM records "
                             "WHERE kind = ?1 AND version = ?2 AND number <= ?3 ORDER BY number"));
  // Only what the chain was found in order for.
  FERRY_TRY_VOID(rows.start(static_cast<int>(RecordKind::intent), kRecordVersion, proof.chain.head.number));
  while (true) {
    FERRY_TRY(const bool found, rows.next());
    if (!found) return proof;
    if (!labelled.contains(read_id(rows.column<std::span<const std::byte>>(1)))) continue;
    const auto personal = rows.column<std::optional<std::span<const std::byte>>>(3);
    FERRY_TRY(Intent intent,
              decode_intent({.kind = static_cast<uint8_t>(RecordKind::intent),
                             .version = kRecordVersion,
                             .open = as_text(rows.column<std::span<const std::byte>>(2)),
                             .personal = personal ? std::optional(as_text(*personal)) : std::nullopt}));
    const ProvedAttempt attempt =
        judge_attempt(rows.column<int64_t>(0), std::move(intent), request.forbidden);
    count(attempt, proof);
    FERRY_TRY_VOID(visit(attempt));
  }
}

}  // namespace ferry
