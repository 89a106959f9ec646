// The only file that knows yaml-cpp. It throws; nothing of that leaves this file.

#include <set>

#include <yaml-cpp/yaml.h>

#include "base/core/file.h"
#include "base/settings/settings.h"

namespace ferry {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;

std::string position(std::string_view source, const YAML::Mark& mark) {
  return mark.is_null() ? std::string(source) : fmt::format("{}:{}", source, mark.line + 1);
}

// The value as the text that a flag would have; a list's elements are joined by commas.
Result<std::string> text_of(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  if (node.IsNull()) return fail(ErrorCode::invalid_argument, "has no value");
  if (!node.IsSequence()) return fail(ErrorCode::invalid_argument, "must be a value or a list, not a map");
  std::string text;
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return fail(ErrorCode::invalid_argument, "must be a list of plain values");
    if (item.Scalar().find(',') != std::string::npos) {
      return fail(ErrorCode::invalid_argument, "has an element with a comma, which separates elements");
    }
    if (!text.empty()) text += ",";
    text += item.Scalar();
  }
  return text;
}

}  // namespace

Result<void> SettingList::read_file(const std::filesystem::path& path) {
  FERRY_TRY(const std::string text, ferry::read_file(path, kMaxFileBytes));
  return read_yaml(text, path.string());
}

Result<void> SettingList::read_yaml(const std::string& text, std::string_view source) try {
  const YAML::Node root = YAML::Load(text);
  if (root.IsNull()) return {};  // an empty file
  if (!root.IsMap()) {
    return fail(ErrorCode::invalid_argument, "{}: must be a map of settings, as in \"port: 8080\"",
                position(source, root.Mark()));
  }
  std::set<std::string> seen;
  for (const auto& item : root) {
    const std::string where = position(source, item.first.Mark());
    const std::string name = item.first.IsScalar() ? item.first.Scalar() : "";
    Setting* setting = find(name);
    if (setting == nullptr) return fail(ErrorCode::invalid_argument, "{}: {}", where, unknown(name));
    if (!seen.insert(name).second)
      return fail(ErrorCode::invalid_argument, "{}: {} is set twice", where, name);
    const Result<std::string> value = text_of(item.second);
    if (!value) return fail(ErrorCode::invalid_argument, "{}: {} {}", where, name, value.error().message);
    FERRY_TRY_VOID(setting->set(*value, SettingSource::file, where));
  }
  return {};
} catch (const YAML::Exception& exception) {
  return fail(ErrorCode::invalid_argument, "{}: not valid YAML: {}", position(source, exception.mark),
              exception.msg);
}

}  // namespace ferry
