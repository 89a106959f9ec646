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

  // Errors: a name, label or number that cannot be (invalid_argument), one that is taken, a team that is not
  // there (not_found, with the nearest name).
  Result<NewKey> create_key(const KeyTerms& terms, WallTime now);
  // Oldest first.
  Result<std::vector<KeyRecord>> keys();
  // A name means the key that is not revoked.
  Result<KeyRecord> find_key(std::string_view key);
  // Its secrets are refused from now on. A revoked key stays in the list; its name is free again.
  Result<KeyRecord> revoke_key(std::string_view key, WallTime now);
  // A new secret; those before it end when `grace` is over, or earlier where they were to.
  Result<NewKey> rotate_key(std::string_view key, std::chrono::milliseconds grace, WallTime now);

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

  Database database_;
};

}  // namespace ferry
