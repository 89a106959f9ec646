#include "serve/accounts/account_store.h"

#include "base/core/nearest.h"
#include "base/core/random_id.h"
#include "serve/accounts/account_checks.h"
#include "serve/accounts/account_rows.h"
#include "serve/accounts/account_schema.h"

namespace ferry {
namespace {

constexpr std::string_view kReadTeams = "read the teams";

TeamRecord read_team(const Statement& row) {
  return {.id = row.column<std::string>(0),
          .terms = {.name = row.column<std::string>(1),
                    .limits = read_limits(row, 2),
                    .budgets = read_budgets(row, 5)},
          .created = read_time(row, 7)};
}

}  // namespace

Result<AccountStore> AccountStore::open(const std::filesystem::path& file) {
  // A key that has been revoked stays revoked, whatever happens to the machine.
  FERRY_TRY(Database database, Database::open(file, {.durability = Durability::full}));
  FERRY_TRY_VOID(migrate(database, "accounts", account_migrations()));
  return AccountStore(std::move(database));
}

Result<void> AccountStore::count_change() {
  return database_.execute("count a change of the accounts",
                           "UPDATE accounts_state SET revision = revision + 1");
}

Result<int64_t> AccountStore::revision() {
  FERRY_TRY(Statement select, database_.prepare("look for changes", "SELECT revision FROM accounts_state"));
  FERRY_TRY(const bool row, select.next());
  if (!row) return fail(ErrorCode::corrupt, "{}: accounts_state is empty", database_.path().string());
  return select.column<int64_t>(0);
}

Result<AccountBook> AccountStore::read_all() {
  FERRY_TRY(const Transaction moment, database_.begin_read());
  AccountBook book;
  FERRY_TRY(book.revision, revision());
  FERRY_TRY(book.organisation, organisation());
  FERRY_TRY(book.teams, teams());
  FERRY_TRY(book.keys, keys());
  FERRY_TRY(book.secrets, secrets());
  return book;
}

Result<GroupTerms> AccountStore::organisation() {
  FERRY_TRY(Statement select,
            database_.prepare("read the organisation",
                              "SELECT name, requests_per_minute, tokens_per_minute, concurrent, day_budget, "
                              "month_budget FROM organisation"));
  FERRY_TRY(const bool row, select.next());
  if (!row) return fail(ErrorCode::corrupt, "{}: organisation is empty", database_.path().string());
  return GroupTerms{.name = select.column<std::string>(0),
                    .limits = read_limits(select, 1),
                    .budgets = read_budgets(select, 4)};
}

Result<GroupTerms> AccountStore::change_organisation(const GroupTerms& terms) {
  FERRY_TRY_VOID(check_terms(terms, "organisation"));
  return change([&]() -> Result<GroupTerms> {
    FERRY_TRY(
        Statement update,
        database_.prepare("change the organisation",
                          "UPDATE organisation SET name = ?1, requests_per_minute = ?2, "
                          "tokens_per_minute = ?3, concurrent = ?4, day_budget = ?5, month_budget = ?6"));
    const RateLimits& limits = terms.limits;
    FERRY_TRY_VOID(update.run(terms.name, limits.requests_per_minute, limits.tokens_per_minute,
                              limits.concurrent, terms.budgets.day, terms.budgets.month));
    return terms;
  });
}

Result<std::vector<TeamRecord>> AccountStore::teams() {
  FERRY_TRY(
      Statement select,
      database_.prepare(kReadTeams,
                        "SELECT id, name, requests_per_minute, tokens_per_minute, concurrent, day_budget, "
                        "month_budget, created FROM teams WHERE removed IS NULL ORDER BY name"));
  std::vector<TeamRecord> teams;
  for (;;) {
    FERRY_TRY(const bool row, select.next());
    if (!row) return teams;
    teams.push_back(read_team(select));
  }
}

Result<TeamRecord> AccountStore::find_team(std::string_view team) {
  FERRY_TRY(const std::vector<TeamRecord> all, teams());
  std::vector<std::string> names;
  for (const TeamRecord& record : all) {
    if (record.id == team || record.terms.name == team) return record;
    names.push_back(record.terms.name);
  }
  const std::string nearest = nearest_name(team.substr(0, 64), names);
  return fail(ErrorCode::not_found, "there is no team \"{}\"{}", team,
              nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

Result<void> AccountStore::check_team_name_is_free(std::string_view name, std::string_view except_id) {
  FERRY_TRY(
      Statement select,
      database_.prepare(kReadTeams, "SELECT id FROM teams WHERE name = ?1 AND id <> ?2 AND removed IS NULL"));
  FERRY_TRY_VOID(select.start(name, except_id));
  FERRY_TRY(const bool taken, select.next());
  if (taken) return fail(ErrorCode::invalid_argument, "there is a team \"{}\" already", name);
  return {};
}

Result<TeamRecord> AccountStore::create_team(const GroupTerms& terms, WallTime now) {
  FERRY_TRY_VOID(check_terms(terms, "team"));
  return change([&]() -> Result<TeamRecord> {
    FERRY_TRY_VOID(check_team_name_is_free(terms.name, ""));
    const TeamRecord team = {.id = random_id("team_"), .terms = terms, .created = now};
    FERRY_TRY(
        Statement insert,
        database_.prepare("add a team",
                          "INSERT INTO teams (id, name, requests_per_minute, tokens_per_minute, concurrent, "
                          "day_budget, month_budget, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    const RateLimits& limits = terms.limits;
    FERRY_TRY_VOID(insert.run(team.id, terms.name, limits.requests_per_minute, limits.tokens_per_minute,
                              limits.concurrent, terms.budgets.day, terms.budgets.month, to_ms(now)));
    return team;
  });
}

Result<TeamRecord> AccountStore::change_team(std::string_view team, const GroupTerms& terms) {
  FERRY_TRY_VOID(check_terms(terms, "team"));
  return change([&]() -> Result<TeamRecord> {
    FERRY_TRY(TeamRecord record, find_team(team));
    FERRY_TRY_VOID(check_team_name_is_free(terms.name, record.id));
    FERRY_TRY(
        Statement update,
        database_.prepare("change a team",
                          "UPDATE teams SET name = ?2, requests_per_minute = ?3, tokens_per_minute = ?4, "
                          "concurrent = ?5, day_budget = ?6, month_budget = ?7 WHERE id = ?1"));
    const RateLimits& limits = terms.limits;
    FERRY_TRY_VOID(update.run(record.id, terms.name, limits.requests_per_minute, limits.tokens_per_minute,
                              limits.concurrent, terms.budgets.day, terms.budgets.month));
    record.terms = terms;
    return record;
  });
}

Result<TeamRecord> AccountStore::remove_team(std::string_view team, WallTime now) {
  return change([&]() -> Result<TeamRecord> {
    FERRY_TRY(TeamRecord record, find_team(team));
    FERRY_TRY(Statement select,
              database_.prepare("look for the team's keys",
                                "SELECT name FROM keys WHERE team = ?1 AND revoked IS NULL"));
    FERRY_TRY_VOID(select.start(record.id));
    FERRY_TRY(const bool has_keys, select.next());
    if (has_keys) {
      return fail(ErrorCode::invalid_argument, "the team \"{}\" has keys, such as \"{}\": revoke them first",
                  record.terms.name, select.column<std::string>(0));
    }
    FERRY_TRY(Statement update,
              database_.prepare("remove a team", "UPDATE teams SET removed = ?2 WHERE id = ?1"));
    FERRY_TRY_VOID(update.run(record.id, to_ms(now)));
    return record;
  });
}

}  // namespace ferry
