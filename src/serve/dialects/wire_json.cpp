#include "serve/dialects/wire_json.h"

#include <algorithm>
#include <cmath>

namespace ferry {

const json::value* wire_member(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

const json::object* wire_object(const json::value& value, std::string_view name) {
  const json::value* member = wire_member(value, name);
  return member == nullptr ? nullptr : member->if_object();
}

const json::array* wire_array(const json::value& value, std::string_view name) {
  const json::value* member = wire_member(value, name);
  return member == nullptr ? nullptr : member->if_array();
}

std::string_view wire_text(const json::value& value, std::string_view name) {
  const json::value* member = wire_member(value, name);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_string();
}

std::optional<int64_t> wire_integer(const json::value& value, std::string_view name) {
  const json::value* member = wire_member(value, name);
  if (member == nullptr) return std::nullopt;
  if (member->is_int64()) return member->get_int64();
  if (!member->is_double() || !(std::abs(member->get_double()) < 9e15)) return std::nullopt;
  return static_cast<int64_t>(member->get_double());
}

int64_t wire_count(const json::value& value, std::string_view name) {
  return std::clamp<int64_t>(wire_integer(value, name).value_or(0), 0, int64_t{1} << 40);
}

}  // namespace ferry
