#pragma once
// What became of exchanges, counted for Prometheus: by route, target and key. docs/observability.md has each
// family's meaning.
//
//   GatewayMetrics metrics;
//   gateway.observe({&metrics});
//   metrics.write(text); write_gateway_state(gateway, text);
//
// Counting takes some hundred nanoseconds an exchange, no lock, and no memory once a series is there. Series
// come from names (routes, targets, keys), which may come and go with configurations: their number is bounded
// (series_table.h).

#include <array>

#include "base/observe/metrics.h"
#include "base/observe/series_table.h"
#include "serve/gateway/gateway.h"
#include "serve/gateway/observer.h"

namespace ferry {

// Bounds of every histogram of times, in seconds. What the gateway adds itself is below the first.
inline constexpr std::array<double, 18> kGatewaySecondsBounds{
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500};

class GatewayMetrics final : public GatewayObserver {
 public:
  void began(const ObservedExchange& exchange) override;
  void attempt_ended(const ObservedExchange& exchange, const ObservedAttempt& attempt) override;
  void ended(const ObservedExchange& exchange, const ObservedEnd& end) override;
  std::string traceparent(const ObservedExchange&, uint32_t) override { return {}; }

  void write(MetricsText& text) const;

 private:
  struct Times {
    Histogram first_token_s{{kGatewaySecondsBounds.begin(), kGatewaySecondsBounds.end()}};
    Histogram total_s{{kGatewaySecondsBounds.begin(), kGatewaySecondsBounds.end()}};
  };
  struct Route {
    Counter began;
    Counter ended;
    Counter cache_hits;
    Counter cache_misses;
    Times times;
  };
  // What was used, in all.
  struct Usage {
    Counter prompt_tokens;
    Counter completion_tokens;
    Counter cached_tokens;
    Counter cache_creation_tokens;
    Counter reasoning_tokens;
    Counter cost;  // billionths

    void add(const RecordedUsage& usage, int64_t billionths);
  };
  struct Key {
    Counter requests;
    Usage usage;
  };
  struct UsageFamily {
    std::string_view name;  // after a prefix
    std::string_view help;
    Counter Usage::*count;
    double unit;
  };
  static const std::array<UsageFamily, 6> kUsageFamilies;

  void write_routes(MetricsText& text) const;
  void write_targets(MetricsText& text) const;
  void write_usage(MetricsText& text) const;
  void write_keys(MetricsText& text) const;

  SeriesTable<Route, 1> routes_{1000};
  SeriesTable<Counter, 3> requests_{4000};  // route, fate, status
  SeriesTable<Counter, 2> errors_{4000};    // route, error
  SeriesTable<Counter, 1> blocked_{200};    // label
  SeriesTable<Times, 1> targets_{1000};
  SeriesTable<Counter, 4> attempts_{4000};  // target, role, fate, error
  SeriesTable<Counter, 3> retries_{4000};   // route, target, fate
  SeriesTable<Usage, 3> usage_{4000};       // route, target, role
  SeriesTable<Key, 2> keys_{1000};          // key, team
  SeriesTable<Counter, 3> limited_{2000};   // key, team, error
};

// What the gateway knows at the moment without an observer: breakers, and how recording goes.
void write_gateway_state(Gateway& gateway, MetricsText& text);

}  // namespace ferry
