#include "base/settings/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <fmt/ranges.h>

#include "base/core/nearest.h"

namespace ferry {

Result<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return false;
  }
  return fail(ErrorCode::invalid_argument, "must be true or false");
}

Result<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::invalid_argument, "must be an integer");
  }
  return value;
}

Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Neither infinities nor NaN: no range would hold them.
  if (error != std::errc() || end != text.data() + text.size() || !(value - value == 0)) {
    return fail(ErrorCode::invalid_argument, "must be a number");
  }
  return value;
}

Result<std::vector<std::string>> SettingType<std::vector<std::string>>::parse(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    if (item.empty()) return fail(ErrorCode::invalid_argument, "has an empty element");
    items.emplace_back(item);
    text.remove_prefix(item.size());
    if (text == ",") return fail(ErrorCode::invalid_argument, "has an empty element");
    if (!text.empty()) text.remove_prefix(1);
  }
  return items;
}

std::string SettingType<std::vector<std::string>>::print(const std::vector<std::string>& value) {
  return fmt::format("{}", fmt::join(value, ","));
}

Setting& Setting::range(double least, double most) {
  range_ = {least, most};
  return *this;
}

Setting& Setting::choices(std::vector<std::string> names) {
  choices_ = std::move(names);
  return *this;
}

Setting& Setting::secret() {
  secret_ = true;
  return *this;
}

std::string Setting::flag() const {
  std::string flag = "--" + name_;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string Setting::variable() const {
  std::string variable = "FERRY_" + name_;
  for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::string Setting::text() const {
  return secret_ ? "(hidden)" : print_();
}

Result<void> Setting::check_range(double number, const std::function<std::string(double)>& print) const {
  if (!range_ || !(number < range_->first || number > range_->second)) return {};
  return fail(ErrorCode::invalid_argument, "must be {} to {}", print(range_->first), print(range_->second));
}

Result<void> Setting::set(std::string_view text, SettingSource source, std::string_view where) {
  Result<void> result;
  if (!choices_.empty() && std::find(choices_.begin(), choices_.end(), text) == choices_.end()) {
    result = fail(ErrorCode::invalid_argument, "must be one of {}", fmt::join(choices_, ", "));
  } else {
    result = read_(text, source >= source_);
  }
  if (!result) {
    const std::string given = secret_ ? std::string() : fmt::format(", not \"{}\"", text);
    return fail(ErrorCode::invalid_argument, "{}: {} {}{}", where, name_, result.error().message, given);
  }
  if (source >= source_) {
    source_ = source;
    where_ = where;
  }
  return {};
}

void SettingList::check_new_name(std::string_view name) {
  FERRY_CHECK(find(name) == nullptr && !sections_.contains(name));
  FERRY_CHECK(!name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }));
}

Setting* SettingList::find(std::string_view name) {
  const auto found =
      std::find_if(settings_.begin(), settings_.end(), [name](const Setting& s) { return s.name() == name; });
  return found == settings_.end() ? nullptr : &*found;
}

void SettingList::add_sections(std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    check_new_name(name);
    sections_.emplace(name);
  }
}

std::string SettingList::unknown(std::string_view name) const {
  std::vector<std::string> names;
  names.reserve(settings_.size() + sections_.size());
  for (const Setting& setting : settings_) names.push_back(setting.name());
  names.insert(names.end(), sections_.begin(), sections_.end());
  const std::string nearest = nearest_name(name.substr(0, 64), names);
  const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
  return fmt::format("unknown setting \"{}\"{}", name.substr(0, 64), hint);
}

Result<void> SettingList::read_environment(const std::function<const char*(const char* name)>& variable) {
  for (Setting& setting : settings_) {
    const std::string name = setting.variable();
    const char* value = variable(name.c_str());
    if (value != nullptr) FERRY_TRY_VOID(setting.set(value, SettingSource::environment, name));
  }
  return {};
}

Result<void> SettingList::read_environment() {
  return read_environment([](const char* name) -> const char* { return std::getenv(name); });
}

std::string SettingList::markdown() const {
  std::string out = "| setting | default | meaning |\n|---|---|---|\n";
  for (const Setting& setting : settings_) {
    const std::string value = setting.default_text().empty() ? "" : "`" + setting.default_text() + "`";
    const std::string choices = setting.choice_names().empty()
                                    ? ""
                                    : fmt::format(" (`{}`)", fmt::join(setting.choice_names(), "`, `"));
    out += fmt::format("| `{}` | {} | {}{} |\n", setting.name(), value, setting.help(), choices);
  }
  return out;
}

}  // namespace ferry
