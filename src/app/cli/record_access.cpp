#include "app/cli/record_access.h"

#include <charconv>
#include <ctime>

#include "serve/traffic/data_folder.h"

namespace ferry::cli {
namespace {

constexpr int64_t kSecond = 1'000'000;

// Reads exactly `digits` digits.
bool take_number(std::string_view& text, size_t digits, int& value) {
  if (text.size() < digits) return false;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + digits || value < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// A date, and a time of the day if one follows; nothing where it is neither, or no such day.
std::optional<int64_t> parse_calendar(std::string_view text) {
  std::tm utc{};
  if (!take_number(text, 4, utc.tm_year) || !take(text, '-') || !take_number(text, 2, utc.tm_mon) ||
      !take(text, '-') || !take_number(text, 2, utc.tm_mday)) {
    return std::nullopt;
  }
  if (!text.empty() && (!take(text, 'T') || !take_number(text, 2, utc.tm_hour) || !take(text, ':') ||
                        !take_number(text, 2, utc.tm_min) || !take(text, ':') ||
                        !take_number(text, 2, utc.tm_sec) || text != "Z")) {
    return std::nullopt;
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  const std::tm wanted = utc;
  const std::time_t seconds = ::timegm(&utc);
  // timegm() makes the 31st of February a day in March.
  if (utc.tm_mday != wanted.tm_mday || utc.tm_mon != wanted.tm_mon || utc.tm_hour != wanted.tm_hour ||
      utc.tm_min != wanted.tm_min || utc.tm_sec != wanted.tm_sec) {
    return std::nullopt;
  }
  return int64_t{seconds} * kSecond;
}

void write_usage(JsonWriter& w, const RecordedUsage& usage) {
  w.key("usage");
  w.begin_object();
  w.member("prompt_tokens", usage.prompt_tokens);
  w.member("completion_tokens", usage.completion_tokens);
  w.member("cached_tokens", usage.cached_tokens);
  w.member("cache_creation_tokens", usage.cache_creation_tokens);
  w.member("reasoning_tokens", usage.reasoning_tokens);
  w.end_object();
}

void write_texts(JsonWriter& w, std::string_view name, const std::vector<std::string>& texts) {
  w.key(name);
  w.begin_array();
  for (const std::string& text : texts) w.value(text);
  w.end_array();
}

void write_counterfactuals(JsonWriter& w, const std::vector<Counterfactual>& others) {
  w.key("counterfactuals");
  w.begin_array();
  for (const Counterfactual& other : others) {
    w.begin_object();
    w.member("target", other.target);
    w.member("cost", other.cost);
    w.member("estimate", other.is_estimate);
    w.member("relative_error", other.relative_error);
    w.end_object();
  }
  w.end_array();
}

void write_outcome(JsonWriter& w, const Outcome& outcome) {
  w.member("ended", time_text(outcome.time_us));
  w.member("http_status", outcome.http_status);
  if (!outcome.error_kind.empty()) w.member("error", outcome.error_kind);
  write_usage(w, outcome.usage);
  w.member("usage_source", to_string(outcome.usage_source));
  w.member("cost", outcome.cost);
  if (outcome.first_token_us >= 0) w.member("first_token_us", outcome.first_token_us);
  w.member("total_us", outcome.total_us);
  w.member("request_bytes", outcome.request_bytes);
  w.member("answer_bytes", outcome.answer_bytes);
  w.member("retries", outcome.retries);
  w.member("cache_hit", outcome.cache_hit);
  w.member("answer_digest", to_hex(outcome.answer_digest));
  write_counterfactuals(w, outcome.counterfactuals);
}

}  // namespace

Result<std::filesystem::path> open_record(const Configuration& configuration) {
  FERRY_TRY(std::filesystem::path folder, open_data_dir(configuration.data));
  FERRY_TRY_VOID(carry_if_idle(folder));
  return folder;
}

Result<int64_t> parse_time(std::string_view text, int64_t now_us) {
  if (const auto time = parse_calendar(text)) return *time;
  // A bare number would be seconds; here it is more likely a year.
  const auto ago = parse_duration(text);
  if (ago && !text.empty() && (text.back() < '0' || text.back() > '9')) {
    return now_us - std::chrono::microseconds(*ago).count();
  }
  return fail(
      ErrorCode::invalid_argument,
      "\"{}\" is no time: give a day like 2026-01-31, a time like 2026-01-31T12:00:00Z, or how long ago, "
      "like 7d",
      text);
}

std::string time_text(int64_t unix_us) {
  const std::time_t seconds = unix_us / kSecond;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, unix_us % kSecond / 1000);
}

void TimeFlags::add_to(std::vector<Option>& options) {
  options.push_back({"--from", &from, "from this time on: a day (2026-01-31), a time, or how long ago (7d)"});
  options.push_back({"--to", &to, "before this time"});
}

Result<TimeRange> TimeFlags::range() const {
  TimeRange range;
  const int64_t now_us = unix_now_us();
  if (!from.empty()) {
    FERRY_TRY(range.from_us, parse_time(from, now_us));
  }
  if (!to.empty()) {
    FERRY_TRY(range.to_us, parse_time(to, now_us));
  }
  return range;
}

void FilterFlags::add_to(std::vector<Option>& options) {
  time.add_to(options);
  options.push_back({"--route", &filter.route, "of this route"});
  options.push_back({"--target", &filter.target, "of this target (provider/model)"});
  options.push_back({"--key", &filter.key_id, "of this key (its id)"});
  options.push_back({"--team", &filter.team_id, "of this team (its id)"});
  options.push_back({"--user", &filter.user, "of this end user, as the application named him"});
  options.push_back({"--label", &filter.label, "that carry this label"});
}

Result<AttemptFilter> FilterFlags::read() const {
  AttemptFilter result = filter;
  FERRY_TRY(result.time, time.range());
  return result;
}

std::string fate_text(const Attempt& attempt) {
  return attempt.outcome ? std::string(to_string(attempt.outcome->fate)) : "unknown";
}

void write_attempt(JsonWriter& w, const Attempt& attempt) {
  const Intent& intent = attempt.intent;
  w.begin_object();
  w.member("exchange", intent.exchange.to_string());
  w.member("attempt", intent.attempt);
  w.member("time", time_text(intent.time_us));
  w.member("role", to_string(intent.role));
  w.member("key", intent.key_id);
  w.member("team", intent.team_id);
  w.member("user", intent.user);
  w.member("route", intent.route);
  w.member("target", intent.target);
  w.member("provider", intent.provider);
  w.member("region", intent.region);
  w.member("local", intent.is_local);
  w.member("dialect", intent.dialect);
  write_texts(w, "labels", intent.labels);
  w.member("verdict", intent.verdict);
  write_texts(w, "reasons", intent.reasons);
  w.member("stream", intent.stream);
  w.member("reserved", intent.reserved);
  w.member("price_version", intent.price_version);
  w.member("request_digest", to_hex(intent.request_digest));
  w.member("fate", fate_text(attempt));
  if (attempt.outcome) write_outcome(w, *attempt.outcome);
  w.end_object();
}

}  // namespace ferry::cli
