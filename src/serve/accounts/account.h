#pragma once
// What keys, teams and the organisation are allowed, as plain data. The three are nested: what a key does
// counts for its team and for the organisation too, and each may have limits and budgets of its own.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/accounts/budget.h"

namespace ferry {

enum class AccountLevel : uint8_t { key, team, organisation };
std::string_view to_string(AccountLevel level);
// For messages: "the key "x"", "the organisation".
std::string account_title(AccountLevel level, std::string_view name);

// Not set: no limit.
struct RateLimits {
  std::optional<int64_t> requests_per_minute = {};
  std::optional<int64_t> tokens_per_minute = {};  // of prompts and answers together
  std::optional<int64_t> concurrent = {};         // exchanges at the same time

  bool operator==(const RateLimits&) const = default;
};

enum class Role : uint8_t {
  user,     // uses models
  admin,    // and changes keys, teams, routes
  auditor,  // reads the record; uses no model
};
std::string_view to_string(Role role);
Result<Role> parse_role(std::string_view name);

// What a key is made with.
struct KeyTerms {
  std::string name;  // unique among the keys that are not revoked
  std::string team_id = {};
  Role role = Role::user;
  std::vector<std::string> routes = {};     // names; a * at the end stands for any rest; empty: all
  std::vector<std::string> endpoints = {};  // "chat/completions", "embeddings": what follows /v1/; empty: all
  std::vector<std::string> labels = {};     // that every exchange of the key carries
  std::optional<WallTime> expires = {};
  RateLimits limits = {};
  Budgets budgets = {};
};

struct KeyRecord {
  std::string id;  // "key_" and 32 hexadecimal digits; no secret
  KeyTerms terms;
  std::string hint = {};  // the first letters of its newest secret, to tell keys apart: "fk_a1B2"
  WallTime created = {};
  std::optional<WallTime> revoked = {};
};

// A team, or the organisation.
struct GroupTerms {
  std::string name;  // unique among teams
  RateLimits limits = {};
  Budgets budgets = {};
};

struct TeamRecord {
  std::string id;  // "team_" and 32 hexadecimal digits
  GroupTerms terms;
  WallTime created = {};
};

// SHA-256 of a key's secret. Secrets are 256 random bits: nobody guesses one from its hash, however fast the
// hash is, so that the slow hashes that passwords need would buy nothing.
using KeyHash = std::array<std::byte, 32>;

// One of the secrets of a key; after a rotation the old one lives on for a while.
struct KeySecret {
  KeyHash hash;
  std::string key_id;
  std::optional<WallTime> expires = {};
};

// Everything that the database knows about accounts, of one moment.
struct AccountBook {
  int64_t revision = 0;  // counts the changes
  GroupTerms organisation;
  std::vector<TeamRecord> teams;
  std::vector<KeyRecord> keys;  // revoked ones too
  std::vector<KeySecret> secrets;
};

}  // namespace ferry
