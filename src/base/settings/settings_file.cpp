#include <set>

#include "base/core/file.h"
#include "base/settings/settings.h"
#include "base/settings/yaml.h"

namespace ferry {
namespace {

std::string position(std::string_view source, int line) {
  return line == 0 ? std::string(source) : fmt::format("{}:{}", source, line);
}

// The value as the text that a flag would have; a list's elements are joined by commas.
Result<std::string> text_of(const YamlNode& node) {
  if (node.is_scalar()) return node.text;
  if (node.is_null()) return fail(ErrorCode::invalid_argument, "has no value");
  if (!node.is_list()) return fail(ErrorCode::invalid_argument, "must be a value or a list, not a map");
  std::string text;
  for (const YamlNode& item : node.items) {
    if (!item.is_scalar()) return fail(ErrorCode::invalid_argument, "must be a list of plain values");
    if (item.text.find(',') != std::string::npos) {
      return fail(ErrorCode::invalid_argument, "has an element with a comma, which separates elements");
    }
    if (!text.empty()) text += ",";
    text += item.text;
  }
  return text;
}

}  // namespace

Result<void> SettingList::read_file(const std::filesystem::path& path) {
  FERRY_TRY(const std::string text, ferry::read_file(path, YamlLimits().max_bytes));
  return read_yaml(text, path.string());
}

Result<void> SettingList::read_member(const YamlMember& member, std::string_view where) {
  Setting* setting = find(member.key);
  if (setting == nullptr) return fail(ErrorCode::invalid_argument, "{}: {}", where, unknown(member.key));
  const Result<std::string> value = text_of(member.value);
  if (!value) return fail(ErrorCode::invalid_argument, "{}: {} {}", where, member.key, value.error().message);
  return setting->set(*value, SettingSource::file, where);
}

Result<void> SettingList::read_yaml(const std::string& text, std::string_view source) {
  const auto root = parse_yaml(text);
  if (!root) {
    return fail(ErrorCode::invalid_argument, "{}: {}", position(source, root.error().line),
                root.error().message);
  }
  if (root->is_null()) return {};  // an empty file
  if (!root->is_map()) {
    return fail(ErrorCode::invalid_argument, "{}: must be a map of settings, as in \"port: 8080\"",
                position(source, root->line));
  }
  std::set<std::string_view> seen;
  std::vector<std::string> errors;
  for (const YamlMember& member : root->members) {
    const std::string where = position(source, member.line);
    if (!seen.insert(member.key).second) {
      errors.push_back(fmt::format("{}: {} is set twice", where, member.key));
    } else if (sections_.contains(member.key)) {
      continue;
    } else if (const auto read = read_member(member, where); !read) {
      errors.push_back(read.error().message);
    }
  }
  if (errors.empty()) return {};
  return fail(ErrorCode::invalid_argument, "{}", fmt::join(errors, "\n"));
}

}  // namespace ferry
