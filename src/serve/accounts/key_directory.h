#pragma once
// Every key in memory, found by the hash of its secret. Immutable: a change of the database makes a new one.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "serve/accounts/principal.h"

namespace ferry {

// What a secret stands for.
struct DirectoryEntry {
  enum class State : uint8_t { good, unknown, revoked };

  State state = State::unknown;
  WallTime expires = WallTime::max();
  std::shared_ptr<const Principal> principal;  // null where it is unknown
};

class KeyDirectory {
 public:
  // Where an account's counters are, by its id; the same for the same id each time.
  using FindCounters = std::function<std::shared_ptr<AccountCounters>(const std::string& id)>;

  KeyDirectory(const AccountBook& book, const FindCounters& counters);

  // Any thread. The number of steps depends on the number of keys alone, whether there is such a hash or not;
  // the last comparison looks at every byte. What the comparisons before it may tell is how a hash begins,
  // from which no secret follows.
  const DirectoryEntry& find(const KeyHash& hash) const;

  int64_t revision() const { return revision_; }
  bool has_keys() const { return has_keys_; }  // one that is not revoked
  const std::shared_ptr<const Principal>& keyless() const { return keyless_; }
  // The organisation's, teams', keys' that are not revoked.
  const std::vector<std::shared_ptr<const Account>>& accounts() const { return accounts_; }

 private:
  using AccountsById = std::unordered_map<std::string, std::shared_ptr<const Account>>;
  using EntriesById = std::unordered_map<std::string, DirectoryEntry>;

  AccountsById add_teams(const AccountBook& book, const FindCounters& counters);
  EntriesById add_keys(const AccountBook& book, const AccountsById& teams,
                       const std::shared_ptr<const Account>& organisation, const FindCounters& counters);
  void add_secrets(const AccountBook& book, const EntriesById& entries);

  int64_t revision_ = 0;
  bool has_keys_ = false;
  std::vector<KeyHash> hashes_;          // ascending
  std::vector<DirectoryEntry> entries_;  // of the same order
  std::shared_ptr<const Principal> keyless_;
  std::vector<std::shared_ptr<const Account>> accounts_;
};

// The last of `sorted` (not empty) that not_above(element) says true for, or the first; in as many steps for
// every element that is looked for.
template <class T, class NotAbove>
size_t last_not_above(std::span<const T> sorted, NotAbove not_above) {
  size_t begin = 0;
  for (size_t count = sorted.size(); count > 1;) {
    const size_t half = count / 2;
    begin += not_above(sorted[begin + half]) ? half : 0;
    count -= half;
  }
  return begin;
}

}  // namespace ferry
