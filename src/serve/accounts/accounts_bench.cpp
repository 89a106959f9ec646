// What accounts cost a request: authentication, limits, budget, with all limits and budgets set on all
// levels.

#include <benchmark/benchmark.h>

#include "base/db/scratch_folder.h"
#include "serve/accounts/account_store.h"
#include "serve/accounts/accounts.h"
#include "serve/accounts/secret.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = std::chrono::sys_days(2026y / 11 / 22);
constexpr int64_t kPlenty = 1'000'000'000'000;
constexpr RateLimits kLimits = {
    .requests_per_minute = kPlenty, .tokens_per_minute = kPlenty, .concurrent = kPlenty};
constexpr Budgets kBudgets = {.day = 1'000'000 * kPlenty, .month = 1'000'000 * kPlenty};

// A database with a thousand keys in ten teams.
struct House {
  House() {
    AccountStore store = AccountStore::open(folder / "ferry.db").value();
    FERRY_CHECK(store.change_organisation({.name = "o", .limits = kLimits, .budgets = kBudgets}).has_value());
    for (int team = 0; team < 10; ++team) {
      FERRY_CHECK(
          store.create_team({.name = fmt::format("t{}", team), .limits = kLimits, .budgets = kBudgets}, kNow)
              .has_value());
    }
    for (int key = 0; key < 1000; ++key) {
      const auto made = store.create_key({.name = fmt::format("k{}", key),
                                          .team_id = fmt::format("t{}", key % 10),
                                          .limits = kLimits,
                                          .budgets = kBudgets},
                                         kNow);
      secrets.push_back(made->secret);
    }
    revoked = secrets[500];
    FERRY_CHECK(store.revoke_key("k500", kNow).has_value());
    accounts = Accounts::open(folder / "ferry.db").value();
  }

  ScratchFolder folder;
  std::vector<std::string> secrets;
  std::string revoked;
  std::unique_ptr<Accounts> accounts;
};

House& house() {
  static House house;
  return house;
}

void BM_Authenticate(benchmark::State& state, const std::string& secret) {
  const Accounts& accounts = *house().accounts;
  for (auto _ : state) benchmark::DoNotOptimize(accounts.authenticate(secret, kNow));
}

void BM_HashSecret(benchmark::State& state) {
  const std::string secret = make_secret();
  for (auto _ : state) benchmark::DoNotOptimize(hash_secret(secret));
}
BENCHMARK(BM_HashSecret);

void BM_AuthenticateGood(benchmark::State& state) {
  BM_Authenticate(state, house().secrets[1]);
}
BENCHMARK(BM_AuthenticateGood);

void BM_AuthenticateRevoked(benchmark::State& state) {
  BM_Authenticate(state, house().revoked);
}
BENCHMARK(BM_AuthenticateRevoked);

void BM_AuthenticateUnknown(benchmark::State& state) {
  BM_Authenticate(state, make_secret());
}
BENCHMARK(BM_AuthenticateUnknown);

// Each thread has a key of its own; two threads share a team, all the organisation.
void BM_Exchange(benchmark::State& state) {
  Accounts& accounts = *house().accounts;
  const std::string& secret = house().secrets[static_cast<size_t>(5 * state.thread_index())];
  const SteadyTime begin = std::chrono::steady_clock::now();
  int64_t exchanges = 0;
  for (auto _ : state) {
    const SteadyTime now = begin + std::chrono::microseconds(exchanges++);
    const auto principal = accounts.authenticate(secret, kNow);
    auto admission = accounts.admit(*principal, 100, now);
    auto reservation = accounts.reserve(*principal, 1000, kNow);
    reservation->settle(900);
    admission->correct_tokens(90, now);
    admission->release();
  }
}
BENCHMARK(BM_Exchange)->Threads(1)->Threads(4)->UseRealTime();

}  // namespace
}  // namespace ferry
