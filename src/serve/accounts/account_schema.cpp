#include "serve/accounts/account_schema.h"

namespace ferry {
namespace {

// Teams and keys are never deleted: what was spent and recorded refers to them.
constexpr std::string_view kKeysAndTeams = R"(
CREATE TABLE accounts_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL  -- one more with each change
) STRICT;
INSERT INTO accounts_state VALUES (1, 0);

CREATE TABLE organisation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  concurrent INTEGER,
  day_budget INTEGER,
  month_budget INTEGER
) STRICT;
INSERT INTO organisation (id, name) VALUES (1, 'organisation');

CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  concurrent INTEGER,
  day_budget INTEGER,
  month_budget INTEGER,
  created INTEGER NOT NULL,
  removed INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX teams_name ON teams (name) WHERE removed IS NULL;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  team TEXT REFERENCES teams,
  role TEXT NOT NULL,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  concurrent INTEGER,
  day_budget INTEGER,
  month_budget INTEGER,
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX keys_name ON keys (name) WHERE revoked IS NULL;
CREATE INDEX keys_team ON keys (team);

CREATE TABLE key_scopes (
  key TEXT NOT NULL REFERENCES keys,
  kind TEXT NOT NULL CHECK (kind IN ('route', 'endpoint', 'label')),
  value TEXT NOT NULL,
  PRIMARY KEY (key, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_secrets (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),  -- SHA-256
  key TEXT NOT NULL REFERENCES keys,
  hint TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX key_secrets_key ON key_secrets (key);
)";

constexpr Migration kMigrations[] = {{"keys and teams", kKeysAndTeams}};

}  // namespace

std::span<const Migration> account_migrations() {
  return kMigrations;
}

}  // namespace ferry
