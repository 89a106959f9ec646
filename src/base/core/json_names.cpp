#include "base/core/json_names.h"

#include <algorithm>
#include <set>
#include <vector>

namespace ferry {
namespace {

// `quote` is where a string begins. One past its end. Looks for quotes alone: most of a text is in strings.
size_t end_of_string(std::string_view text, size_t quote) {
  for (size_t at = quote; (at = text.find('"', at + 1)) != std::string_view::npos;) {
    size_t before = at;
    while (text[before - 1] == '\\') --before;
    if ((at - before) % 2 == 0) return at + 1;
  }
  return text.size();
}

std::string decoded(std::string_view quoted) {
  return std::string(parse_json(quoted, "name").value().get_string());
}

}  // namespace

size_t count_names(std::string_view text) {
  size_t names = 0;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ':') ++names;
    at = text[at] == '"' ? end_of_string(text, at) : at + 1;
  }
  return names;
}

size_t count_members(const json::value& value) {
  size_t members = 0;
  std::vector<const json::value*> rest{&value};
  while (!rest.empty()) {
    const json::value& next = *rest.back();
    rest.pop_back();
    if (next.is_object()) {
      members += next.get_object().size();
      for (const auto& member : next.get_object()) {
        if (member.value().is_structured()) rest.push_back(&member.value());
      }
    } else if (next.is_array()) {
      for (const json::value& item : next.get_array()) {
        if (item.is_structured()) rest.push_back(&item);
      }
    }
  }
  return members;
}

Result<void> check_unique_names(std::string_view text, const json::value& value, std::string_view source) {
  if (count_names(text) == count_members(value)) return {};
  const RepeatedName repeated = find_repeated_name(text);
  const std::string_view before = text.substr(0, repeated.offset);
  const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t line_begin = before.rfind('\n') + 1;  // 0 where there is none
  return fail(ErrorCode::invalid_argument, "{}:{}:{}: the name \"{}\" comes twice in one object", source,
              line, repeated.offset - line_begin + 1, repeated.name);
}

RepeatedName find_repeated_name(std::string_view text) {
  std::vector<std::set<std::string>> open;  // names of the objects around; arrays have none
  size_t quote = 0, end = 0;                // of the string that was last
  for (size_t at = 0; (at = text.find_first_of("\":{}[]", at)) != std::string_view::npos;) {
    const char c = text[at];
    if (c == '"') {
      quote = at;
      at = end = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') open.emplace_back();
    if (c == '}' || c == ']') open.pop_back();
    if (c == ':') {
      std::string name = decoded(text.substr(quote, end - quote));
      if (!open.back().insert(name).second) return {quote, std::move(name)};
    }
    ++at;
  }
  FERRY_CHECK(false);
  return {};
}

}  // namespace ferry
