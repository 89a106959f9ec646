#include "serve/route/config_history.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "base/core/file.h"
#include "serve/traffic/digest.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLog = "applied.log";
constexpr size_t kDigestDigits = 64;
constexpr size_t kTimeBytes = 20;  // "2026-11-22T20:14:05Z"
constexpr size_t kMostApplied = 10'000;

std::string time_text(int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool is_digest_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kDigestDigits && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::vector<AppliedConfig> parse_log(std::string_view log) {
  std::vector<AppliedConfig> applied;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    const bool is_whole = end != std::string_view::npos && line.size() == kTimeBytes + 1 + kDigestDigits &&
                          line[kTimeBytes] == ' ' && is_digest_prefix(line.substr(kTimeBytes + 1));
    if (is_whole)
      applied.push_back({std::string(line.substr(0, kTimeBytes)), std::string(line.substr(kTimeBytes + 1))});
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
  }
  return applied;
}

std::string log_text(const std::vector<AppliedConfig>& applied) {
  std::string text;
  for (const AppliedConfig& one : applied) text += fmt::format("{} {}\n", one.time, one.digest);
  return text;
}

}  // namespace

Result<std::vector<AppliedConfig>> ConfigHistory::list() const {
  std::error_code ignored;
  if (!fs::exists(folder_ / kLog, ignored)) return std::vector<AppliedConfig>();
  FERRY_TRY(const std::string log, read_file(folder_ / kLog));
  return parse_log(log);
}

Result<void> ConfigHistory::applied(std::string_view yaml, int64_t unix_s) {
  FERRY_TRY(std::vector<AppliedConfig> applied, list());
  const std::string digest = to_hex(sha256(yaml));
  if (!applied.empty() && applied.back().digest == digest) return {};
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return fail(ErrorCode::io, "cannot make the folder {}: {}", folder_.string(), error.message());
  FERRY_TRY_VOID(write_file_atomic(folder_ / (digest + ".yaml"), yaml));
  applied.push_back({time_text(unix_s), digest});
  if (applied.size() > kMostApplied) applied.erase(applied.begin());
  return write_file_atomic(folder_ / kLog, log_text(applied));
}

Result<std::string> ConfigHistory::text(std::string_view digest) const {
  if (!is_digest_prefix(digest))
    return fail(ErrorCode::invalid_argument, "\"{}\" must be a digest, or its first digits",
                digest.substr(0, 80));
  FERRY_TRY(const std::vector<AppliedConfig> applied, list());
  std::set<std::string> found;
  for (const AppliedConfig& one : applied) {
    if (one.digest.starts_with(digest)) found.insert(one.digest);
  }
  if (found.empty())
    return fail(ErrorCode::not_found, "no configuration that was applied begins with {}", digest);
  if (found.size() > 1) {
    return fail(ErrorCode::invalid_argument, "{} configurations begin with {}; give more digits",
                found.size(), digest);
  }
  const fs::path path = folder_ / (*found.begin() + ".yaml");
  FERRY_TRY(std::string yaml, read_file(path));
  if (to_hex(sha256(yaml)) != *found.begin())
    return fail(ErrorCode::corrupt, "{} is not what was applied: its digest is another one", path.string());
  return yaml;
}

}  // namespace ferry
