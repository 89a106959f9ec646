#pragma once
// Structured logging to standard error: a level, a fixed message, named fields.
//
//   log_info("listening", {{"url", url}, {"models", 2}});
//   12:04:31.507 info  listening url=http://127.0.0.1:8080 models=2            (a terminal)
//   {"time":"2026-11-22T12:04:31.507Z","level":"info","message":"listening","url":"…","models":2}
//
// Any thread may log. A line is formatted by the caller and written with one write(2), so lines never mix;
// it waits for nobody but a reader of standard error that stands still. Keys, prompts and answers are never
// logged.

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ferry {

enum class LogLevel { debug, info, warning, error, off };
enum class LogFormat { automatic, text, json };  // automatic: text on a terminal, else JSON lines

class LogValue {
 public:
  LogValue(std::string_view text) : value_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : value_(std::string(text)) {}       // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : value_(text) {}             // NOLINT(google-explicit-constructor)
  LogValue(bool flag) : value_(flag) {}                           // NOLINT(google-explicit-constructor)
  LogValue(double number) : value_(number) {}                     // NOLINT(google-explicit-constructor)
  LogValue(std::integral auto number) : value_(static_cast<int64_t>(number)) {}  // NOLINT

  const std::variant<bool, int64_t, double, std::string>& get() const { return value_; }

 private:
  std::variant<bool, int64_t, double, std::string> value_;
};

struct LogField {
  std::string_view name;  // snake_case
  LogValue value;
};

using LogFields = std::initializer_list<LogField>;

// For the whole process; the default is info, automatic.
void set_log(LogLevel level, LogFormat format);
bool log_enabled(LogLevel level);

std::optional<LogLevel> parse_log_level(std::string_view name);
std::optional<LogFormat> parse_log_format(std::string_view name);

void log(LogLevel level, std::string_view message, LogFields fields = {});
inline void log_debug(std::string_view message, LogFields fields = {}) {
  log(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, LogFields fields = {}) {
  log(LogLevel::info, message, fields);
}
inline void log_warning(std::string_view message, LogFields fields = {}) {
  log(LogLevel::warning, message, fields);
}
inline void log_error(std::string_view message, LogFields fields = {}) {
  log(LogLevel::error, message, fields);
}

// One line as it would be written, newline included; `unix_ms` is milliseconds since 1970.
std::string format_log_line(LogFormat format, int64_t unix_ms, LogLevel level, std::string_view message,
                            LogFields fields);

}  // namespace ferry
