#include "base/core/utf8.h"
#include "infer/template/operations.h"

namespace ferry::jinja {
namespace {

// The path from the root to `id`, outermost first.
std::vector<const OriginNode*> path_of(const Runtime& rt, OriginId id) {
  std::vector<const OriginNode*> path;
  for (id &= ~kGeneratedFlag; id != 0; id = rt.origin(id).parent) path.push_back(&rt.origin(id));
  return {path.rbegin(), path.rend()};
}

std::string field_name(std::span<const OriginNode* const> path) {
  std::string name;
  for (const OriginNode* node : path) {
    if (node->index >= 0) {
      name += fmt::format("[{}]", node->index);
    } else {
      if (!name.empty()) name += '.';
      name += node->key;
    }
  }
  return name;
}

Value text_from_json(Runtime& rt, std::string_view bytes, OriginId origin) {
  if (!is_valid_utf8(bytes)) {
    Origin place{0, 0, -1, {}};
    describe_origin(rt, origin, place);
    raise("the context is not valid UTF-8 at {}{}",
          place.message < 0 ? "" : fmt::format("messages[{}].", place.message), place.field);
  }
  return Value::of(borrow_text(rt, bytes, origin));
}

Value object_from_json(Runtime& rt, const json::object& object, OriginId origin) {
  Dict* dict = rt.arena.make<Dict>();
  dict->reserve(rt, object.size());
  for (const auto& member : object) {
    const std::string_view key = member.key();
    dict->set(rt, text_from_json(rt, key, origin), from_json(rt, member.value(), rt.add_origin(origin, key)));
  }
  return Value::of(Kind::dict, dict);
}

Value array_from_json(Runtime& rt, const json::array& array, OriginId origin) {
  auto* items = rt.arena.array<Value>(array.size());
  for (size_t i = 0; i < array.size(); ++i) items[i] = from_json(rt, array[i], rt.add_origin(origin, i));
  List* list = rt.arena.make<List>();
  list->items = {items, array.size()};
  return Value::of(Kind::list, list);
}

Value scalar_from_json(Runtime& rt, const json::value& value, OriginId origin) {
  switch (value.kind()) {
    case json::kind::bool_:
      return Value::of(value.get_bool());
    case json::kind::int64:
      return Value::of(static_cast<Int>(value.get_int64()));
    case json::kind::uint64:
      return Value::of(static_cast<Int>(value.get_uint64()));
    case json::kind::double_:
      return Value::of(value.get_double());
    case json::kind::string:
      return text_from_json(rt, std::string_view(value.get_string()), origin);
    default:
      return Value::none();
  }
}

}  // namespace

Value from_json(Runtime& rt, const json::value& value, OriginId origin) {
  const Runtime::Nested nested(rt);
  Value converted;
  if (const json::object* object = value.if_object()) {
    converted = object_from_json(rt, *object, origin);
  } else if (const json::array* array = value.if_array()) {
    converted = array_from_json(rt, *array, origin);
  } else {
    converted = scalar_from_json(rt, value, origin);
  }
  converted.origin = origin;
  return converted;
}

bool describe_origin(const Runtime& rt, OriginId id, Origin& origin) {
  const std::vector<const OriginNode*> path = path_of(rt, id);
  if (path.empty()) return false;
  const bool in_message =
      path.size() >= 2 && path[0]->index < 0 && path[0]->key == "messages" && path[1]->index >= 0;
  origin.message = in_message ? static_cast<int32_t>(path[1]->index) : -1;
  origin.field = field_name(std::span(path).subspan(in_message ? 2 : 0));
  return true;
}

}  // namespace ferry::jinja
