#pragma once
// How each type of setting is read from text and printed. A new type is one more specialisation.

#include <charconv>
#include <concepts>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/settings/units.h"

namespace ferry {

// kName completes "must be ...". number() is what ranges compare; types without it have no range.
template <class T>
struct SettingType;

Result<bool> parse_bool(std::string_view text);
Result<int64_t> parse_integer(std::string_view text);
Result<double> parse_number(std::string_view text);

template <>
struct SettingType<bool> {
  static constexpr std::string_view kName = "true or false";
  static Result<bool> parse(std::string_view text) { return parse_bool(text); }
  static std::string print(bool value) { return value ? "true" : "false"; }
};

template <std::integral T>
struct SettingType<T> {
  static constexpr std::string_view kName = "an integer";
  static Result<T> parse(std::string_view text) {
    FERRY_TRY(const int64_t value, parse_integer(text));
    if (!std::in_range<T>(value)) {
      return fail(ErrorCode::invalid_argument, "must be {} to {}", std::numeric_limits<T>::min(),
                  std::numeric_limits<T>::max());
    }
    return static_cast<T>(value);
  }
  static std::string print(T value) { return std::to_string(value); }
  static double number(T value) { return static_cast<double>(value); }
};

template <>
struct SettingType<double> {
  static constexpr std::string_view kName = "a number";
  static Result<double> parse(std::string_view text) { return parse_number(text); }
  static std::string print(double value) { return fmt::format("{}", value); }
  static double number(double value) { return value; }
};

template <>
struct SettingType<ByteSize> {
  static constexpr std::string_view kName = "a size";
  static Result<ByteSize> parse(std::string_view text) { return parse_byte_size(text); }
  static std::string print(ByteSize value) { return to_string(value); }
  static double number(ByteSize value) { return static_cast<double>(value.bytes); }
};

// Ranges of durations are in milliseconds.
template <>
struct SettingType<Duration> {
  static constexpr std::string_view kName = "a duration";
  static Result<Duration> parse(std::string_view text) { return parse_duration(text); }
  static std::string print(Duration value) { return to_string(value); }
  static double number(Duration value) { return static_cast<double>(value.count()); }
};

template <>
struct SettingType<std::string> {
  static constexpr std::string_view kName = "text";
  static Result<std::string> parse(std::string_view text) { return std::string(text); }
  static std::string print(const std::string& value) { return value; }
};

template <>
struct SettingType<std::filesystem::path> {
  static constexpr std::string_view kName = "a path";
  static Result<std::filesystem::path> parse(std::string_view text) { return std::filesystem::path(text); }
  static std::string print(const std::filesystem::path& value) { return value.string(); }
};

// Not set means that the program decides; so does the word "auto".
template <class T>
struct SettingType<std::optional<T>> {
  static constexpr std::string_view kName = SettingType<T>::kName;
  static Result<std::optional<T>> parse(std::string_view text) {
    if (text == "auto") return std::optional<T>();
    FERRY_TRY(T value, SettingType<T>::parse(text));
    return std::optional<T>(std::move(value));
  }
  static std::string print(const std::optional<T>& value) {
    return value ? SettingType<T>::print(*value) : "auto";
  }
  static double number(const std::optional<T>& value)
    requires requires(T v) { SettingType<T>::number(v); }
  {
    // NaN is in no range and outside none.
    return value ? SettingType<T>::number(*value) : std::numeric_limits<double>::quiet_NaN();
  }
};

// Separated by commas; empty text is no element.
template <>
struct SettingType<std::vector<std::string>> {
  static constexpr std::string_view kName = "a list, separated by commas";
  static Result<std::vector<std::string>> parse(std::string_view text);
  static std::string print(const std::vector<std::string>& value);
};

}  // namespace ferry
