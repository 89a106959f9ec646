#include "serve/route/target_health.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/core/result.h"

namespace ferry {

bool is_fault(TargetOutcome outcome) {
  switch (outcome) {
    case TargetOutcome::refused:
    case TargetOutcome::timeout:
    case TargetOutcome::server_error:
    case TargetOutcome::cut_stream:
    case TargetOutcome::error_event:
    case TargetOutcome::rate_limited:
      return true;
    case TargetOutcome::success:
    case TargetOutcome::caller_error:
    case TargetOutcome::cancelled:
      return false;
  }
  return false;
}

TargetHealth::TargetHealth(BreakerSettings settings, uint64_t seed) : settings_(settings), rng_(seed) {
  FERRY_CHECK(settings.window >= 1 && settings.window <= 64 && settings.faults_in_a_row >= 1);
}

std::optional<TargetHealth::Permit> TargetHealth::admit(Time now) {
  const std::scoped_lock lock(mutex_);
  if (state_ == State::closed) return Permit{false, generation_};
  if (!probe_is_due(now)) return std::nullopt;
  state_ = State::half_open;
  probe_lapses_ = now + settings_.most_open.count();
  return Permit{true, generation_};
}

void TargetHealth::report(const Permit& permit, TargetOutcome outcome, Time now,
                          std::optional<Duration> retry_after) {
  const std::scoped_lock lock(mutex_);
  if (permit.generation != generation_) return;
  const bool says_nothing = outcome == TargetOutcome::cancelled || outcome == TargetOutcome::caller_error;
  if (permit.is_probe) {
    probe_lapses_ = 0;
    if (outcome == TargetOutcome::success) return close();
    // A target that tells a caller what is wrong is there; after a client that went away nothing is known.
    if (outcome == TargetOutcome::caller_error) return close();
    if (says_nothing) return;
    ++failed_probes_;
    return open(now, retry_after);
  }
  if (says_nothing) return;
  note(is_fault(outcome));
  const bool is_told = outcome == TargetOutcome::rate_limited && retry_after && retry_after->count() > 0;
  if (is_told || too_many_faults()) open(now, retry_after);
}

bool TargetHealth::available(Time now) const {
  const std::scoped_lock lock(mutex_);
  return state_ == State::closed || probe_is_due(now);
}

Duration TargetHealth::retry_after(Time now) const {
  const std::scoped_lock lock(mutex_);
  if (state_ == State::closed) return Duration(0);
  return Duration(std::max<Time>({open_until_ - now, probe_lapses_ > now ? 1 : 0, 0}));
}

TargetHealth::State TargetHealth::state(Time now) const {
  const std::scoped_lock lock(mutex_);
  return state_ == State::open && now >= open_until_ ? State::half_open : state_;
}

void TargetHealth::close() {
  state_ = State::closed;
  ++generation_;
  outcomes_ = 0;
  known_ = in_a_row_ = failed_probes_ = 0;
  probe_lapses_ = 0;
}

void TargetHealth::open(Time now, std::optional<Duration> retry_after) {
  const double doubled =
      std::ldexp(static_cast<double>(settings_.first_open.count()), std::min(failed_probes_, 30));
  const double time = std::min(doubled, static_cast<double>(settings_.most_open.count()));
  const double jittered = time * (1 + settings_.jitter * (2 * rng_.uniform() - 1));
  // What the upstream asks for is kept, later rather than sooner.
  const double wished =
      retry_after
          ? static_cast<double>(std::clamp(*retry_after, Duration(0), settings_.most_retry_after).count()) *
                (1 + settings_.jitter * rng_.uniform())
          : 0;
  open_until_ = now + std::llround(std::max(jittered, wished));
  state_ = State::open;
  ++generation_;
  probe_lapses_ = 0;
}

void TargetHealth::note(bool fault) {
  outcomes_ = outcomes_ << 1 | (fault ? 1u : 0u);
  known_ = std::min(known_ + 1, settings_.window);
  in_a_row_ = fault ? in_a_row_ + 1 : 0;
}

bool TargetHealth::too_many_faults() const {
  if (in_a_row_ >= settings_.faults_in_a_row) return true;
  if (known_ < settings_.least_outcomes || (outcomes_ & 1u) == 0) return false;
  const uint64_t window = ~uint64_t{0} >> (64 - known_);
  return std::popcount(outcomes_ & window) >= settings_.fault_share * known_;
}

std::string_view to_string(TargetHealth::State state) {
  switch (state) {
    case TargetHealth::State::closed:
      return "closed";
    case TargetHealth::State::open:
      return "open";
    case TargetHealth::State::half_open:
      return "half_open";
  }
  return "?";
}

}  // namespace ferry
