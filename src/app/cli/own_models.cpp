#include "app/cli/own_models.h"

#include <algorithm>

#include "serve/route/price.h"
#include "serve/traffic/report/traffic_report.h"

namespace ferry::cli {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

Result<int64_t> tokens_of(TrafficStore& store, const std::string& target, const TimeRange& period) {
  FERRY_TRY(const std::vector<TrafficRow> rows,
            traffic_report(store, {.time = period, .target = target}, GroupBy::target));
  int64_t tokens = 0;
  for (const TrafficRow& row : rows) tokens += row.prompt_tokens + row.completion_tokens;
  return tokens;
}

Result<OwnModelRow> row_of(TrafficStore& store, const TargetConfig& target, const DatedPrice& price,
                           const TimeRange& period) {
  OwnModelRow row{.target = target.name, .period = period};
  FERRY_TRY(row.tokens, tokens_of(store, target.name, period));
  const int64_t seconds = (period.to_us - period.from_us) / kSecondUs;
  const OwnModelPrice made = own_model_price(*price.hardware, seconds, row.tokens);
  // A period in which a million tokens were served costs what these came to.
  row.hardware = own_model_price(*price.hardware, seconds, kSecondUs).served.value_or(0);
  row.served = made.served;
  row.full_load = made.full_load;
  return row;
}

}  // namespace

Result<std::vector<OwnModelRow>> own_model_report(TrafficStore& store, const GatewayConfig& config,
                                                  const TimeRange& range, int64_t now_us) {
  const int64_t to_us = std::min(range.to_us, now_us);
  std::vector<OwnModelRow> rows;
  for (const auto& [name, target] : config.targets) {
    const DatedPrice* price = target.prices.at(to_us / kSecondUs);
    if (price == nullptr || !price->hardware) continue;
    const int64_t from_us = std::max(range.from_us, price->from * kSecondUs);
    if (from_us >= to_us) continue;
    FERRY_TRY(OwnModelRow row, row_of(store, target, *price, {from_us, to_us}));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace ferry::cli
