#include "serve/replies/parameter_value.h"

#include <cmath>
#include <optional>

#include <boost/system/error_code.hpp>

#include "serve/replies/python_literal.h"

namespace ferry {
namespace {

// Of references and of schemas within schemas.
constexpr int kMaxDepth = 16;
// Schemas looked at for one parameter: references can make a small schema endlessly wide.
constexpr int kMaxSchemas = 256;

ValueKinds kind_named(std::string_view type) {
  ValueKinds kinds;
  kinds.string = type == "string";
  kinds.integer = type == "integer";
  kinds.number = type == "number";
  kinds.boolean = type == "boolean";
  kinds.array = type == "array";
  kinds.object = type == "object";
  kinds.null = type == "null";
  return kinds;
}

ValueKinds kind_of(const json::value& value) {
  ValueKinds kinds;
  kinds.string = value.is_string();
  kinds.integer = value.is_int64() || value.is_uint64();
  kinds.number = value.is_double();
  kinds.boolean = value.is_bool();
  kinds.array = value.is_array();
  kinds.object = value.is_object();
  kinds.null = value.is_null();
  return kinds;
}

const json::value* find(const json::value& schema, std::string_view key) {
  return schema.is_object() ? schema.get_object().if_contains(key) : nullptr;
}

// "#/$defs/Colour"
const json::value* local_reference(const json::value& root, std::string_view reference) {
  if (!reference.starts_with("#")) return nullptr;
  boost::system::error_code error;
  return root.find_pointer(reference.substr(1), error);
}

class KindFinder {
 public:
  explicit KindFinder(const json::value& root) : root_(root) {}

  ValueKinds kinds(const json::value& schema, int depth) {
    if (depth > kMaxDepth || ++looked_at_ > kMaxSchemas || !schema.is_object()) return {};
    if (ValueKinds named = by_type(schema); named.any()) return named;
    if (ValueKinds listed = by_values(schema); listed.any()) return listed;
    ValueKinds joined = by_schemas(schema, depth);
    joined.object |= !joined.any() && find(schema, "properties") != nullptr;
    joined.array |= !joined.any() && find(schema, "items") != nullptr;
    return joined;
  }

 private:
  static ValueKinds by_type(const json::value& schema) {
    ValueKinds kinds;
    const json::value* type = find(schema, "type");
    if (type == nullptr) return kinds;
    if (type->is_string()) return kind_named(type->get_string());
    if (!type->is_array()) return kinds;
    for (const json::value& one : type->get_array()) {
      if (one.is_string()) kinds |= kind_named(one.get_string());
    }
    return kinds;
  }

  static ValueKinds by_values(const json::value& schema) {
    if (const json::value* only = find(schema, "const")) return kind_of(*only);
    ValueKinds kinds;
    const json::value* values = find(schema, "enum");
    if (values == nullptr || !values->is_array()) return kinds;
    for (const json::value& value : values->get_array()) kinds |= kind_of(value);
    return kinds;
  }

  ValueKinds by_schemas(const json::value& schema, int depth) {
    ValueKinds joined;
    const json::value* reference = find(schema, "$ref");
    if (reference != nullptr && reference->is_string()) {
      const json::value* target = local_reference(root_, reference->get_string());
      if (target != nullptr) joined |= kinds(*target, depth + 1);
    }
    for (const char* key : {"anyOf", "oneOf", "allOf"}) {
      const json::value* schemas = find(schema, key);
      if (schemas == nullptr || !schemas->is_array()) continue;
      for (const json::value& one : schemas->get_array()) joined |= kinds(one, depth + 1);
    }
    return joined;
  }

  const json::value& root_;
  int looked_at_ = 0;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// 3.0 is an integer to JSON Schema.
bool is_whole(const json::value& number) {
  return !number.is_double() || number.get_double() == std::floor(number.get_double());
}

bool is_admitted(const json::value& value, const ValueKinds& kinds) {
  if (value.is_null()) return kinds.null;
  if (value.is_bool()) return kinds.boolean;
  if (value.is_number()) return kinds.number || (kinds.integer && is_whole(value));
  if (value.is_array()) return kinds.array;
  return value.is_object() && kinds.object;
}

// As it stands if it is such JSON.
std::optional<std::string> as_admitted(std::string_view text, const ValueKinds& kinds) {
  const Result<json::value> value = parse_json(text, "parameter");
  if (!value || !is_admitted(*value, kinds)) return std::nullopt;
  return std::string(text);
}

std::string as_string(std::string_view text) {
  std::string json;
  JsonWriter(json).value(text);
  return json;
}

}  // namespace

ValueKinds& ValueKinds::operator|=(const ValueKinds& other) {
  string |= other.string;
  integer |= other.integer;
  number |= other.number;
  boolean |= other.boolean;
  array |= other.array;
  object |= other.object;
  null |= other.null;
  return *this;
}

const json::value* follow_references(const json::value& root, const json::value& schema) {
  const json::value* at = &schema;
  for (int depth = 0; depth < kMaxDepth && at != nullptr; ++depth) {
    const json::value* reference = find(*at, "$ref");
    if (reference == nullptr) return at;
    at = reference->is_string() ? local_reference(root, reference->get_string()) : nullptr;
  }
  return nullptr;
}

ValueKinds parameter_kinds(const json::value& schema, std::string_view name) {
  KindFinder finder(schema);
  const json::value* root = follow_references(schema, schema);
  if (root == nullptr) return {};
  const json::value* properties = find(*root, "properties");
  const json::value* property = properties != nullptr ? find(*properties, name) : nullptr;
  if (property == nullptr) property = find(*root, "additionalProperties");
  return property != nullptr ? finder.kinds(*property, 0) : ValueKinds{};
}

std::string parameter_to_json(std::string_view text, const ValueKinds& kinds) {
  if (kinds.is_text()) return as_string(text);
  const std::string_view value = trimmed(text);
  if (auto json = as_admitted(value, kinds)) return *std::move(json);
  if (const auto python = python_literal_to_json(value)) {
    if (auto json = as_admitted(*python, kinds)) return *std::move(json);
  }
  return as_string(text);
}

}  // namespace ferry
