#pragma once
// Limits on requests, tokens and concurrency of nested accounts.
//
// In no 60 seconds are more requests admitted than requests_per_minute says, whenever they begin. (A token
// bucket of the same number admits nearly twice as many in the minute after a quiet time.) Time is counted in
// slots of half a second, so that a place is free again 60 to 60.5 s after it was taken. Tokens count in the
// same way: the estimate when the request is admitted, corrected to what it really took when that is known.
//
// Any thread. A call holds one lock for the time of some additions.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "serve/accounts/principal.h"

namespace ferry {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class LimitKind : uint8_t { requests_per_minute, tokens_per_minute, concurrent };

// The numbers of OpenAI's x-ratelimit-* headers: of the account that has the least left.
struct RateLimitReading {
  int64_t limit = 0;
  int64_t remaining = 0;
  std::chrono::milliseconds reset{0};  // until everything that counts now has left the window
};
struct RateLimitReadings {
  std::optional<RateLimitReading> requests = {};  // not set: no account has such a limit
  std::optional<RateLimitReading> tokens = {};
};

// Why a request was not admitted: 429.
struct LimitRefusal {
  LimitKind kind = LimitKind::requests_per_minute;
  AccountLevel level = AccountLevel::key;  // whose limit it is
  std::string account;                     // the name of that key, team or organisation
  int64_t limit = 0;
  int64_t used = 0;       // of the limit, by others and before
  int64_t requested = 0;  // by this request
  // When the same request can succeed, as far as is known now; for concurrency a second. Not set: never, it
  // is larger than the limit.
  std::optional<std::chrono::milliseconds> retry_after = {};
  RateLimitReadings readings = {};

  std::string message() const;  // for the client
};

class RateLimiter;

// An admitted request: counts as running until it is released or destroyed. Movable; one thread at a time.
class Admission {
 public:
  Admission() = default;
  Admission(Admission&& other) noexcept;
  Admission& operator=(Admission&& other) noexcept;
  ~Admission() { release(); }

  // Once and before release(), when it is known what the request really took. What was not taken is given
  // back as if it had never been estimated; what was taken beyond the estimate counts from `now`.
  void correct_tokens(int64_t tokens, SteadyTime now);
  void release();

  const RateLimitReadings& readings() const { return readings_; }  // of when it was admitted

 private:
  friend class RateLimiter;
  std::shared_ptr<RateLimiter> limiter_;  // null: released
  std::shared_ptr<const Principal> principal_;
  int64_t slot_ = 0;    // when it was admitted
  int64_t tokens_ = 0;  // the estimate
  RateLimitReadings readings_;
};

class RateLimiter : public std::enable_shared_from_this<RateLimiter> {
 public:
  // estimated_tokens >= 0: of the prompt, and of the answer as far as it is bounded. All accounts admit the
  // request, or none counts it.
  tl::expected<Admission, LimitRefusal> admit(std::shared_ptr<const Principal> principal,
                                              int64_t estimated_tokens, SteadyTime now);

 private:
  friend class Admission;

  std::mutex mutex_;  // guards AccountCounters::rates of every account
};

}  // namespace ferry
