#pragma once
// Budgets that hold: an exchange reserves what it may cost at most before it spends anything, and settles
// what it cost when that is known. At the moment of a reservation, spent and reserved together never exceed a
// limit, however many threads reserve; sums are exact.
//
// Any thread. A call holds one lock for the time of some additions.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "serve/accounts/principal.h"

namespace ferry {

// Why nothing was reserved.
struct BudgetRefusal {
  AccountLevel level = AccountLevel::key;  // whose budget it is
  std::string account;                     // the name of that key, team or organisation
  BudgetPeriod period = BudgetPeriod::day;
  Nanomoney limit = 0;
  Nanomoney spent = 0;
  Nanomoney reserved = 0;   // by exchanges that still run
  Nanomoney requested = 0;  // by this one
  WallTime period_end = {};

  std::string message() const;  // for the client
};

class BudgetLedger;

// Money set aside. What is neither settled nor released when it is destroyed counts as spent in full, as
// after kill -9: money that may have been spent is never forgotten. Movable; one thread at a time.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { settle(amount_); }

  // Books what it cost, in full, even if that is more than was reserved, into the periods of the reservation,
  // even if they are over. Once; later calls do nothing.
  void settle(Nanomoney actual);
  void release() { settle(0); }  // nothing was spent

  Nanomoney amount() const { return amount_; }
  bool open() const { return ledger_ != nullptr; }
  std::chrono::sys_days day() const { return starts_[0]; }  // that it is booked on, for the journal

 private:
  friend class BudgetLedger;
  std::shared_ptr<BudgetLedger> ledger_;  // null: settled
  std::shared_ptr<const Principal> principal_;
  std::array<std::chrono::sys_days, 2> starts_ = {};  // by BudgetPeriod
  Nanomoney amount_ = 0;
};

// What one key spent on one day (UTC), as the journal has it; an exchange whose outcome is not known counts
// with its whole reservation.
struct DaySpending {
  std::string key_id;   // empty: without a key
  std::string team_id;  // that the key belonged to; empty: none
  std::chrono::sys_days day;
  Nanomoney spent = 0;
};

struct BudgetBalance {
  AccountLevel level;
  std::string id;
  std::string name;
  BudgetPeriod period;
  std::optional<Nanomoney> limit;
  Nanomoney spent = 0;
  Nanomoney reserved = 0;
};

class BudgetLedger : public std::enable_shared_from_this<BudgetLedger> {
 public:
  // amount >= 0. All of the principal's accounts have room for the amount in this day and this month, or none
  // reserves it. What costs nothing is never refused.
  tl::expected<Reservation, BudgetRefusal> reserve(std::shared_ptr<const Principal> principal,
                                                   Nanomoney amount, WallTime now);

  // What the account has spent and reserved in the periods of `now`: day, then month.
  std::array<BudgetBalance, 2> balances(const Account& account, WallTime now);

  // Adds what was spent before this process began, on that day and in its month.
  void add_spent(AccountCounters& account, std::chrono::sys_days day, Nanomoney spent);

 private:
  friend class Reservation;
  void settle(const Reservation& reservation, Nanomoney actual);

  std::mutex mutex_;  // guards AccountCounters::balances of every account
};

}  // namespace ferry
