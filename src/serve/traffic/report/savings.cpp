#include "serve/traffic/report/savings.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/core/rng.h"

namespace ferry {
namespace {

constexpr size_t kMostBootstrapUnits = 2000;
constexpr int kDraws = 1000;

struct Exchange {
  std::string route;
  int64_t cost = 0;
  std::vector<Counterfactual> others;
};

struct Line {
  SavingsRow row;
  std::vector<PricedExchange> exchanges;
};

void add(const Attempt& attempt, Exchange& exchange) {
  if (attempt.intent.role == AttemptRole::shadow || !attempt.outcome) return;
  exchange.cost += attempt.outcome->cost;
  // Attempts come the newest first: the last one with estimates counts.
  if (!exchange.others.empty() || attempt.outcome->counterfactuals.empty()) return;
  exchange.route = attempt.intent.route;
  exchange.others = attempt.outcome->counterfactuals;
}

void add(const Exchange& exchange, const Counterfactual& other, Line& line) {
  SavingsRow& row = line.row;
  row.route = exchange.route;
  row.other = other.target;
  ++row.exchanges;
  row.estimated += other.is_estimate ? 1 : 0;
  row.actual += exchange.cost;
  row.counterfactual += other.cost;
  const auto cost = static_cast<double>(other.cost);
  line.exchanges.push_back({.actual = static_cast<double>(exchange.cost),
                            .counterfactual = cost,
                            .error = other.is_estimate ? cost * other.relative_error : 0});
}

// Sums of every kMostBootstrapUnits-th exchange: at most so many units.
std::vector<PricedExchange> in_units(const std::vector<PricedExchange>& exchanges) {
  if (exchanges.size() <= kMostBootstrapUnits) return exchanges;
  std::vector<PricedExchange> units(kMostBootstrapUnits);
  for (size_t i = 0; i < exchanges.size(); ++i) {
    PricedExchange& unit = units[i % kMostBootstrapUnits];
    unit.actual += exchanges[i].actual;
    unit.counterfactual += exchanges[i].counterfactual;
    unit.error += exchanges[i].error;
  }
  return units;
}

}  // namespace

SavedRange bootstrap_saved(const std::vector<PricedExchange>& exchanges, uint64_t seed) {
  if (exchanges.empty()) return {};
  const std::vector<PricedExchange> units = in_units(exchanges);
  Rng rng(seed);
  std::vector<double> sums;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double error = rng.gaussian();
    double sum = 0;
    for (size_t i = 0; i < units.size(); ++i) {
      const PricedExchange& unit = units[rng.below(units.size())];
      sum += unit.counterfactual + error * unit.error - unit.actual;
    }
    sums.push_back(sum);
  }
  std::sort(sums.begin(), sums.end());
  return {sums[kDraws * 25 / 1000], sums[kDraws * 975 / 1000 - 1]};
}

Result<std::vector<SavingsRow>> savings_report(TrafficStore& store, const AttemptFilter& filter,
                                               uint64_t seed) {
  std::map<ExchangeId, Exchange> exchanges;
  FERRY_TRY_VOID(store.each_attempt(filter, [&](const Attempt& attempt) -> Result<void> {
    add(attempt, exchanges[attempt.intent.exchange]);
    return {};
  }));
  std::map<std::pair<std::string, std::string>, Line> lines;
  for (const auto& [id, exchange] : exchanges) {
    for (const Counterfactual& other : exchange.others) {
      add(exchange, other, lines[{exchange.route, other.target}]);
    }
  }
  std::vector<SavingsRow> rows;
  for (auto& [key, line] : lines) {
    const SavedRange saved = bootstrap_saved(line.exchanges, seed);
    line.row.saved_low = std::llround(saved.low);
    line.row.saved_high = std::llround(saved.high);
    rows.push_back(std::move(line.row));
  }
  return rows;
}

}  // namespace ferry
