#include "base/observe/log.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "base/core/json.h"

namespace ferry {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

std::atomic<LogLevel> g_level{LogLevel::info};
std::atomic<LogFormat> g_format{LogFormat::automatic};

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7F) return false;
  }
  return true;
}

// Quoted as in JSON where it holds anything that could be taken for another field or drive the terminal.
void append_text_value(std::string& out, const LogValue& value) {
  const auto* text = std::get_if<std::string>(&value.get());
  if (text != nullptr && is_plain(*text)) {
    out.append(*text);
  } else {
    JsonWriter w(out);
    std::visit([&w](const auto& v) { w.value(v); }, value.get());
  }
}

std::tm utc_time(int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return utc;
}

std::string format_text(int64_t unix_ms, LogLevel level, std::string_view message, LogFields fields) {
  const std::tm utc = utc_time(unix_ms);
  std::string line = fmt::format("{:02}:{:02}:{:02}.{:03} {:<7} {}", utc.tm_hour, utc.tm_min, utc.tm_sec,
                                 unix_ms % 1000, kLevelNames[static_cast<int>(level)], message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_text_value(line, field.value);
  }
  line.push_back('\n');
  return line;
}

std::string format_json(int64_t unix_ms, LogLevel level, std::string_view message, LogFields fields) {
  const std::tm utc = utc_time(unix_ms);
  std::string line;
  JsonWriter w(line);
  w.begin_object();
  w.member("time",
           fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ms % 1000));
  w.member("level", kLevelNames[static_cast<int>(level)]);
  w.member("message", message);
  for (const LogField& field : fields) {
    w.key(field.name);
    std::visit([&w](const auto& v) { w.value(v); }, field.value.get());
  }
  w.end_object();
  line.push_back('\n');
  return line;
}

bool stderr_is_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  return terminal;
}

}  // namespace

void set_log(LogLevel level, LogFormat format) {
  g_level = level;
  g_format = format;
}

bool log_enabled(LogLevel level) {
  return level >= g_level.load(std::memory_order_relaxed);
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  if (name == "auto") return LogFormat::automatic;
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return std::nullopt;
}

std::string format_log_line(LogFormat format, int64_t unix_ms, LogLevel level, std::string_view message,
                            LogFields fields) {
  const bool text = format == LogFormat::text || (format == LogFormat::automatic && stderr_is_terminal());
  return text ? format_text(unix_ms, level, message, fields) : format_json(unix_ms, level, message, fields);
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (level == LogLevel::off || !log_enabled(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string line = format_log_line(g_format, unix_ms, level, message, fields);
  // A line that cannot be written is lost: there is nowhere to say so.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ferry
