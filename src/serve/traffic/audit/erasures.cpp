#include "serve/traffic/audit/erasures.h"

#include "serve/traffic/byte_codec.h"

namespace ferry {

std::optional<ExchangeId> leading_id(std::string_view open) {
  ByteReader reader(open);
  const ExchangeId id = reader.id();
  if (!reader.ok()) return std::nullopt;
  return id;
}

void ErasureCheck::add(const ChainedRecord& record) {
  if (record.view.is(RecordKind::erasure)) {
    const auto erasure = decode_erasure(record.view);
    if (!erasure) return;
    for (const ExchangeId id : erasure->exchanges) erased_[id] = record.number;
    if (erasure->reason == ErasureReason::retention)
      expired_[erasure->route][erasure->before_us] = record.number;
  }
  if (record.view.personal) return;
  Missing missing{.number = record.number, .exchange = leading_id(record.view.open), .route = {}};
  if (record.view.is(RecordKind::content)) {
    if (const auto content = decode_open_content(record.view.open)) {
      missing.is_content = true;
      missing.route = content->record.route;
      missing.time_us = content->record.time_us;
    }
  }
  missing_.push_back(std::move(missing));
}

bool ErasureCheck::is_explained(const Missing& missing) const {
  if (missing.exchange) {
    const auto erased = erased_.find(*missing.exchange);
    if (erased != erased_.end() && erased->second > missing.number) return true;
  }
  const auto route = expired_.find(missing.route);
  if (!missing.is_content || route == expired_.end()) return false;
  for (auto at = route->second.upper_bound(missing.time_us); at != route->second.end(); ++at) {
    if (at->second > missing.number) return true;
  }
  return false;
}

std::optional<int64_t> ErasureCheck::first_unexplained() const {
  for (const Missing& missing : missing_) {
    if (!is_explained(missing)) return missing.number;
  }
  return std::nullopt;
}

}  // namespace ferry
