#include "serve/accounts/budget_ledger.h"

#include <algorithm>
#include <limits>

#include "serve/accounts/account_counters.h"

namespace ferry {
namespace {

constexpr std::array<BudgetPeriod, 2> kPeriods = {BudgetPeriod::day, BudgetPeriod::month};
// Without a budget: what the counters can hold.
constexpr Nanomoney kUnlimited = std::numeric_limits<Nanomoney>::max();

using Starts = std::array<std::chrono::sys_days, 2>;

Starts starts_at(WallTime now) {
  return {period_start(BudgetPeriod::day, now), period_start(BudgetPeriod::month, now)};
}

// The balance of one period. A new one takes the place of those that nobody needs any more; the newest stays,
// in case the clock is set back over midnight.
PeriodBalance& balance_of(AccountCounters& account, BudgetPeriod period, std::chrono::sys_days start) {
  std::vector<PeriodBalance>& balances = account.balances.periods[static_cast<size_t>(period)];
  for (PeriodBalance& balance : balances) {
    if (balance.start == start) return balance;
  }
  const auto newest = std::max_element(balances.begin(), balances.end(),
                                       [](const auto& a, const auto& b) { return a.start < b.start; });
  if (newest != balances.end()) {
    const std::chrono::sys_days kept = newest->start;
    std::erase_if(balances, [kept](const PeriodBalance& b) { return b.open == 0 && b.start != kept; });
  }
  return balances.emplace_back(PeriodBalance{.start = start});
}

Nanomoney saturating_sum(Nanomoney a, Nanomoney b) {
  Nanomoney sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kUnlimited : sum;
}

// What costs nothing needs no room. Spent and reserved are each at least 0, so that nothing overflows
// downwards.
bool has_room(const PeriodBalance& balance, Nanomoney limit, Nanomoney amount) {
  return amount == 0 || amount <= limit - saturating_sum(balance.spent, balance.reserved);
}

BudgetRefusal refusal_of(const Account& account, BudgetPeriod period, const PeriodBalance& balance,
                         Nanomoney amount) {
  return {.level = account.level,
          .account = account.name,
          .period = period,
          .limit = account.budgets.of(period).value_or(kUnlimited),
          .spent = balance.spent,
          .reserved = balance.reserved,
          .requested = amount,
          .period_end = period_end(period, balance.start)};
}

std::optional<BudgetRefusal> find_refusal(const Principal& principal, const Starts& starts,
                                          Nanomoney amount) {
  for (const auto& account : principal.accounts) {
    for (const BudgetPeriod period : kPeriods) {
      const auto& balance = balance_of(*account->counters, period, starts[static_cast<size_t>(period)]);
      if (!has_room(balance, account->budgets.of(period).value_or(kUnlimited), amount)) {
        return refusal_of(*account, period, balance, amount);
      }
    }
  }
  return std::nullopt;
}

// Calls body with every balance that an exchange of the principal in these periods is booked on.
template <class Body>
void for_each_balance(const Principal& principal, const Starts& starts, Body body) {
  for (const auto& account : principal.accounts) {
    for (const BudgetPeriod period : kPeriods) {
      body(balance_of(*account->counters, period, starts[static_cast<size_t>(period)]));
    }
  }
}

}  // namespace

std::string BudgetRefusal::message() const {
  const auto day = std::chrono::floor<std::chrono::days>(period_end);
  const std::chrono::year_month_day date(day);
  return fmt::format(
      "{} may spend {} a {}: {} are spent, {} are reserved by running requests, and this one may cost {}; "
      "the "
      "budget is renewed on {:04}-{:02}-{:02} at 00:00 UTC",
      account_title(level, account), money_text(limit), to_string(period), money_text(spent),
      money_text(reserved), money_text(requested), static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

tl::expected<Reservation, BudgetRefusal> BudgetLedger::reserve(std::shared_ptr<const Principal> principal,
                                                               Nanomoney amount, WallTime now) {
  FERRY_CHECK(amount >= 0);
  Reservation reservation;
  reservation.starts_ = starts_at(now);
  {
    const std::lock_guard lock(mutex_);
    if (auto refusal = find_refusal(*principal, reservation.starts_, amount)) {
      return tl::unexpected(std::move(*refusal));
    }
    for_each_balance(*principal, reservation.starts_, [amount](PeriodBalance& balance) {
      balance.reserved += amount;
      ++balance.open;
    });
  }
  reservation.ledger_ = shared_from_this();
  reservation.principal_ = std::move(principal);
  reservation.amount_ = amount;
  return reservation;
}

void BudgetLedger::settle(const Reservation& reservation, Nanomoney actual) {
  FERRY_CHECK(actual >= 0);
  const std::lock_guard lock(mutex_);
  for_each_balance(*reservation.principal_, reservation.starts_, [&](PeriodBalance& balance) {
    balance.reserved -= reservation.amount_;
    balance.spent = saturating_sum(balance.spent, actual);
    --balance.open;
  });
}

std::array<BudgetBalance, 2> BudgetLedger::balances(const Account& account, WallTime now) {
  const Starts starts = starts_at(now);
  std::array<BudgetBalance, 2> found;
  const std::lock_guard lock(mutex_);
  for (const BudgetPeriod period : kPeriods) {
    const auto index = static_cast<size_t>(period);
    const PeriodBalance& balance = balance_of(*account.counters, period, starts[index]);
    found[index] = {.level = account.level,
                    .id = account.id,
                    .name = account.name,
                    .period = period,
                    .limit = account.budgets.of(period),
                    .spent = balance.spent,
                    .reserved = balance.reserved};
  }
  return found;
}

void BudgetLedger::add_spent(AccountCounters& account, std::chrono::sys_days day, Nanomoney spent) {
  FERRY_CHECK(spent >= 0);
  const Starts starts = starts_at(day);
  const std::lock_guard lock(mutex_);
  for (const BudgetPeriod period : kPeriods) {
    PeriodBalance& balance = balance_of(account, period, starts[static_cast<size_t>(period)]);
    balance.spent = saturating_sum(balance.spent, spent);
  }
}

Reservation::Reservation(Reservation&& other) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    settle(amount_);
    ledger_ = std::move(other.ledger_);
    principal_ = std::move(other.principal_);
    starts_ = other.starts_;
    amount_ = other.amount_;
  }
  return *this;
}

void Reservation::settle(Nanomoney actual) {
  if (const auto ledger = std::move(ledger_); ledger != nullptr) ledger->settle(*this, actual);
}

}  // namespace ferry
