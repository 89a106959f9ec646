#include "serve/dialects/cache_mark.h"

namespace ferry {
namespace {

constexpr std::string_view kName = "cache_control";

std::optional<CacheMark> mark_of(const json::value& value) {
  const json::object* object = value.if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr || *type != json::value("ephemeral")) return std::nullopt;
  const json::value* ttl = object->if_contains("ttl");
  if (ttl == nullptr) return CacheMark();
  if (!ttl->is_string()) return std::nullopt;
  return CacheMark{.ttl = std::string(std::string_view(ttl->get_string()))};
}

}  // namespace

std::optional<CacheMark> read_cache_mark(FieldReader& fields) {
  const json::value* value = fields.get(kName);
  if (value == nullptr) return std::nullopt;
  std::optional<CacheMark> mark = mark_of(*value);
  if (!mark) fields.note_hint(kName, Feature::cache_control);
  return mark;
}

json::object cache_mark_json(const CacheMark& mark) {
  json::object object{{"type", "ephemeral"}};
  if (!mark.ttl.empty()) object.emplace("ttl", mark.ttl);
  return object;
}

void write_cache_mark(JsonWriter& w, const std::optional<CacheMark>& mark) {
  if (mark) w.member(kName, json::value(cache_mark_json(*mark)));
}

}  // namespace ferry
