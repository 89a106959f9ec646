#pragma once
// Keys, teams and the organisation as tables and as JSON. No secrets: what is printed here may lie about.

#include <ostream>
#include <span>
#include <string>

#include "base/core/json.h"
#include "serve/accounts/account.h"

namespace ferry::cli {

// "active", "expired", "revoked".
std::string_view key_state(const KeyRecord& key, WallTime now);

// Teams give keys the names of theirs.
void print_keys(std::ostream& out, std::span<const KeyRecord> keys, std::span<const TeamRecord> teams,
                WallTime now);
void print_key(std::ostream& out, const KeyRecord& key, std::span<const TeamRecord> teams, WallTime now);
// Members of an object that is open.
void write_key(JsonWriter& w, const KeyRecord& key, std::span<const TeamRecord> teams, WallTime now);

void print_teams(std::ostream& out, std::span<const TeamRecord> teams);
void write_team(JsonWriter& w, const TeamRecord& team);

void print_organisation(std::ostream& out, const GroupTerms& organisation);
void write_organisation(JsonWriter& w, const GroupTerms& organisation);

// "2026-11-22T20:47:05Z"
std::string time_text(WallTime time);

}  // namespace ferry::cli
