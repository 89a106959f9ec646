#include "serve/traffic/report/savings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/core/rng.h"
#include "serve/traffic/report/shadow_pairs.h"

namespace ferry {
namespace {

constexpr size_t kMostBootstrapUnits = 2000;
constexpr int kDraws = 1000;

struct Exchange {
  std::string route;
  std::string answered;  // the target
  int64_t cost = 0;
  std::vector<Counterfactual> others;
  std::map<std::string, int64_t> shadows;  // what each did cost, by target
};

struct Line {
  SavingsRow row;
  std::vector<PricedExchange> exchanges;
  double estimates = 0;  // as they were recorded, of those that were moved
  double moved = 0;
};

// Route, the target that answered, the other.
using Course = std::tuple<std::string, std::string, std::string>;
using Ratios = std::map<Course, CostRatio>;

void add(const Attempt& attempt, Exchange& exchange) {
  if (!attempt.outcome) return;
  if (attempt.intent.role == AttemptRole::shadow) {
    if (attempt.outcome->fate == Fate::ok) exchange.shadows[attempt.intent.target] = attempt.outcome->cost;
    return;
  }
  exchange.cost += attempt.outcome->cost;
  // Attempts come the newest first: the last one with estimates counts.
  if (!exchange.others.empty() || attempt.outcome->counterfactuals.empty()) return;
  exchange.route = attempt.intent.route;
  exchange.answered = attempt.intent.target;
  exchange.others = attempt.outcome->counterfactuals;
}

// Only estimates are to be moved: a price of the same tokens stays what it is.
Ratios ratios_of(const std::map<ExchangeId, Exchange>& exchanges) {
  std::map<Course, std::vector<CostPair>> pairs;
  for (const auto& [id, exchange] : exchanges) {
    for (const Counterfactual& other : exchange.others) {
      const auto shadow = exchange.shadows.find(other.target);
      if (shadow == exchange.shadows.end() || !other.is_estimate) continue;
      pairs[{exchange.route, exchange.answered, other.target}].push_back(
          {.estimated = static_cast<double>(other.cost), .paid = static_cast<double>(shadow->second)});
    }
  }
  Ratios ratios;
  for (const auto& [course, all] : pairs) ratios[course] = cost_ratio(all);
  return ratios;
}

// What the exchange would have cost there, with its error.
PricedExchange priced(const Exchange& exchange, const Counterfactual& other, const CostRatio& ratio) {
  PricedExchange made{.actual = static_cast<double>(exchange.cost)};
  if (const auto shadow = exchange.shadows.find(other.target); shadow != exchange.shadows.end()) {
    made.counterfactual = static_cast<double>(shadow->second);
    return made;
  }
  made.counterfactual = static_cast<double>(other.cost);
  if (!other.is_estimate) return made;
  made.counterfactual *= ratio.ratio;
  made.error = made.counterfactual * (ratio.pairs > 0 ? ratio.relative_error : other.relative_error);
  return made;
}

void add(const Exchange& exchange, const Counterfactual& other, const CostRatio& ratio, Line& line) {
  SavingsRow& row = line.row;
  row.route = exchange.route;
  row.other = other.target;
  ++row.exchanges;
  const bool is_shadowed = exchange.shadows.contains(other.target);
  row.shadowed += is_shadowed ? 1 : 0;
  const PricedExchange made = priced(exchange, other, ratio);
  if (!is_shadowed && other.is_estimate) {
    ++row.estimated;
    line.estimates += static_cast<double>(other.cost);
    line.moved += made.counterfactual;
  }
  row.actual += exchange.cost;
  row.counterfactual += std::llround(made.counterfactual);
  line.exchanges.push_back(made);
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
  Ratios ratios = ratios_of(exchanges);
  std::map<std::pair<std::string, std::string>, Line> lines;
  for (const auto& [id, exchange] : exchanges) {
    for (const Counterfactual& other : exchange.others) {
      add(exchange, other, ratios[{exchange.route, exchange.answered, other.target}],
          lines[{exchange.route, other.target}]);
    }
  }
  std::vector<SavingsRow> rows;
  for (auto& [key, line] : lines) {
    const SavedRange saved = bootstrap_saved(line.exchanges, seed);
    line.row.saved_low = std::llround(saved.low);
    line.row.saved_high = std::llround(saved.high);
    if (line.estimates > 0) line.row.ratio = line.moved / line.estimates;
    rows.push_back(std::move(line.row));
  }
  return rows;
}

}  // namespace ferry
