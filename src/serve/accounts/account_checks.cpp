#include "serve/accounts/account_checks.h"

#include <algorithm>
#include <array>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxScope = 256;
constexpr size_t kMaxScopes = 256;  // of a kind
constexpr int64_t kMaxLimit = 1'000'000'000'000;

// They would be taken for an id or a secret.
constexpr std::array<std::string_view, 3> kTakenPrefixes = {"key_", "team_", "fk_"};

Result<void> check_name(std::string_view name, std::string_view what) {
  if (name.empty() || name.size() > kMaxName) {
    return fail(ErrorCode::invalid_argument, "the {}'s name must have 1 to {} bytes", what, kMaxName);
  }
  const bool control = std::any_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  if (control || !is_valid_utf8(name)) {
    return fail(ErrorCode::invalid_argument, "the {}'s name must be UTF-8 without control characters", what);
  }
  for (const std::string_view prefix : kTakenPrefixes) {
    if (!name.starts_with(prefix)) continue;
    return fail(ErrorCode::invalid_argument, "the {}'s name must not begin with {}", what, prefix);
  }
  return {};
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<void> check_scopes(const std::vector<std::string>& scopes, std::string_view what) {
  if (scopes.size() > kMaxScopes) {
    return fail(ErrorCode::invalid_argument, "a key may have {} {}s, not {}", kMaxScopes, what,
                scopes.size());
  }
  for (const std::string& scope : scopes) {
    if (scope.empty() || scope.size() > kMaxScope || !is_visible_ascii(scope)) {
      return fail(ErrorCode::invalid_argument,
                  "each {} must be 1 to {} visible ASCII characters without spaces", what, kMaxScope);
    }
  }
  return {};
}

// A * stands for any rest, and only there.
Result<void> check_patterns(const std::vector<std::string>& patterns, std::string_view what) {
  FERRY_TRY_VOID(check_scopes(patterns, what));
  for (const std::string& pattern : patterns) {
    if (pattern.find('*') < pattern.size() - 1) {
      return fail(ErrorCode::invalid_argument, "{} \"{}\": a * may stand at the end only", what, pattern);
    }
  }
  return {};
}

Result<void> check_labels(const std::vector<std::string>& labels) {
  FERRY_TRY_VOID(check_scopes(labels, "label"));
  for (const std::string& label : labels) {
    // Labels are listed in headers and metrics.
    if (label.find_first_of("*,\"\\") == std::string::npos) continue;
    return fail(ErrorCode::invalid_argument, "label \"{}\": must not contain any of * , \" \\", label);
  }
  return {};
}

Result<void> check_limit(const std::optional<int64_t>& limit, std::string_view what) {
  if (!limit || (*limit >= 1 && *limit <= kMaxLimit)) return {};
  return fail(ErrorCode::invalid_argument, "{} must be 1 to {}, not {}", what, kMaxLimit, *limit);
}

Result<void> check_limits(const RateLimits& limits, const Budgets& budgets) {
  FERRY_TRY_VOID(check_limit(limits.requests_per_minute, "requests per minute"));
  FERRY_TRY_VOID(check_limit(limits.tokens_per_minute, "tokens per minute"));
  FERRY_TRY_VOID(check_limit(limits.concurrent, "concurrent requests"));
  for (const auto& budget : {budgets.day, budgets.month}) {
    if (budget && *budget < 0) return fail(ErrorCode::invalid_argument, "a budget must not be negative");
  }
  return {};
}

}  // namespace

Result<void> check_terms(const KeyTerms& terms, WallTime now) {
  FERRY_TRY_VOID(check_name(terms.name, "key"));
  FERRY_TRY_VOID(check_patterns(terms.routes, "route"));
  FERRY_TRY_VOID(check_patterns(terms.endpoints, "endpoint"));
  FERRY_TRY_VOID(check_labels(terms.labels));
  if (terms.expires && *terms.expires <= now) {
    return fail(ErrorCode::invalid_argument, "the time at which the key expires lies in the past");
  }
  return check_limits(terms.limits, terms.budgets);
}

Result<void> check_terms(const GroupTerms& terms, std::string_view what) {
  FERRY_TRY_VOID(check_name(terms.name, what));
  return check_limits(terms.limits, terms.budgets);
}

}  // namespace ferry
