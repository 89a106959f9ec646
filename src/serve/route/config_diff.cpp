#include "serve/route/config_diff.h"

#include <map>

namespace ferry {
namespace {

using Leaves = std::map<std::string, std::string>;

// The canonical text is ours: its depth is that of the configuration's tree.
void flatten(const json::value& value, const std::string& path, Leaves& out) {
  if (value.is_object() && !value.as_object().empty()) {
    for (const auto& [key, member] : value.as_object()) {
      flatten(member, path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key)),
              out);
    }
  } else if (value.is_array() && !value.as_array().empty() && value.as_array()[0].is_object()) {
    const json::array& array = value.as_array();
    for (size_t i = 0; i < array.size(); ++i) flatten(array[i], fmt::format("{}[{}]", path, i), out);
  } else {
    out.emplace(path, to_json(value));
  }
}

Leaves leaves_of(const GatewayConfig* config) {
  Leaves leaves;
  if (config == nullptr) return leaves;
  const auto document = parse_json(config->canonical, "configuration");
  FERRY_CHECK(document);
  flatten(*document, "", leaves);
  return leaves;
}

}  // namespace

std::vector<ConfigDifference> diff_configs(const GatewayConfig* before, const GatewayConfig& after) {
  const Leaves old_leaves = leaves_of(before);
  const Leaves new_leaves = leaves_of(&after);
  std::map<std::string, ConfigDifference> changes;
  for (const auto& [path, value] : old_leaves) changes[path] = {path, value, ""};
  for (const auto& [path, value] : new_leaves) {
    ConfigDifference& change = changes[path];
    change.path = path;
    change.after = value;
  }
  std::vector<ConfigDifference> out;
  for (auto& [path, change] : changes) {
    if (change.before != change.after) out.push_back(std::move(change));
  }
  return out;
}

std::string diff_text(const std::vector<ConfigDifference>& changes) {
  std::string out;
  for (const ConfigDifference& change : changes) {
    if (change.before.empty()) {
      out += fmt::format("+ {}: {}\n", change.path, change.after);
    } else if (change.after.empty()) {
      out += fmt::format("- {}: {}\n", change.path, change.before);
    } else {
      out += fmt::format("~ {}: {} → {}\n", change.path, change.before, change.after);
    }
  }
  return out;
}

}  // namespace ferry
