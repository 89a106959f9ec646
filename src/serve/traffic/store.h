#pragma once
// The record as it can be asked for: SQLite in the data directory. Slow compared with a network thread's
// work; any other thread may call anything, one call at a time runs (a lock inside).

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "serve/traffic/records.h"

namespace ferry {

// Half-open: from <= time < to.
struct TimeRange {
  int64_t from_us = 0;
  int64_t to_us = INT64_MAX;
};

// Empty fields do not filter.
struct AttemptFilter {
  TimeRange time = {};
  std::string route = {};
  std::string target = {};
  std::string key_id = {};
  std::string team_id = {};
  std::string user = {};
  std::string label = {};
  std::optional<Fate> fate = {};
  bool unknown_only = false;  // without an outcome
  size_t limit = 100;
};

// An attempt as far as it is known. Without an outcome its fate is unknown and its cost is the reservation.
struct Attempt {
  Intent intent;
  std::optional<Outcome> outcome;
};

enum class Period { day, month };  // of UTC

// What a key of a team spent.
struct Balance {
  std::string key_id;
  std::string team_id;
  int64_t settled = 0;  // money: costs of outcomes
  int64_t unknown = 0;  // money: reservations of intents without outcome
  int64_t settled_attempts = 0;
  int64_t unknown_attempts = 0;

  int64_t spent() const { return settled + unknown; }
};

class TrafficStore {
 public:
  // Creates it where there is none. Errors: io, corrupt; they name the file.
  static Result<std::unique_ptr<TrafficStore>> open(const std::filesystem::path& data_dir);
  ~TrafficStore();
  TrafficStore(const TrafficStore&) = delete;
  TrafficStore& operator=(const TrafficStore&) = delete;

  // The newest first.
  Result<std::vector<Attempt>> attempts(const AttemptFilter& filter);
  // All attempts of one exchange, by number; empty: there is none.
  Result<std::vector<Attempt>> exchange(ExchangeId id);
  Result<std::vector<Content>> contents(ExchangeId id, std::string_view content_key);
  Result<std::vector<Feedback>> feedback(ExchangeId id, std::string_view content_key);

  // Of the period that `at_us` lies in; an attempt counts to the period of its intent.
  Result<std::vector<Balance>> balances(Period period, int64_t at_us);

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  explicit TrafficStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ferry
