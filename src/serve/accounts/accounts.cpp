#include "serve/accounts/accounts.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/observe/log.h"
#include "serve/accounts/account_counters.h"
#include "serve/accounts/account_store.h"
#include "serve/accounts/key_directory.h"
#include "serve/accounts/secret.h"

namespace ferry {

std::string_view message_of(KeyRefusal refusal) {
  switch (refusal) {
    case KeyRefusal::unknown:
      return "this API key is not known here";
    case KeyRefusal::expired:
      return "this API key has expired";
    case KeyRefusal::revoked:
      return "this API key has been revoked";
  }
  return "?";
}

class Accounts::Impl {
 public:
  Impl(AccountStore store, const AccountsOptions& options)
      : poll_interval_(options.poll_interval), store_(std::move(store)) {}

  std::shared_ptr<const KeyDirectory> directory() const {
    const std::lock_guard lock(directory_mutex_);
    return directory_;
  }

  Result<void> refresh() {
    const std::lock_guard lock(store_mutex_);
    // Before what it tells of is read, so that a change meanwhile is seen the next time.
    FERRY_TRY(data_version_, store_.data_version());
    return read();
  }

  void start_polling() {
    thread_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
  }

  void restore(std::span<const DaySpending> spending) {
    for (const DaySpending& day : spending) {
      ledger->add_spent(*counters(""), day.day, day.spent);
      if (!day.team_id.empty()) ledger->add_spent(*counters(day.team_id), day.day, day.spent);
      if (!day.key_id.empty()) ledger->add_spent(*counters(day.key_id), day.day, day.spent);
    }
  }

  const std::shared_ptr<RateLimiter> limiter = std::make_shared<RateLimiter>();
  const std::shared_ptr<BudgetLedger> ledger = std::make_shared<BudgetLedger>();

 private:
  std::shared_ptr<AccountCounters> counters(const std::string& id) {
    const std::lock_guard lock(counters_mutex_);
    std::shared_ptr<AccountCounters>& found = counters_[id];
    if (found == nullptr) found = std::make_shared<AccountCounters>();
    return found;
  }

  Result<void> read() {
    FERRY_TRY(const AccountBook book, store_.read_all());
    auto fresh =
        std::make_shared<const KeyDirectory>(book, [this](const std::string& id) { return counters(id); });
    const std::lock_guard lock(directory_mutex_);
    directory_.swap(fresh);
    return {};
  }

  Result<void> read_if_changed() {
    const std::lock_guard lock(store_mutex_);
    FERRY_TRY(const int64_t version, store_.data_version());
    if (version == data_version_) return {};
    // The record of exchanges lies in the same file and changes all the time.
    FERRY_TRY(const int64_t revision, store_.revision());
    if (revision != directory()->revision()) FERRY_TRY_VOID(read());
    data_version_ = version;
    return {};
  }

  void poll(const std::stop_token& stop) {
    bool failing = false;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, poll_interval_, [] { return false; }) && !stop.stop_requested()) {
      const auto done = read_if_changed();
      if (!done && !failing) {
        log_error("changed keys and limits cannot be read; the old ones hold",
                  {{"error", done.error().message}});
      } else if (done && failing) {
        log_info("keys and limits can be read again");
      }
      failing = !done;
    }
  }

  const std::chrono::milliseconds poll_interval_;
  std::mutex store_mutex_;
  AccountStore store_;                             // guarded by store_mutex_
  int64_t data_version_ = 0;                       // guarded by store_mutex_; that of directory_
  mutable std::mutex directory_mutex_;             // held for the copy of a pointer
  std::shared_ptr<const KeyDirectory> directory_;  // guarded by directory_mutex_
  std::mutex counters_mutex_;
  std::unordered_map<std::string, std::shared_ptr<AccountCounters>> counters_;  // guarded by counters_mutex_
  std::jthread thread_;  // the last member: it uses the others
};

Accounts::Accounts(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Accounts::~Accounts() = default;

Result<std::unique_ptr<Accounts>> Accounts::open(const std::filesystem::path& file,
                                                 const AccountsOptions& options) {
  FERRY_TRY(AccountStore store, AccountStore::open(file));
  auto impl = std::make_unique<Impl>(std::move(store), options);
  FERRY_TRY_VOID(impl->refresh());
  impl->start_polling();
  return std::unique_ptr<Accounts>(new Accounts(std::move(impl)));
}

tl::expected<std::shared_ptr<const Principal>, KeyRefusal> Accounts::authenticate(std::string_view secret,
                                                                                  WallTime now) const {
  const KeyHash hash = hash_secret(secret);
  const std::shared_ptr<const KeyDirectory> directory = impl_->directory();
  const DirectoryEntry& entry = directory->find(hash);
  if (entry.state != DirectoryEntry::State::good) {
    return tl::unexpected(entry.state == DirectoryEntry::State::revoked ? KeyRefusal::revoked
                                                                        : KeyRefusal::unknown);
  }
  if (entry.expires <= now) return tl::unexpected(KeyRefusal::expired);
  return entry.principal;
}

std::shared_ptr<const Principal> Accounts::keyless() const {
  return impl_->directory()->keyless();
}

bool Accounts::has_keys() const {
  return impl_->directory()->has_keys();
}

tl::expected<Admission, LimitRefusal> Accounts::admit(std::shared_ptr<const Principal> principal,
                                                      int64_t estimated_tokens, SteadyTime now) {
  return impl_->limiter->admit(std::move(principal), estimated_tokens, now);
}

tl::expected<Reservation, BudgetRefusal> Accounts::reserve(std::shared_ptr<const Principal> principal,
                                                           Nanomoney amount, WallTime now) {
  return impl_->ledger->reserve(std::move(principal), amount, now);
}

void Accounts::restore(std::span<const DaySpending> spending) {
  impl_->restore(spending);
}

std::vector<BudgetBalance> Accounts::balances(WallTime now) const {
  std::vector<BudgetBalance> balances;
  const auto directory = impl_->directory();
  for (const auto& account : directory->accounts()) {
    for (BudgetBalance& balance : impl_->ledger->balances(*account, now))
      balances.push_back(std::move(balance));
  }
  return balances;
}

Result<void> Accounts::refresh() {
  return impl_->refresh();
}

int64_t Accounts::revision() const {
  return impl_->directory()->revision();
}

}  // namespace ferry
