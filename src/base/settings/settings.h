#pragma once
// A setting is declared once, as a member that its struct shows to a visitor:
//
//   struct ServerSettings {
//     uint16_t port = 8080;
//     template <class V> void visit(V& v) { v("port", port, "port to listen on").range(1, 65535); }
//   };
//   SettingList list;
//   list.add(server_settings);
//
// and becomes the flag --port, the variable FERRY_PORT, the key `port` of the YAML file and a line of the
// documentation. Where several speak, flag > environment > file > default, in whatever order they are read.
// The list points into the structs that were added; they must outlive it and stay where they are.

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/settings/setting_types.h"

namespace ferry {

struct YamlMember;

enum class SettingSource { builtin, file, environment, flag };

class Setting {
 public:
  template <class T>
  Setting(std::string_view name, T& value, std::string_view help)
      : name_(name),
        help_(help),
        type_(SettingType<T>::kName),
        is_switch_(std::is_same_v<T, bool>),
        read_([this, &value](std::string_view text, bool keep) { return read(value, text, keep); }),
        print_([&value] { return SettingType<T>::print(value); }) {
    default_ = print_();
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

  // For declarations. Bounds are inclusive, of sizes in bytes, of durations in milliseconds.
  Setting& range(double least, double most);
  Setting& choices(std::vector<std::string> names);
  Setting& secret();  // never printed, not even in errors

  const std::string& name() const { return name_; }  // "max_body"
  std::string flag() const;                          // "--max-body"
  std::string variable() const;                      // "FERRY_MAX_BODY"
  const std::string& help() const { return help_; }
  std::string_view type() const { return type_; }  // "a size": completes "must be ..."
  bool is_switch() const { return is_switch_; }    // a flag without a value means true
  const std::vector<std::string>& choice_names() const { return choices_; }
  std::string text() const;  // the value, or "(hidden)"
  std::string default_text() const { return default_; }
  SettingSource source() const { return source_; }
  const std::string& where() const {
    return where_;
  }  // "--port", "FERRY_PORT", "ferry.yaml:3"; empty by default

  // Checks the value, and takes it unless a source of higher rank has spoken. Errors: "<where>: port must be
  // an integer, not "x"".
  Result<void> set(std::string_view text, SettingSource source, std::string_view where);

 private:
  template <class T>
  Result<void> read(T& value, std::string_view text, bool keep) const {
    FERRY_TRY(T parsed, SettingType<T>::parse(text));
    if constexpr (requires { SettingType<T>::number(parsed); }) {
      FERRY_TRY_VOID(
          check_range(SettingType<T>::number(parsed), [](double bound) { return print_bound<T>(bound); }));
    }
    if (keep) value = std::move(parsed);
    return {};
  }
  template <class T>
  static std::string print_bound(double bound) {
    if constexpr (std::is_constructible_v<T, ByteSize>) {
      return to_string(ByteSize{static_cast<uint64_t>(bound)});
    } else if constexpr (std::is_constructible_v<T, Duration>) {
      return to_string(Duration(static_cast<int64_t>(bound)));
    } else {
      return fmt::format("{}", bound);
    }
  }
  Result<void> check_range(double number, const std::function<std::string(double)>& print) const;

  std::string name_;
  std::string help_;
  std::string_view type_;
  bool is_switch_;
  bool secret_ = false;
  std::optional<std::pair<double, double>> range_;
  std::vector<std::string> choices_;
  std::function<Result<void>(std::string_view text, bool keep)> read_;
  std::function<std::string()> print_;
  std::string default_;
  SettingSource source_ = SettingSource::builtin;
  std::string where_;
};

class SettingList {
 public:
  template <class Struct>
  void add(Struct& settings) {
    settings.visit(*this);
  }

  // What a struct's visit() calls. Names are snake_case and unique in the list.
  template <class T>
  Setting& operator()(std::string_view name, T& value, std::string_view help) {
    check_new_name(name);
    return settings_.emplace_back(name, value, help);
  }

  // In the order of their declaration.
  const std::deque<Setting>& all() const { return settings_; }
  std::deque<Setting>& all() { return settings_; }
  Setting* find(std::string_view name);  // null where there is none

  // FERRY_... variables; others are not looked at. `variable` returns null for what is not set.
  Result<void> read_environment(const std::function<const char*(const char* name)>& variable);
  Result<void> read_environment();

  // Keys of the file's top level that somebody else reads: they are let pass.
  void add_sections(std::span<const std::string_view> names);

  // A YAML map of settings. Errors, all of them, one on each line: "ferry.yaml:3: unknown setting "prot"; did
  // you mean "port"?". Settings without one are taken even so.
  Result<void> read_file(const std::filesystem::path& path);
  Result<void> read_yaml(const std::string& text, std::string_view source);

  // A Markdown table: name, default, meaning.
  std::string markdown() const;

 private:
  void check_new_name(std::string_view name);
  Result<void> read_member(const YamlMember& member, std::string_view where);
  std::string unknown(std::string_view name) const;

  std::deque<Setting> settings_;
  std::set<std::string, std::less<>> sections_;
};

}  // namespace ferry
