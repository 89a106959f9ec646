#include "app/cli/account_flags.h"

#include <charconv>
#include <chrono>

#include "base/settings/setting_types.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kNone = "none";

Result<void> apply_limit(std::string_view flag, const std::string& text, std::optional<int64_t>& limit) {
  if (text.empty()) return {};
  if (text == kNone) {
    limit.reset();
    return {};
  }
  const auto number = parse_integer(text);
  if (!number)
    return fail(ErrorCode::invalid_argument, "{} must be a number or none, not \"{}\"", flag, text);
  limit = *number;
  return {};
}

void clear(Budgets& budgets, std::string_view period) {
  if (period.empty() || period == "day") budgets.day.reset();
  if (period.empty() || period == "month") budgets.month.reset();
}

Result<void> apply_budget(const std::string& text, Budgets& budgets) {
  if (text == "none" || text == "none/day" || text == "none/month") {
    clear(budgets, text == kNone ? "" : std::string_view(text).substr(kNone.size() + 1));
    return {};
  }
  const auto budget = parse_budget(text);
  if (!budget) {
    return fail(ErrorCode::invalid_argument, "--budget {}, not \"{}\"", budget.error().message, text);
  }
  (budget->period == BudgetPeriod::day ? budgets.day : budgets.month) = budget->amount;
  return {};
}

void apply_list(const std::vector<std::string>& given, std::vector<std::string>& list) {
  if (given.empty()) return;
  list = given;
  if (given.size() == 1 && given[0] == kNone) list.clear();
}

// Exactly so many digits.
std::optional<int> parse_digits(std::string_view text, size_t digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != digits || error != std::errc() || end != text.data() + text.size() || number < 0)
    return {};
  return number;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const auto year = parse_digits(text.substr(0, 4), 4);
  const auto month = parse_digits(text.substr(5, 2), 2);
  const auto day = parse_digits(text.substr(8, 2), 2);
  if (!year || !month || !day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

}  // namespace

void LimitFlags::add_to(std::vector<Option>& options) {
  options.push_back(
      {"--budget", &budgets,
       "money that may be spent, in the currency of the prices: 10/day or 250/month, or both; none"});
  options.push_back({"--rpm", &requests_per_minute, "requests in a minute, or none"});
  options.push_back(
      {"--tpm", &tokens_per_minute, "tokens in a minute, prompts and answers together, or none"});
  options.push_back({"--concurrent", &concurrent, "requests at the same time, or none"});
}

Result<void> LimitFlags::apply(RateLimits& limits, Budgets& money) const {
  FERRY_TRY_VOID(apply_limit("--rpm", requests_per_minute, limits.requests_per_minute));
  FERRY_TRY_VOID(apply_limit("--tpm", tokens_per_minute, limits.tokens_per_minute));
  FERRY_TRY_VOID(apply_limit("--concurrent", concurrent, limits.concurrent));
  for (const std::string& budget : budgets) FERRY_TRY_VOID(apply_budget(budget, money));
  return {};
}

void KeyFlags::add_to(std::vector<Option>& options, bool name_required) {
  options.push_back({"--name", &name, "what to call the key", name_required});
  options.push_back({"--role", &role,
                     "user, admin (may also change keys, teams and routes) or auditor (reads the "
                     "record, uses no model)"});
  options.push_back({"--expires", &expires, "when it ends: 90d from now, 2027-01-31 (UTC), or never"});
  options.push_back({"--route", &routes,
                     "a route or model that it may use, a * at the end for any rest; "
                     "repeatable; none given: all"});
  options.push_back({"--endpoint", &endpoints,
                     "an endpoint that it may use, such as chat/completions; repeatable; "
                     "none given: all"});
  options.push_back({"--label", &labels, "a label that all its exchanges carry; repeatable"});
  limits.add_to(options);
}

Result<void> KeyFlags::apply(KeyTerms& terms, WallTime now) const {
  if (!name.empty()) terms.name = name;
  if (!role.empty()) {
    const auto parsed = parse_role(role);
    if (!parsed)
      return fail(ErrorCode::invalid_argument, "--role {}, not \"{}\"", parsed.error().message, role);
    terms.role = *parsed;
  }
  if (!expires.empty()) {
    FERRY_TRY(terms.expires, parse_expiry(expires, now));
  }
  apply_list(routes, terms.routes);
  apply_list(endpoints, terms.endpoints);
  apply_list(labels, terms.labels);
  return limits.apply(terms.limits, terms.budgets);
}

Result<std::optional<WallTime>> parse_expiry(std::string_view text, WallTime now) {
  if (text == "never") return std::optional<WallTime>();
  if (const auto date = parse_date(text)) return std::optional<WallTime>(*date);
  const auto duration = parse_duration(text);
  if (!duration) {
    return fail(ErrorCode::invalid_argument,
                "--expires must be a duration such as 90d, a date such as 2027-01-31, or never, not \"{}\"",
                text);
  }
  return std::optional<WallTime>(now + *duration);
}

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Result<AccountStore> open_accounts(const Configuration& configuration) {
  FERRY_TRY(const std::filesystem::path folder, open_data_dir(configuration.data));
  return AccountStore::open(database_file(folder));
}

}  // namespace ferry::cli
