#include "serve/route/config_value.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/core/money.h"
#include "base/core/nearest.h"
#include "base/settings/setting_types.h"
#include "serve/route/config_fields.h"

namespace ferry {
namespace {

constexpr size_t kMostNameBytes = 128;
constexpr size_t kShown = 80;  // bytes of a value in a message

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostNameBytes &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

// Line breaks and other control characters would break the message.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kShown)) out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  return text.size() > kShown ? out + "…" : out;
}

// YAML 1.2's core schema, as far as JSON has it.
json::value scalar_json(const YamlNode& node) {
  if (node.quoted) return json::value(node.text);
  if (node.text == "true" || node.text == "True") return true;
  if (node.text == "false" || node.text == "False") return false;
  if (const auto integer = parse_integer(node.text)) return *integer;
  if (const auto number = parse_number(node.text)) return *number;
  return json::value(node.text);
}

// The tree's depth is limited.
json::value to_json_value(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return nullptr;
    case YamlNode::Kind::scalar:
      return scalar_json(node);
    case YamlNode::Kind::list: {
      json::array array;
      for (const YamlNode& item : node.items) array.push_back(to_json_value(item));
      return array;
    }
    case YamlNode::Kind::map: {
      json::object object;
      for (const YamlMember& member : node.members) object[member.key] = to_json_value(member.value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace

std::string did_you_mean(std::string_view wanted, std::span<const std::string> names) {
  const std::string nearest = nearest_name(wanted.substr(0, kMostNameBytes), names);
  return nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
}

void ConfigValue::error(std::string message) const {
  problems_->errors.push_back({line_, path_, std::move(message)});
}

void ConfigValue::warning(std::string message) const {
  problems_->warnings.push_back({line_, path_, std::move(message)});
}

std::string ConfigValue::not_this() const {
  return node_->is_scalar() ? fmt::format(", not \"{}\"", shown(node_->text))
                            : fmt::format(", not {}", yaml_kind(*node_));
}

std::optional<std::string> ConfigValue::scalar(std::string_view wanted) const {
  if (node_->is_scalar()) return node_->text;
  error(fmt::format("must be {}{}", wanted, not_this()));
  return std::nullopt;
}

std::optional<std::string> ConfigValue::text() const {
  auto written = scalar("text");
  if (!written) return std::nullopt;
  if (written->empty()) {
    error("must not be empty");
    return std::nullopt;
  }
  if (written->find("${") != std::string::npos) {
    error("has \"${\": variables are not expanded here (secrets are env:NAME or file:PATH)");
    return std::nullopt;
  }
  return written;
}

std::optional<std::string> ConfigValue::name() const {
  auto written = scalar("a name");
  if (!written) return std::nullopt;
  if (is_name(*written)) return written;
  error(fmt::format("must be a name of letters, digits, '_', '-' and '.'{}", not_this()));
  return std::nullopt;
}

std::optional<bool> ConfigValue::flag() const {
  const auto written = scalar("true or false");
  if (!written) return std::nullopt;
  if (const auto value = parse_bool(*written)) return *value;
  error("must be true or false" + not_this());
  return std::nullopt;
}

std::optional<int64_t> ConfigValue::integer(int64_t least, int64_t most) const {
  const auto written = scalar("an integer");
  if (!written) return std::nullopt;
  const auto value = parse_integer(*written);
  if (value && *value >= least && *value <= most) return *value;
  error(fmt::format("must be an integer from {} to {}{}", least, most, not_this()));
  return std::nullopt;
}

std::optional<double> ConfigValue::number(double least, double most) const {
  const auto written = scalar("a number");
  if (!written) return std::nullopt;
  const auto value = parse_number(*written);
  if (value && *value >= least && *value <= most) return *value;
  error(fmt::format("must be a number from {} to {}{}", least, most, not_this()));
  return std::nullopt;
}

std::optional<int64_t> ConfigValue::nano() const {
  return parsed([](std::string_view written) { return parse_money(written); });
}

std::optional<Duration> ConfigValue::duration(Duration least, Duration most) const {
  const auto value = parsed([](std::string_view written) { return parse_duration(written); });
  if (!value || (*value >= least && *value <= most)) return value;
  error(fmt::format("must be {} to {}{}", to_string(least), to_string(most), not_this()));
  return std::nullopt;
}

std::optional<size_t> ConfigValue::one_of(std::span<const std::string_view> names) const {
  const auto written = scalar("a name");
  if (!written) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *written);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  error(fmt::format("must be one of {}{}", fmt::join(names, ", "), not_this()));
  return std::nullopt;
}

std::vector<ConfigValue> ConfigValue::items() const {
  if (node_->is_null()) return {};
  std::vector<ConfigValue> items;
  if (!node_->is_list()) {
    items.push_back(*this);
    items.back().schema_ += "[]";  // a map has the fields of an element
    return items;
  }
  for (size_t i = 0; i < node_->items.size(); ++i) {
    const YamlNode& item = node_->items[i];
    items.push_back(child(item, item.line, fmt::format("[{}]", i), "[]"));
  }
  return items;
}

std::vector<ConfigValue> ConfigValue::items_of_same_kind() const {
  std::vector<ConfigValue> found = items();
  for (ConfigValue& item : found) item.schema_ = schema_;
  return found;
}

std::vector<std::string> ConfigValue::texts() const {
  std::set<std::string> seen;
  std::vector<std::string> out;
  for (const ConfigValue& item : items()) {
    auto written = item.text();
    if (!written) continue;
    if (seen.insert(*written).second) {
      out.push_back(*std::move(written));
    } else {
      item.error("is there twice: \"" + shown(*written) + "\"");
    }
  }
  return out;
}

std::vector<std::string> ConfigValue::names() const {
  std::set<std::string> out;
  for (const ConfigValue& item : items()) {
    auto written = item.name();
    if (written && !out.insert(*written).second) item.error("is there twice: \"" + *written + "\"");
  }
  return {out.begin(), out.end()};
}

std::vector<std::pair<std::string, ConfigValue>> ConfigValue::entries() const {
  if (node_->is_null()) return {};
  if (!node_->is_map()) {
    error("must be a map" + not_this());
    return {};
  }
  std::set<std::string_view> seen;
  std::vector<std::pair<std::string, ConfigValue>> out;
  for (const YamlMember& member : node_->members) {
    ConfigValue value = child(member.value, member.line, "." + shown(member.key), ".*");
    if (member.key.empty() || member.key.find("${") != std::string::npos) {
      value.error("has a name that is empty or has \"${\"");
    } else if (!seen.insert(member.key).second) {
      value.error("is there twice");
    } else {
      out.emplace_back(member.key, std::move(value));
    }
  }
  return out;
}

std::optional<ConfigMap> ConfigValue::map() const {
  if (!node_->is_map() && !node_->is_null()) {
    error("must be a map" + not_this());
    return std::nullopt;
  }
  const std::vector<std::string> known = field_names(schema_);
  std::set<std::string_view> seen;
  for (const YamlMember& member : node_->members) {
    const ConfigValue value = child(member.value, member.line, "." + shown(member.key), ".?");
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      value.error("is not a field" + did_you_mean(member.key, known));
    } else if (!seen.insert(member.key).second) {
      value.error("is there twice");
    }
  }
  return ConfigMap(*this);
}

std::optional<json::value> ConfigValue::json() const {
  if (!node_->is_map()) {
    error("must be a map, a JSON Schema" + not_this());
    return std::nullopt;
  }
  return to_json_value(*node_);
}

std::optional<ConfigValue> ConfigMap::find(std::string_view name) const {
  const std::string schema = fmt::format("{}.{}", value_.schema_, name);
  FERRY_CHECK(is_field(schema));
  for (const YamlMember& member : value_.node().members) {
    if (member.key != name) continue;
    if (member.value.is_null()) return std::nullopt;
    return value_.child(member.value, member.line, fmt::format(".{}", name), fmt::format(".{}", name));
  }
  return std::nullopt;
}

std::optional<ConfigValue> ConfigMap::require(std::string_view name) const {
  auto found = find(name);
  if (!found) value_.error(fmt::format("needs the field \"{}\"", name));
  return found;
}

}  // namespace ferry
