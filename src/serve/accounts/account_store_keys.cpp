#include <algorithm>
#include <unordered_map>

#include "base/core/nearest.h"
#include "base/core/random_id.h"
#include "serve/accounts/account_checks.h"
#include "serve/accounts/account_rows.h"
#include "serve/accounts/account_store.h"
#include "serve/accounts/secret.h"

namespace ferry {
namespace {

constexpr std::string_view kReadKeys = "read the keys";
constexpr std::string_view kRoute = "route";
constexpr std::string_view kEndpoint = "endpoint";
constexpr std::string_view kLabel = "label";

Result<KeyRecord> read_key(const Statement& row) {
  const auto role = parse_role(row.column<std::string_view>(3));
  if (!role) {
    return fail(ErrorCode::corrupt, "the key {}: its role {}", row.column<std::string>(0),
                role.error().message);
  }
  return KeyRecord{.id = row.column<std::string>(0),
                   .terms = {.name = row.column<std::string>(1),
                             .team_id = row.column<std::string>(2),
                             .role = *role,
                             .expires = read_optional_time(row, 10),
                             .limits = read_limits(row, 4),
                             .budgets = read_budgets(row, 7)},
                   .hint = row.column<std::string>(12),
                   .created = read_time(row, 9),
                   .revoked = read_optional_time(row, 11)};
}

std::vector<std::string>* scope_of(KeyTerms& terms, std::string_view kind) {
  if (kind == kRoute) return &terms.routes;
  if (kind == kEndpoint) return &terms.endpoints;
  return kind == kLabel ? &terms.labels : nullptr;
}

// As the database gives them back.
void sort_scopes(KeyTerms& terms) {
  for (const std::string_view kind : {kRoute, kEndpoint, kLabel}) {
    std::vector<std::string>& scope = *scope_of(terms, kind);
    std::sort(scope.begin(), scope.end());
    scope.erase(std::unique(scope.begin(), scope.end()), scope.end());
  }
}

std::optional<std::string> none_if_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Result<std::vector<KeyRecord>> AccountStore::keys() {
  FERRY_TRY(
      Statement select,
      database_.prepare(kReadKeys,
                        "SELECT id, name, team, role, requests_per_minute, tokens_per_minute, concurrent, "
                        "day_budget, month_budget, created, expires, revoked, "
                        "(SELECT hint FROM key_secrets WHERE key = keys.id ORDER BY created DESC LIMIT 1) "
                        "FROM keys ORDER BY created, id"));
  std::vector<KeyRecord> keys;
  for (;;) {
    FERRY_TRY(const bool row, select.next());
    if (!row) break;
    FERRY_TRY(keys.emplace_back(), read_key(select));
  }
  FERRY_TRY_VOID(read_scopes(keys));
  return keys;
}

Result<void> AccountStore::read_scopes(std::vector<KeyRecord>& keys) {
  std::unordered_map<std::string_view, KeyRecord*> by_id;
  for (KeyRecord& key : keys) by_id[key.id] = &key;
  FERRY_TRY(
      Statement select,
      database_.prepare(kReadKeys, "SELECT key, kind, value FROM key_scopes ORDER BY key, kind, value"));
  for (;;) {
    FERRY_TRY(const bool row, select.next());
    if (!row) return {};
    const auto key = by_id.find(select.column<std::string_view>(0));
    if (key == by_id.end()) continue;  // made since the keys were read
    auto* scope = scope_of(key->second->terms, select.column<std::string_view>(1));
    if (scope != nullptr) scope->push_back(select.column<std::string>(2));
  }
}

Result<std::vector<KeySecret>> AccountStore::secrets() {
  FERRY_TRY(Statement select, database_.prepare(kReadKeys, "SELECT hash, key, expires FROM key_secrets"));
  std::vector<KeySecret> secrets;
  for (;;) {
    FERRY_TRY(const bool row, select.next());
    if (!row) return secrets;
    const auto hash = select.column<std::span<const std::byte>>(0);
    KeySecret secret = {
        .hash = {}, .key_id = select.column<std::string>(1), .expires = read_optional_time(select, 2)};
    if (hash.size() != secret.hash.size()) {
      return fail(ErrorCode::corrupt, "{}: a hash of the key {} has {} bytes", database_.path().string(),
                  secret.key_id, hash.size());
    }
    std::copy(hash.begin(), hash.end(), secret.hash.begin());
    secrets.push_back(std::move(secret));
  }
}

Result<std::optional<std::string>> AccountStore::key_of_secret(std::string_view secret) {
  FERRY_TRY(Statement select, database_.prepare(kReadKeys, "SELECT key FROM key_secrets WHERE hash = ?1"));
  FERRY_TRY_VOID(select.start(hash_secret(secret)));
  FERRY_TRY(const bool row, select.next());
  return row ? std::optional(select.column<std::string>(0)) : std::nullopt;
}

Result<KeyRecord> AccountStore::find_key(std::string_view key) {
  const bool is_secret = key.starts_with(kSecretPrefix);
  FERRY_TRY(const std::optional<std::string> owner, key_of_secret(key));
  FERRY_TRY(const std::vector<KeyRecord> all, keys());
  std::vector<std::string> names;
  for (const KeyRecord& record : all) {
    if (record.id == (owner ? std::string_view(*owner) : key)) return record;
    if (record.revoked) continue;
    if (record.terms.name == key) return record;
    names.push_back(record.terms.name);
  }
  if (is_secret) return fail(ErrorCode::not_found, "there is no key with this secret");
  const std::string nearest = nearest_name(key.substr(0, 64), names);
  return fail(ErrorCode::not_found, "there is no key \"{}\"{}", key,
              nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

Result<void> AccountStore::check_key_name_is_free(std::string_view name, std::string_view except_id) {
  FERRY_TRY(
      Statement select,
      database_.prepare(kReadKeys, "SELECT id FROM keys WHERE name = ?1 AND id <> ?2 AND revoked IS NULL"));
  FERRY_TRY_VOID(select.start(name, except_id));
  FERRY_TRY(const bool taken, select.next());
  if (taken) return fail(ErrorCode::invalid_argument, "there is a key \"{}\" already", name);
  return {};
}

Result<void> AccountStore::write_scopes(const std::string& key_id, const KeyTerms& terms) {
  constexpr std::string_view kPurpose = "write what a key may use";
  FERRY_TRY(Statement clear, database_.prepare(kPurpose, "DELETE FROM key_scopes WHERE key = ?1"));
  FERRY_TRY_VOID(clear.run(key_id));
  FERRY_TRY(Statement insert, database_.prepare(kPurpose, "INSERT INTO key_scopes VALUES (?1, ?2, ?3)"));
  KeyTerms copy = terms;
  for (const std::string_view kind : {kRoute, kEndpoint, kLabel}) {
    for (const std::string& value : *scope_of(copy, kind)) FERRY_TRY_VOID(insert.run(key_id, kind, value));
  }
  return {};
}

Result<std::string> AccountStore::add_secret(const std::string& key_id, WallTime now) {
  const std::string secret = make_secret();
  FERRY_TRY(Statement insert,
            database_.prepare("add a key's secret",
                              "INSERT INTO key_secrets (hash, key, hint, created) VALUES (?1, ?2, ?3, ?4)"));
  FERRY_TRY_VOID(insert.run(hash_secret(secret), key_id, secret_hint(secret), to_ms(now)));
  return secret;
}

Result<NewKey> AccountStore::create_key(KeyTerms terms, WallTime now) {
  FERRY_TRY_VOID(check_terms(terms, now));
  sort_scopes(terms);
  return change([&]() -> Result<NewKey> {
    FERRY_TRY_VOID(check_key_name_is_free(terms.name, ""));
    if (!terms.team_id.empty()) {
      FERRY_TRY(const TeamRecord team, find_team(terms.team_id));
      terms.team_id = team.id;
    }
    const std::string id = random_id("key_");
    FERRY_TRY(
        Statement insert,
        database_.prepare("add a key",
                          "INSERT INTO keys (id, name, team, role, requests_per_minute, tokens_per_minute, "
                          "concurrent, day_budget, month_budget, created, expires) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
    const RateLimits& limits = terms.limits;
    FERRY_TRY_VOID(insert.run(id, terms.name, none_if_empty(terms.team_id), to_string(terms.role),
                              limits.requests_per_minute, limits.tokens_per_minute, limits.concurrent,
                              terms.budgets.day, terms.budgets.month, to_ms(now), to_ms(terms.expires)));
    FERRY_TRY_VOID(write_scopes(id, terms));
    FERRY_TRY(std::string secret, add_secret(id, now));
    FERRY_TRY(KeyRecord key, find_key(id));
    return NewKey{std::move(key), std::move(secret)};
  });
}

Result<KeyRecord> AccountStore::change_key(std::string_view key, KeyTerms terms, WallTime now) {
  FERRY_TRY_VOID(check_terms(terms, now));
  sort_scopes(terms);
  return change([&]() -> Result<KeyRecord> {
    FERRY_TRY(const KeyRecord record, find_key(key));
    if (record.revoked)
      return fail(ErrorCode::invalid_argument, "the key \"{}\" is revoked", record.terms.name);
    FERRY_TRY_VOID(check_key_name_is_free(terms.name, record.id));
    FERRY_TRY(
        Statement update,
        database_.prepare("change a key",
                          "UPDATE keys SET name = ?2, role = ?3, requests_per_minute = ?4, "
                          "tokens_per_minute = ?5, concurrent = ?6, day_budget = ?7, month_budget = ?8, "
                          "expires = ?9 WHERE id = ?1"));
    const RateLimits& limits = terms.limits;
    FERRY_TRY_VOID(update.run(record.id, terms.name, to_string(terms.role), limits.requests_per_minute,
                              limits.tokens_per_minute, limits.concurrent, terms.budgets.day,
                              terms.budgets.month, to_ms(terms.expires)));
    FERRY_TRY_VOID(write_scopes(record.id, terms));
    return find_key(record.id);
  });
}

Result<KeyRecord> AccountStore::revoke_key(std::string_view key, WallTime now) {
  return change([&]() -> Result<KeyRecord> {
    FERRY_TRY(KeyRecord record, find_key(key));
    if (record.revoked) return record;
    FERRY_TRY(Statement update,
              database_.prepare("revoke a key", "UPDATE keys SET revoked = ?2 WHERE id = ?1"));
    FERRY_TRY_VOID(update.run(record.id, to_ms(now)));
    record.revoked = now;
    return record;
  });
}

Result<NewKey> AccountStore::rotate_key(std::string_view key, std::chrono::milliseconds grace, WallTime now) {
  return change([&]() -> Result<NewKey> {
    FERRY_TRY(const KeyRecord record, find_key(key));
    if (record.revoked)
      return fail(ErrorCode::invalid_argument, "the key \"{}\" is revoked", record.terms.name);
    FERRY_TRY(Statement update,
              database_.prepare("end a key's old secrets",
                                "UPDATE key_secrets SET expires = ?2 WHERE key = ?1 AND (expires IS NULL OR "
                                "expires > ?2)"));
    FERRY_TRY_VOID(update.run(record.id, to_ms(now + grace)));
    FERRY_TRY(std::string secret, add_secret(record.id, now));
    FERRY_TRY(KeyRecord renewed, find_key(record.id));
    return NewKey{std::move(renewed), std::move(secret)};
  });
}

}  // namespace ferry
