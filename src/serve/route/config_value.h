#pragma once
// A typed look at the configuration's tree that collects every problem instead of stopping at the first.
// Values are as long-lived as the tree and the list of problems.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "base/settings/units.h"
#include "base/settings/yaml.h"
#include "serve/route/gateway_config.h"

namespace ferry {

struct ConfigProblems {
  std::vector<ConfigProblem> errors;
  std::vector<ConfigProblem> warnings;
};

class ConfigMap;

// Where something is read, an empty result means that it was not there or that a problem was noted.
class ConfigValue {
 public:
  // `path` is the place as people read it, `schema` the same as config_fields() spells it.
  ConfigValue(const YamlNode& node, int line, std::string path, std::string schema, ConfigProblems& problems)
      : node_(&node), line_(line), path_(std::move(path)), schema_(std::move(schema)), problems_(&problems) {}

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  int line() const { return line_; }

  std::optional<std::string> text() const;  // not empty, without "${…}"
  // Of letters, digits, '_', '-', '.': at most 128.
  std::optional<std::string> name() const;
  std::optional<bool> flag() const;
  std::optional<int64_t> integer(int64_t least, int64_t most) const;
  std::optional<double> number(double least, double most) const;
  std::optional<int64_t> nano() const;
  std::optional<Duration> duration(Duration least, Duration most) const;
  // What `parse` makes of the text; its errors complete the path.
  template <class Parse>
  auto parsed(Parse parse) const -> std::optional<typename decltype(parse(std::string_view()))::value_type> {
    const auto written = text();
    if (!written) return std::nullopt;
    auto result = parse(*written);
    if (result) return *std::move(result);
    error(result.error().message + not_this());
    return std::nullopt;
  }
  // The place of the text among `names`.
  std::optional<size_t> one_of(std::span<const std::string_view> names) const;

  // Elements; a value that is no list is the only one. Null has none.
  std::vector<ConfigValue> items() const;
  // The same where one map may stand for a list of such: elements have the schema of the value itself.
  std::vector<ConfigValue> items_of_same_kind() const;
  std::vector<std::string> texts() const;  // of the items; each once
  std::vector<std::string> names() const;
  // A map of names that the user chose, each once.
  std::vector<std::pair<std::string, ConfigValue>> entries() const;
  // A map of fields; unknown ones are noted.
  std::optional<ConfigMap> map() const;
  std::optional<json::value> json() const;  // an object

  void error(std::string message) const;
  void warning(std::string message) const;
  std::string not_this() const;  // ", not "…""

 private:
  friend class ConfigMap;

  ConfigValue child(const YamlNode& node, int line, std::string_view path, std::string_view schema) const {
    return {node, line, path_ + std::string(path), schema_ + std::string(schema), *problems_};
  }
  std::optional<std::string> scalar(std::string_view wanted) const;

  const YamlNode* node_;
  int line_;
  std::string path_;
  std::string schema_;
  ConfigProblems* problems_;
};

class ConfigMap {
 public:
  // The field's value; nothing where it is not written, or written as null. It must be one of
  // config_fields().
  std::optional<ConfigValue> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  // Notes an error where it is not there.
  std::optional<ConfigValue> require(std::string_view name) const;
  const ConfigValue& value() const { return value_; }

 private:
  friend class ConfigValue;
  explicit ConfigMap(ConfigValue value) : value_(std::move(value)) {}

  ConfigValue value_;
};

// `target = value`, where there is one.
template <class T, class V>
void set(T& target, std::optional<V>&& value) {
  if (value) target = *std::move(value);
}

// "; did you mean "x"?" or nothing.
std::string did_you_mean(std::string_view wanted, std::span<const std::string> names);
template <class Map>
std::string did_you_mean_key(std::string_view wanted, const Map& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.first);
  return did_you_mean(wanted, names);
}

}  // namespace ferry
