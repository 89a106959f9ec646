#pragma once
// A breaker for one target: it learns from that target's faults and from nothing else, so that what callers
// do wrong never closes a door to others.
//
//   closed ── faults ──► open ── its time is over ──► half open: one probe ──► closed, or open for longer
//
// Any number of threads; a lock that is held for some ten nanoseconds.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/core/rng.h"
#include "base/settings/units.h"

namespace ferry {

enum class TargetOutcome {
  success,
  // Its own faults.
  refused,       // no connection, TLS or DNS failed
  timeout,       // of connect, first token, idle or total
  server_error,  // 5xx, an answer that cannot be read
  cut_stream,    // ended before its end
  error_event,   // an error inside a stream that began well
  rate_limited,  // 429, 503 and 529 with Retry-After or without
  // Nobody's: say nothing about the target. They give back a probe.
  caller_error,  // 4xx
  cancelled,     // the client went away
};

bool is_fault(TargetOutcome outcome);

struct BreakerSettings {
  int faults_in_a_row = 5;   // open it
  double fault_share = 0.5;  // so do these of the last `window` outcomes, from `least_outcomes` on
  int window = 32;           // 1 to 64
  int least_outcomes = 10;
  Duration first_open{1000};  // then twice as long after each failed probe, up to
  Duration most_open{60000};
  double jitter = 0.2;  // of the time, to either side, so that gateways do not come back together
  Duration most_retry_after{600000};  // what an upstream may demand
};

class TargetHealth {
 public:
  enum class State { closed, open, half_open };

  using Time = int64_t;  // milliseconds of a clock that does not go back

  TargetHealth(BreakerSettings settings, uint64_t seed);

  // A permission to send one request; its outcome must be reported with it: of a probe, success as soon as
  // the first token is there. One that nobody reports lapses after `most_open`. Not given: open, or the probe
  // is out.
  struct Permit {
    bool is_probe = false;
    uint64_t generation = 0;  // of the closed time that it was given in
  };
  std::optional<Permit> admit(Time now);

  // `retry_after`: the upstream's wish, of rate_limited; it opens the breaker at once and for so long.
  void report(const Permit& permit, TargetOutcome outcome, Time now,
              std::optional<Duration> retry_after = {});

  // Without taking a permit.
  bool available(Time now) const;
  Duration retry_after(Time now) const;  // 0: now
  State state(Time now) const;

 private:
  void close();
  void open(Time now, std::optional<Duration> retry_after);
  void note(bool fault);
  bool too_many_faults() const;
  bool probe_is_due(Time now) const { return now >= open_until_ && now >= probe_lapses_; }

  const BreakerSettings settings_;
  mutable std::mutex mutex_;
  Rng rng_;
  State state_ = State::closed;
  uint64_t generation_ =
      0;  // of outcomes that count: what was sent before the breaker last changed says nothing new
  uint64_t outcomes_ = 0;  // bit 0: the last; 1: a fault
  int known_ = 0;          // of them, up to the window
  int in_a_row_ = 0;
  int failed_probes_ = 0;
  Time probe_lapses_ = 0;  // 0: none is out
  Time open_until_ = 0;
};

std::string_view to_string(TargetHealth::State state);

}  // namespace ferry
