#pragma once
// The record as it can be asked for: SQLite in the data directory. Slow compared with a network thread's
// work; any other thread may call anything, one call at a time runs (a lock inside).

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "serve/traffic/records.h"
#include "serve/traffic/sealing.h"

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
  std::optional<size_t> limit = {};
};

// An attempt as far as it is known. Without an outcome its fate is unknown and its cost is the reservation.
struct Attempt {
  Intent intent;
  std::optional<Outcome> outcome;
};

// What a key of a team spent on a day.
struct DaySpend {
  int64_t day = 0;  // since 1970-01-01, UTC: the intent's
  std::string key_id;
  std::string team_id;
  int64_t settled = 0;  // money: costs of outcomes
  int64_t unknown = 0;  // money: reservations of intents without outcome
  int64_t settled_attempts = 0;
  int64_t unknown_attempts = 0;

  int64_t spent() const { return settled + unknown; }
  bool operator==(const DaySpend&) const = default;
};

class TrafficStore {
 public:
  // Creates it where there is none. Errors: io, corrupt; they name the file.
  static Result<std::unique_ptr<TrafficStore>> open(const std::filesystem::path& data_dir);
  ~TrafficStore();
  TrafficStore(const TrafficStore&) = delete;
  TrafficStore& operator=(const TrafficStore&) = delete;

  // The newest first, all of one moment. `visit` may not call the store; its error ends the walk.
  Result<void> each_attempt(const AttemptFilter& filter, FunctionRef<Result<void>(const Attempt&)> visit);
  Result<std::vector<Attempt>> attempts(const AttemptFilter& filter);
  // All attempts of one exchange, by number; empty: there is none.
  Result<std::vector<Attempt>> exchange(ExchangeId id);
  // In the order they came; what was erased is left out. `sealer`: for what is sealed; null: there is no key.
  // Errors: invalid_argument, where another key or none was given than it was sealed with.
  Result<std::vector<Content>> contents(ExchangeId id, const Sealer* sealer);
  Result<std::vector<Feedback>> feedback(ExchangeId id, const Sealer* sealer);

  // Of the days from `from_day` to before `to_day` (day_of()), by day, key and team. For balances.
  Result<std::vector<DaySpend>> spending(int64_t from_day, int64_t to_day);

 private:
  struct Parts;
  explicit TrafficStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

// Days since 1970-01-01, UTC.
int64_t day_of(int64_t unix_us);

}  // namespace ferry
