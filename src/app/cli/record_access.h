#pragma once
// What `ferry audit`, `ferry traffic` and `ferry report` have in common: opening the record, times, filters,
// and how attempts are printed.

#include <memory>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/configuration.h"
#include "base/core/json.h"
#include "serve/traffic/store.h"

namespace ferry::cli {

// The data folder, after what a stopped gateway left in its journal was carried into the database.
Result<std::filesystem::path> open_record(const Configuration& configuration);

// "2026-01-31" (when that day begins, UTC), "2026-01-31T12:00:00Z", or "7d": so long before `now_us`. In µs
// since 1970. Errors say what was wanted.
Result<int64_t> parse_time(std::string_view text, int64_t now_us);
// "2026-01-31T12:00:00.123Z"
std::string time_text(int64_t unix_us);

// --from and --to; what is not given does not bound.
struct TimeFlags {
  std::string from;
  std::string to;

  void add_to(std::vector<Option>& options);
  Result<TimeRange> range() const;
};

// --route, --target, --key, --team, --user, --label and the time.
struct FilterFlags {
  TimeFlags time;
  AttemptFilter filter;

  void add_to(std::vector<Option>& options);
  Result<AttemptFilter> read() const;
};

std::string fate_text(const Attempt& attempt);  // "unknown" without an outcome
void write_attempt(JsonWriter& w, const Attempt& attempt);

}  // namespace ferry::cli
