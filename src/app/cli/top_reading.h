#pragma once
// What `ferry top` shows, as numbers: two looks at a server's metrics become rates.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observe/metrics_reader.h"

namespace ferry::cli {

// A histogram's buckets as they are on the page: how many values up to each bound.
using TopBuckets = std::map<double, double>;

// What a page says of one route, target or key since the server's start.
struct TopCounts {
  double requests = 0;  // of a target: sendings
  double errors = 0;    // of them, those that were not answered though the client stayed
  double tokens = 0;    // of prompts and answers
  double cost = 0;
  double in_flight = 0;    // now; of routes
  double breaker = 0;      // now; of targets: 0 closed, 1 half open, 2 open
  TopBuckets first_token;  // seconds
  TopBuckets total;
};

// One look at a page.
struct TopReading {
  std::chrono::steady_clock::time_point time = {};
  bool has_gateway = false;  // whether the page has any of the gateway's families
  std::map<std::string, TopCounts> routes;
  std::map<std::string, TopCounts> targets;
  std::map<std::string, TopCounts> keys;
};

TopReading read_top(const std::vector<MetricSample>& samples, std::chrono::steady_clock::time_point time);

struct Percentiles {
  double p50 = 0;  // seconds
  double p99 = 0;
};

struct TopRow {
  std::string name;
  double requests_per_s = 0;
  double errors_per_s = 0;
  double tokens_per_s = 0;
  double cost_per_h = 0;
  double cost = 0;  // since the server's start
  double in_flight = 0;
  double breaker = 0;
  std::optional<Percentiles> first_token = {};  // nothing: none came
  std::optional<Percentiles> total = {};
};

struct TopFrame {
  double seconds = 0;                // that rates are of
  std::vector<TopRow> routes = {};   // the busiest first
  std::vector<TopRow> targets = {};  // the same
  std::vector<TopRow> keys = {};     // who spent most first
};

// A counter that is less than before began anew: the server was started again, and what it says now came
// since.
TopFrame frame_between(const TopReading& before, const TopReading& now);

// Interpolated within a bucket, as histogram_quantile() does; beyond the last bound: that. Nothing: no
// values.
std::optional<double> quantile_of(const TopBuckets& buckets, double share);

}  // namespace ferry::cli
