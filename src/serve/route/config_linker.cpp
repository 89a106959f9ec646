#include "serve/route/config_linker.h"

#include <set>

#include "base/core/file.h"
#include "base/schema/json_schema.h"

namespace ferry {
namespace {

constexpr uint64_t kMostListBytes = 4 << 20;
constexpr std::string_view kFile = "file:";

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kFeatures; ++i) names.emplace_back(to_string(static_cast<Feature>(i)));
  return names;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::set<std::string> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
    if (!line.starts_with('#')) lines.emplace(line);
  }
  return {lines.begin(), lines.end()};
}

}  // namespace

TargetConfig* ConfigLinker::target(const ConfigValue& value) {
  const auto name = value.text();
  return name ? target(*name, value) : nullptr;
}

TargetConfig* ConfigLinker::target(std::string_view name, const ConfigValue& value) {
  if (const auto known = config.targets.find(name); known != config.targets.end()) return &known->second;
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) {
    value.error("must be a target: a provider's name, a slash and a model" + value.not_this());
    return nullptr;
  }
  const auto provider = config.providers.find(name.substr(0, slash));
  if (provider == config.providers.end()) {
    value.error(fmt::format("names the provider \"{}\", which is not there{}", name.substr(0, slash),
                            did_you_mean_key(name.substr(0, slash), config.providers)));
    return nullptr;
  }
  const std::string model(name.substr(slash + 1));
  const auto& local = options.local_models;
  if (provider->second.is_local() && local &&
      std::find(local->begin(), local->end(), model) == local->end()) {
    value.error(
        fmt::format("names the model \"{}\", which is not loaded{}", model, did_you_mean(model, *local)));
    return nullptr;
  }
  TargetConfig added{.name = std::string(name), .provider = &provider->second, .model = model};
  if (const auto traits = provider->second.models.find(model); traits != provider->second.models.end())
    added.traits = traits->second;
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    if (provider->second.without.has(feature)) added.traits.without = added.traits.without.with(feature);
  }
  return &config.targets.emplace(name, std::move(added)).first->second;
}

FeatureSet ConfigLinker::features(const ConfigValue& value) {
  FeatureSet set;
  for (const ConfigValue& item : value.items()) {
    const auto name = item.text();
    if (!name) continue;
    if (const auto feature = find_feature(*name)) {
      set = set.with(*feature);
    } else {
      item.error("is no feature" + did_you_mean(*name, feature_names()) + item.not_this());
    }
  }
  return set;
}

std::vector<std::string> ConfigLinker::labels(const ConfigValue& value) {
  const std::vector<std::string> names = value.names();
  for (const std::string& name : names) {
    if (!config.policy.labels.contains(name)) {
      value.error(fmt::format("names the label \"{}\", which `labels` does not have{}", name,
                              did_you_mean_key(name, config.policy.labels)));
    }
  }
  return names;
}

std::vector<std::string> ConfigLinker::words(const ConfigValue& value) {
  const bool is_file = value.node().is_scalar() && value.node().text.starts_with(kFile);
  if (!is_file) return value.texts();
  const std::filesystem::path path = options.folder / value.node().text.substr(kFile.size());
  const auto content = read_file(path, kMostListBytes);
  if (!content) {
    value.error("cannot be read: " + content.error().message);
    return {};
  }
  std::vector<std::string> lines = lines_of(*content);
  if (lines.empty()) value.error(fmt::format("has no words: {} is empty", path.string()));
  return lines;
}

json::value ConfigLinker::schema(const ConfigValue& value) {
  auto schema = value.json();
  if (!schema) return nullptr;
  if (const auto compiled = JsonSchema::compile(*schema); !compiled)
    value.error("does not work: " + compiled.error().message);
  return *std::move(schema);
}

}  // namespace ferry
