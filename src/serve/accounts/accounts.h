#pragma once
// The door for the gateway: who is asking, may they now, and is there money for it. What keys and teams are
// allowed lies in the database, where `ferry key` changes it, perhaps from another process; a thread of this
// class looks for changes and swaps the whole in-memory picture. Calls that say "network threads" touch no
// SQL, no file and no lock that is held for longer than some additions take.
//
//   auto principal = accounts.authenticate(secret, now);            // or why not: 401
//   auto admission = accounts.admit(*principal, tokens, steady);    // or whose limit: 429
//   auto reservation = accounts.reserve(*principal, cost, now);     // or whose budget
//   ... the exchange ...
//   reservation->settle(real_cost);  admission->correct_tokens(real_tokens, steady);  admission->release();

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "serve/accounts/budget_ledger.h"
#include "serve/accounts/principal.h"
#include "serve/accounts/rate_limiter.h"

namespace ferry {

enum class KeyRefusal : uint8_t {
  unknown,  // no such key, or no key at all
  expired,  // the key, or this secret after a rotation
  revoked,
};
std::string_view message_of(KeyRefusal refusal);  // for the client

struct AccountsOptions {
  std::chrono::milliseconds poll_interval{500};  // how soon another process's changes are seen
};

// Principals, admissions and reservations may outlive it.
class Accounts {
 public:
  // Opens the database (database_file() in base/db/data_dir.h), makes or updates its tables, and reads them.
  // May wait for the disk.
  static Result<std::unique_ptr<Accounts>> open(const std::filesystem::path& file,
                                                const AccountsOptions& options = {});
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Network threads. How long it takes depends on the number of keys and the length of `secret`, not on what
  // is in it nor on whether it is unknown, revoked, expired or good.
  tl::expected<std::shared_ptr<const Principal>, KeyRefusal> authenticate(std::string_view secret,
                                                                          WallTime now) const;
  // Network threads. Who asks without a key, where none is needed: the organisation's limits and budgets
  // alone.
  std::shared_ptr<const Principal> keyless() const;
  // Network threads. Whether there is a key that is not revoked.
  bool has_keys() const;

  // Network threads.
  tl::expected<Admission, LimitRefusal> admit(std::shared_ptr<const Principal> principal,
                                              int64_t estimated_tokens, SteadyTime now);
  // Network threads.
  tl::expected<Reservation, BudgetRefusal> reserve(std::shared_ptr<const Principal> principal,
                                                   Nanomoney amount, WallTime now);

  // Once, before the first reserve(): what was spent in this month and before by earlier runs. Amounts of one
  // key and day add up.
  void restore(std::span<const DaySpending> spending);

  // Of every account, for reports and metrics: the organisation's, teams', keys'. Not on network threads.
  std::vector<BudgetBalance> balances(WallTime now) const;

  // Reads the database now, instead of when the thread looks next. May wait for the disk.
  Result<void> refresh();
  int64_t revision() const;  // of what is in memory

 private:
  class Impl;
  explicit Accounts(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
