#include "serve/accounts/key_directory.h"

#include <algorithm>
#include <cstring>

#include <openssl/crypto.h>

namespace ferry {
namespace {

std::shared_ptr<const Account> make_account(AccountLevel level, std::string id, const std::string& name,
                                            const RateLimits& limits, const Budgets& budgets,
                                            const KeyDirectory::FindCounters& counters) {
  auto found = counters(id);
  return std::make_shared<const Account>(Account{.level = level,
                                                 .id = std::move(id),
                                                 .name = name,
                                                 .limits = limits,
                                                 .budgets = budgets,
                                                 .counters = std::move(found)});
}

std::shared_ptr<const Account> make_account(AccountLevel level, std::string id, const GroupTerms& terms,
                                            const KeyDirectory::FindCounters& counters) {
  return make_account(level, std::move(id), terms.name, terms.limits, terms.budgets, counters);
}

// `team` is null where the key belongs to none.
std::shared_ptr<const Principal> make_principal(const KeyRecord& key, std::shared_ptr<const Account> own,
                                                const std::shared_ptr<const Account>& team,
                                                const std::shared_ptr<const Account>& organisation) {
  Principal principal{.key_id = key.id,
                      .key_name = key.terms.name,
                      .team_id = key.terms.team_id,
                      .team_name = {},
                      .role = key.terms.role,
                      .routes = key.terms.routes,
                      .endpoints = key.terms.endpoints,
                      .labels = key.terms.labels,
                      .accounts = {std::move(own)}};
  if (team != nullptr) {
    principal.team_name = team->name;
    principal.accounts.push_back(team);
  }
  principal.accounts.push_back(organisation);
  return std::make_shared<const Principal>(std::move(principal));
}

}  // namespace

KeyDirectory::KeyDirectory(const AccountBook& book, const FindCounters& counters) : revision_(book.revision) {
  const auto organisation = make_account(AccountLevel::organisation, {}, book.organisation, counters);
  keyless_ = std::make_shared<const Principal>(Principal{.accounts = {organisation}});
  accounts_.push_back(organisation);
  const AccountsById teams = add_teams(book, counters);
  add_secrets(book, add_keys(book, teams, organisation, counters));
}

KeyDirectory::AccountsById KeyDirectory::add_teams(const AccountBook& book, const FindCounters& counters) {
  AccountsById teams;
  for (const TeamRecord& team : book.teams) {
    accounts_.push_back(make_account(AccountLevel::team, team.id, team.terms, counters));
    teams.emplace(team.id, accounts_.back());
  }
  return teams;
}

KeyDirectory::EntriesById KeyDirectory::add_keys(const AccountBook& book, const AccountsById& teams,
                                                 const std::shared_ptr<const Account>& organisation,
                                                 const FindCounters& counters) {
  EntriesById entries;
  for (const KeyRecord& key : book.keys) {
    const KeyTerms& terms = key.terms;
    auto own = make_account(AccountLevel::key, key.id, terms.name, terms.limits, terms.budgets, counters);
    const bool good = !key.revoked.has_value();
    if (good) accounts_.push_back(own);
    has_keys_ = has_keys_ || good;
    const auto team = teams.find(terms.team_id);
    entries[key.id] = {.state = good ? DirectoryEntry::State::good : DirectoryEntry::State::revoked,
                       .expires = terms.expires.value_or(WallTime::max()),
                       .principal = make_principal(
                           key, std::move(own), team == teams.end() ? nullptr : team->second, organisation)};
  }
  return entries;
}

void KeyDirectory::add_secrets(const AccountBook& book, const EntriesById& entries) {
  std::vector<const KeySecret*> secrets;
  for (const KeySecret& secret : book.secrets) {
    if (entries.contains(secret.key_id)) secrets.push_back(&secret);
  }
  std::sort(secrets.begin(), secrets.end(), [](const auto* a, const auto* b) { return a->hash < b->hash; });
  for (const KeySecret* secret : secrets) {
    DirectoryEntry entry = entries.at(secret->key_id);
    entry.expires = std::min(entry.expires, secret->expires.value_or(WallTime::max()));
    hashes_.push_back(secret->hash);
    entries_.push_back(std::move(entry));
  }
}

const DirectoryEntry& KeyDirectory::find(const KeyHash& hash) const {
  static const DirectoryEntry kUnknown;
  if (hashes_.empty()) return kUnknown;
  const size_t index = last_not_above<KeyHash>(hashes_, [&hash](const KeyHash& other) {
    return std::memcmp(other.data(), hash.data(), hash.size()) <= 0;
  });
  const bool same = CRYPTO_memcmp(hashes_[index].data(), hash.data(), hash.size()) == 0;
  return same ? entries_[index] : kUnknown;
}

}  // namespace ferry
