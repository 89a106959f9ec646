#pragma once
// Keys, teams and the organisation in the database: what `ferry key` and `ferry team` do. Every call may wait
// for the disk; one thread at a time. Names and ids are interchangeable where one is asked for.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/db/database.h"
#include "serve/accounts/account.h"

namespace ferry {

// The only time that the secret can be seen.
struct NewKey {
  KeyRecord key;
  std::string secret;
};

class AccountStore {
 public:
  static Result<AccountStore> open(const std::filesystem::path& file);

  // terms.team_id may be a name. Errors: what cannot be or is taken (invalid_argument), a team that is not
  // there (not_found, with the nearest name).
  Result<NewKey> create_key(KeyTerms terms, WallTime now);
  Result<std::vector<KeyRecord>> keys();  // oldest first, revoked ones too
  // By id, by name (then one that is not revoked) or by one of its secrets.
  Result<KeyRecord> find_key(std::string_view key);
  // Its secrets are refused from now on, and its name is free again. A key that is revoked stays as it is.
  Result<KeyRecord> revoke_key(std::string_view key, WallTime now);
  // A new secret; those before it end when `grace` is over, or earlier where they were to.
  Result<NewKey> rotate_key(std::string_view key, std::chrono::milliseconds grace, WallTime now);
  // Everything but the name's uniqueness is up to the caller: the terms as find_key() gave them, changed.
  Result<KeyRecord> change_key(std::string_view key, KeyTerms terms, WallTime now);

  Result<TeamRecord> create_team(const GroupTerms& terms, WallTime now);
  Result<std::vector<TeamRecord>> teams();  // by name
  Result<TeamRecord> find_team(std::string_view team);
  Result<TeamRecord> change_team(std::string_view team, const GroupTerms& terms);
  // Refused while a key that is not revoked belongs to it.
  Result<TeamRecord> remove_team(std::string_view team, WallTime now);

  Result<GroupTerms> organisation();
  Result<GroupTerms> change_organisation(const GroupTerms& terms);

  Result<AccountBook> read_all();
  // Changes when another connection has committed: time to look at revision().
  Result<int64_t> data_version() { return database_.data_version(); }
  Result<int64_t> revision();

 private:
  explicit AccountStore(Database database) : database_(std::move(database)) {}

  // Runs body in a transaction that counts as a change, or changes nothing where it fails.
  template <class Body>
  auto change(Body body) -> decltype(body());
  Result<void> count_change();

  Result<std::vector<KeySecret>> secrets();
  Result<void> read_scopes(std::vector<KeyRecord>& keys);
  Result<void> write_scopes(const std::string& key_id, const KeyTerms& terms);
  Result<std::string> add_secret(const std::string& key_id, WallTime now);
  Result<std::optional<std::string>> key_of_secret(std::string_view secret);
  Result<void> check_key_name_is_free(std::string_view name, std::string_view except_id);
  Result<void> check_team_name_is_free(std::string_view name, std::string_view except_id);

  Database database_;
};

template <class Body>
auto AccountStore::change(Body body) -> decltype(body()) {
  FERRY_TRY(Transaction transaction, database_.begin_write());
  auto changed = body();
  if (!changed) return changed;
  FERRY_TRY_VOID(count_change());
  FERRY_TRY_VOID(transaction.commit());
  return changed;
}

}  // namespace ferry
