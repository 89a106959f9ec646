#include "serve/accounts/rate_limiter.h"

#include "serve/accounts/account_counters.h"

namespace ferry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlot{RateWindow::kSlotMs};
// Nobody knows when an exchange ends.
constexpr milliseconds kWaitForConcurrent{1000};

int64_t slot_of(SteadyTime time) {
  return std::chrono::floor<milliseconds>(time.time_since_epoch()) / kSlot;
}

milliseconds until(int64_t slot, SteadyTime now) {
  return std::chrono::ceil<milliseconds>(SteadyTime(slot * kSlot) - now);
}

RateWindow* window_at(std::unique_ptr<RateWindow>& window, bool limited, int64_t slot) {
  if (!limited) return nullptr;
  if (window == nullptr) window = std::make_unique<RateWindow>();
  window->advance(slot);
  return window.get();
}

// One account's windows, brought up to now; null where there is no limit.
struct Windows {
  RateWindow* requests;
  RateWindow* tokens;
};

Windows windows_of(const Account& account, int64_t slot) {
  RateCounters& rates = account.counters->rates;
  return {window_at(rates.requests, account.limits.requests_per_minute.has_value(), slot),
          window_at(rates.tokens, account.limits.tokens_per_minute.has_value(), slot)};
}

// Later is worse, and never is worst.
bool worse(const LimitRefusal& refusal, const std::optional<LimitRefusal>& than) {
  if (!than) return true;
  if (!than->retry_after) return false;
  return !refusal.retry_after || *refusal.retry_after > *than->retry_after;
}

struct Check {
  SteadyTime now;
  int64_t tokens;
  std::optional<LimitRefusal> refusal = {};  // the worst so far

  void refuse(const Account& account, LimitKind kind, int64_t limit, int64_t used, int64_t requested,
              std::optional<milliseconds> retry_after) {
    LimitRefusal found{.kind = kind,
                       .level = account.level,
                       .account = account.name,
                       .limit = limit,
                       .used = used,
                       .requested = requested,
                       .retry_after = retry_after};
    if (worse(found, refusal)) refusal = std::move(found);
  }

  void window(const Account& account, LimitKind kind, const RateWindow& window, int64_t limit,
              int64_t requested) {
    if (requested <= limit - window.sum()) return;
    std::optional<milliseconds> retry_after;
    if (requested <= limit) retry_after = until(window.slot_at_most(limit - requested), now);
    refuse(account, kind, limit, window.sum(), requested, retry_after);
  }

  void account(const Account& account, const Windows& windows) {
    const RateLimits& limits = account.limits;
    if (windows.requests != nullptr) {
      window(account, LimitKind::requests_per_minute, *windows.requests, *limits.requests_per_minute, 1);
    }
    if (windows.tokens != nullptr) {
      window(account, LimitKind::tokens_per_minute, *windows.tokens, *limits.tokens_per_minute, tokens);
    }
    const int64_t running = account.counters->rates.running;
    if (limits.concurrent && running >= *limits.concurrent) {
      refuse(account, LimitKind::concurrent, *limits.concurrent, running, 1, kWaitForConcurrent);
    }
  }
};

void read_window(std::optional<RateLimitReading>& tightest, const RateWindow* window,
                 const std::optional<int64_t>& limit, SteadyTime now) {
  if (window == nullptr) return;
  const int64_t remaining = std::max<int64_t>(0, *limit - window->sum());
  if (tightest && tightest->remaining <= remaining) return;
  tightest =
      RateLimitReading{.limit = *limit,
                       .remaining = remaining,
                       .reset = window->sum() == 0 ? milliseconds(0) : until(window->slot_empty(), now)};
}

RateLimitReadings read_all(const Principal& principal, int64_t slot, SteadyTime now) {
  RateLimitReadings readings;
  for (const auto& account : principal.accounts) {
    const Windows windows = windows_of(*account, slot);
    read_window(readings.requests, windows.requests, account->limits.requests_per_minute, now);
    read_window(readings.tokens, windows.tokens, account->limits.tokens_per_minute, now);
  }
  return readings;
}

void count(const Account& account, int64_t slot, int64_t tokens) {
  const Windows windows = windows_of(account, slot);
  if (windows.requests != nullptr) windows.requests->add(slot, 1);
  if (windows.tokens != nullptr) windows.tokens->add(slot, tokens);
  ++account.counters->rates.running;
}

std::string_view unit_of(LimitKind kind) {
  switch (kind) {
    case LimitKind::requests_per_minute:
      return "requests per minute";
    case LimitKind::tokens_per_minute:
      return "tokens per minute";
    case LimitKind::concurrent:
      return "requests at the same time";
  }
  return "?";
}

}  // namespace

std::string LimitRefusal::message() const {
  const std::string whose = account_title(level, account);
  if (!retry_after) {
    return fmt::format("the request counts {} {}, more than the {} that {} may use at all", requested,
                       unit_of(kind), limit, whose);
  }
  return fmt::format("{} may use {} {}: {} are used and this request needs {}; try again in {} s", whose,
                     limit, unit_of(kind), used, requested,
                     std::chrono::ceil<std::chrono::seconds>(*retry_after).count());
}

tl::expected<Admission, LimitRefusal> RateLimiter::admit(std::shared_ptr<const Principal> principal,
                                                         int64_t estimated_tokens, SteadyTime now) {
  FERRY_CHECK(estimated_tokens >= 0);
  const int64_t slot = slot_of(now);
  Check check{.now = now, .tokens = estimated_tokens};
  Admission admission;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& account : principal->accounts) check.account(*account, windows_of(*account, slot));
    if (!check.refusal) {
      for (const auto& account : principal->accounts) count(*account, slot, estimated_tokens);
    }
    admission.readings_ = read_all(*principal, slot, now);
  }
  if (check.refusal) {
    check.refusal->readings = admission.readings_;
    return tl::unexpected(std::move(*check.refusal));
  }
  admission.limiter_ = shared_from_this();
  admission.principal_ = std::move(principal);
  admission.slot_ = slot;
  admission.tokens_ = estimated_tokens;
  return admission;
}

Admission::Admission(Admission&& other) noexcept = default;

Admission& Admission::operator=(Admission&& other) noexcept {
  if (this != &other) {
    release();
    limiter_ = std::move(other.limiter_);
    principal_ = std::move(other.principal_);
    slot_ = other.slot_;
    tokens_ = other.tokens_;
    readings_ = other.readings_;
  }
  return *this;
}

void Admission::correct_tokens(int64_t tokens, SteadyTime now) {
  FERRY_CHECK(tokens >= 0);
  if (limiter_ == nullptr) return;
  const int64_t difference = tokens - tokens_;
  const int64_t now_slot = slot_of(now);
  const std::lock_guard lock(limiter_->mutex_);
  for (const auto& account : principal_->accounts) {
    RateWindow* window = account->counters->rates.tokens.get();
    if (window == nullptr) continue;
    window->advance(now_slot);
    window->add(difference < 0 ? slot_ : now_slot, difference);
  }
  tokens_ = tokens;
}

void Admission::release() {
  const std::shared_ptr<RateLimiter> limiter = std::move(limiter_);
  if (limiter == nullptr) return;
  const std::lock_guard lock(limiter->mutex_);
  for (const auto& account : principal_->accounts) --account->counters->rates.running;
}

}  // namespace ferry
