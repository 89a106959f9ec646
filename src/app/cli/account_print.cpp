#include "app/cli/account_print.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "app/cli/text_table.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kNothing = "-";

std::string date_text(WallTime time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string optional_date(const std::optional<WallTime>& time) {
  return time ? date_text(*time) : std::string(kNothing);
}

std::string joined(const std::vector<std::string>& words, std::string_view none) {
  return words.empty() ? std::string(none) : fmt::format("{}", fmt::join(words, ","));
}

std::string limits_text(const RateLimits& limits) {
  std::vector<std::string> parts;
  if (limits.requests_per_minute)
    parts.push_back(fmt::format("{} requests/min", *limits.requests_per_minute));
  if (limits.tokens_per_minute) parts.push_back(fmt::format("{} tokens/min", *limits.tokens_per_minute));
  if (limits.concurrent) parts.push_back(fmt::format("{} at once", *limits.concurrent));
  return parts.empty() ? std::string(kNothing) : fmt::format("{}", fmt::join(parts, ", "));
}

std::string budgets_text(const Budgets& budgets) {
  std::vector<std::string> parts;
  if (budgets.day) parts.push_back(money_text(*budgets.day) + "/day");
  if (budgets.month) parts.push_back(money_text(*budgets.month) + "/month");
  return parts.empty() ? std::string(kNothing) : fmt::format("{}", fmt::join(parts, ", "));
}

// A team that has been removed goes by its id.
std::string team_name(const KeyRecord& key, std::span<const TeamRecord> teams) {
  const auto found = std::find_if(teams.begin(), teams.end(),
                                  [&](const TeamRecord& team) { return team.id == key.terms.team_id; });
  return found == teams.end() ? key.terms.team_id : found->terms.name;
}

template <class T>
void optional_member(JsonWriter& w, std::string_view name, const std::optional<T>& value) {
  w.key(name);
  if (value) {
    w.value(*value);
  } else {
    w.null();
  }
}

void time_member(JsonWriter& w, std::string_view name, const std::optional<WallTime>& time) {
  optional_member(w, name, time ? std::optional(time_text(*time)) : std::nullopt);
}

// Decimal digits, so that nothing is rounded.
void money_member(JsonWriter& w, std::string_view name, const std::optional<Nanomoney>& amount) {
  w.key(name);
  w.raw(amount ? money_text(*amount) : "null");
}

void list_member(JsonWriter& w, std::string_view name, const std::vector<std::string>& words) {
  w.key(name);
  w.begin_array();
  for (const std::string& word : words) w.value(word);
  w.end_array();
}

void write_limits(JsonWriter& w, const RateLimits& limits, const Budgets& budgets) {
  optional_member(w, "requests_per_minute", limits.requests_per_minute);
  optional_member(w, "tokens_per_minute", limits.tokens_per_minute);
  optional_member(w, "concurrent", limits.concurrent);
  money_member(w, "budget_day", budgets.day);
  money_member(w, "budget_month", budgets.month);
}

}  // namespace

std::string time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}T{:02}:{:02}:{:02}Z", date_text(time), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string_view key_state(const KeyRecord& key, WallTime now) {
  if (key.revoked) return "revoked";
  return key.terms.expires && *key.terms.expires <= now ? "expired" : "active";
}

void print_keys(std::ostream& out, std::span<const KeyRecord> keys, std::span<const TeamRecord> teams,
                WallTime now) {
  TextTable table;
  table.add({"NAME", "SECRET", "STATE", "TEAM", "ROLE", "ROUTES", "LIMITS", "BUDGET", "EXPIRES", "ID"});
  for (const KeyRecord& key : keys) {
    const std::string team = team_name(key, teams);
    table.add({key.terms.name, key.hint + "...", std::string(key_state(key, now)),
               team.empty() ? std::string(kNothing) : team, std::string(to_string(key.terms.role)),
               joined(key.terms.routes, "all"), limits_text(key.terms.limits),
               budgets_text(key.terms.budgets), optional_date(key.terms.expires), key.id});
  }
  table.print(out);
}

void print_key(std::ostream& out, const KeyRecord& key, std::span<const TeamRecord> teams, WallTime now) {
  const KeyTerms& terms = key.terms;
  TextTable table;
  table.add({"name", terms.name});
  table.add({"id", key.id});
  table.add({"secret", key.hint + "..."});
  table.add({"state", key.revoked ? "revoked " + time_text(*key.revoked) : std::string(key_state(key, now))});
  table.add({"team", terms.team_id.empty() ? std::string(kNothing) : team_name(key, teams)});
  table.add({"role", std::string(to_string(terms.role))});
  table.add({"routes", joined(terms.routes, "all")});
  table.add({"endpoints", joined(terms.endpoints, "all")});
  table.add({"labels", joined(terms.labels, kNothing)});
  table.add({"limits", limits_text(terms.limits)});
  table.add({"budget", budgets_text(terms.budgets)});
  table.add({"created", time_text(key.created)});
  table.add({"expires", terms.expires ? time_text(*terms.expires) : "never"});
  table.print(out);
}

void write_key(JsonWriter& w, const KeyRecord& key, std::span<const TeamRecord> teams, WallTime now) {
  const KeyTerms& terms = key.terms;
  w.member("id", key.id);
  w.member("name", terms.name);
  w.member("hint", key.hint);
  w.member("state", key_state(key, now));
  const auto or_null = [](std::string text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  };
  optional_member(w, "team", or_null(team_name(key, teams)));
  optional_member(w, "team_id", or_null(terms.team_id));
  w.member("role", to_string(terms.role));
  list_member(w, "routes", terms.routes);
  list_member(w, "endpoints", terms.endpoints);
  list_member(w, "labels", terms.labels);
  write_limits(w, terms.limits, terms.budgets);
  time_member(w, "created", key.created);
  time_member(w, "expires", terms.expires);
  time_member(w, "revoked", key.revoked);
}

void print_teams(std::ostream& out, std::span<const TeamRecord> teams) {
  TextTable table;
  table.add({"NAME", "LIMITS", "BUDGET", "CREATED", "ID"});
  for (const TeamRecord& team : teams) {
    table.add({team.terms.name, limits_text(team.terms.limits), budgets_text(team.terms.budgets),
               date_text(team.created), team.id});
  }
  table.print(out);
}

void write_team(JsonWriter& w, const TeamRecord& team) {
  w.member("id", team.id);
  w.member("name", team.terms.name);
  write_limits(w, team.terms.limits, team.terms.budgets);
  time_member(w, "created", team.created);
}

void print_organisation(std::ostream& out, const GroupTerms& organisation) {
  TextTable table;
  table.add({"name", organisation.name});
  table.add({"limits", limits_text(organisation.limits)});
  table.add({"budget", budgets_text(organisation.budgets)});
  table.print(out);
}

void write_organisation(JsonWriter& w, const GroupTerms& organisation) {
  w.member("name", organisation.name);
  write_limits(w, organisation.limits, organisation.budgets);
}

}  // namespace ferry::cli
