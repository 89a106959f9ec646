// Which keywords there are, and reading their values.

#include <algorithm>
#include <array>

#include "base/core/nearest.h"
#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

// combined: obeyed where demands are expanded; says nothing about a value itself.
enum class Use : uint8_t { obeyed, combined, annotation, refused };

struct Keyword {
  std::string_view name;
  Use use;
  std::string_view why = {};
};

constexpr std::array kKeywords = std::to_array<Keyword>({
    {"type", Use::obeyed},
    {"enum", Use::obeyed},
    {"const", Use::obeyed},
    {"allOf", Use::combined},
    {"anyOf", Use::combined},
    {"oneOf", Use::combined},
    {"$ref", Use::combined},
    {"properties", Use::obeyed},
    {"required", Use::obeyed},
    {"additionalProperties", Use::obeyed},
    {"patternProperties", Use::obeyed},
    {"propertyNames", Use::obeyed},
    {"minProperties", Use::obeyed},
    {"maxProperties", Use::obeyed},
    {"dependentRequired", Use::combined},
    {"dependentSchemas", Use::combined},
    {"dependencies", Use::combined},
    {"items", Use::obeyed},
    {"prefixItems", Use::obeyed},
    {"additionalItems", Use::obeyed},
    {"minItems", Use::obeyed},
    {"maxItems", Use::obeyed},
    {"uniqueItems", Use::obeyed},
    {"minLength", Use::obeyed},
    {"maxLength", Use::obeyed},
    {"pattern", Use::obeyed},
    {"format", Use::obeyed},
    {"minimum", Use::obeyed},
    {"maximum", Use::obeyed},
    {"exclusiveMinimum", Use::obeyed},
    {"exclusiveMaximum", Use::obeyed},
    {"multipleOf", Use::obeyed},
    {"title", Use::annotation},
    {"description", Use::annotation},
    {"default", Use::annotation},
    {"example", Use::annotation},
    {"examples", Use::annotation},
    {"deprecated", Use::annotation},
    {"readOnly", Use::annotation},
    {"writeOnly", Use::annotation},
    {"$comment", Use::annotation},
    {"$schema", Use::annotation},
    {"$id", Use::annotation},
    {"id", Use::annotation},
    {"$anchor", Use::annotation},
    {"$dynamicAnchor", Use::annotation},
    {"$recursiveAnchor", Use::annotation},
    {"$vocabulary", Use::annotation},
    {"$defs", Use::annotation},
    {"definitions", Use::annotation},
    {"contentEncoding", Use::obeyed},
    {"contentMediaType", Use::annotation},
    {"contentSchema", Use::annotation},
    {"not", Use::combined},
    {"if", Use::combined},
    // Of schemas that are made here only: which types (as bits) there may be; which values, and which
    // pattern, not.
    {"!types", Use::obeyed},
    {"!values", Use::obeyed},
    {"!pattern", Use::obeyed},
    {"!not", Use::combined},
    {"contains", Use::refused, "is not supported: use prefixItems, or items for all"},
    {"unevaluatedProperties", Use::refused, "is not supported: use additionalProperties"},
    {"unevaluatedItems", Use::refused, "is not supported: use items beside prefixItems"},
    {"$dynamicRef", Use::refused, "is not supported: use $ref"},
    {"$recursiveRef", Use::refused, "is not supported: use $ref"},
    {"extends", Use::refused, "is not supported: use allOf"},
    {"disallow", Use::refused, "is not supported: use type"},
    {"divisibleBy", Use::refused, "is not supported: use multipleOf"},
});

const Keyword* find_keyword(std::string_view name) {
  for (const Keyword& keyword : kKeywords) {
    if (keyword.name == name) return &keyword;
  }
  return nullptr;
}

std::string likely_meant(std::string_view name) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Keyword& keyword : kKeywords) {
      const bool matters = keyword.use == Use::obeyed || keyword.use == Use::combined;
      if (matters && keyword.name.size() > 4 && !keyword.name.starts_with('!'))
        all.emplace_back(keyword.name);
    }
    return all;
  }();
  const bool set_apart = name.starts_with("x-") || name.starts_with('_') || name.starts_with('$');
  if (name.size() < 4 || set_apart) return {};
  for (const std::string& known : names) {
    if (edit_distance(name, known) <= 1) return known;
  }
  return {};
}

}  // namespace

// What JSON Schema does not define is an annotation, as the specification has it, unless it looks like a
// slip.
Result<void> SchemaCompiler::check_keywords(const json::object& schema) {
  if (!checked_.insert(&schema).second) return {};
  for (const auto& member : schema) {
    const std::string_view name = member.key();
    const Keyword* keyword = find_keyword(name);
    if (name.starts_with('!')) {
      return document_.error(ErrorCode::invalid_argument, &schema, name, "is no keyword");
    }
    if (keyword == nullptr) {
      if (const std::string meant = likely_meant(name); !meant.empty()) {
        return document_.error(ErrorCode::invalid_argument, &schema, name, "is no keyword: \"{}\" was meant?",
                               meant);
      }
    } else if (keyword->use == Use::refused) {
      return document_.error(ErrorCode::unsupported, &schema, name, "{}", keyword->why);
    } else if (document_.legacy() && name == "contentMediaType") {
      return document_.error(ErrorCode::unsupported, &schema, name,
                             "is not supported in draft 7, where validators may look into the string");
    }
  }
  if (document_.legacy() && schema.contains("prefixItems")) {
    return document_.error(ErrorCode::unsupported, &schema, "prefixItems",
                           "is not of the draft that $schema names");
  }
  return {};
}

bool SchemaCompiler::speaks(std::string_view name) {
  const Keyword* keyword = find_keyword(name);
  return keyword != nullptr && (keyword->use == Use::obeyed || keyword->use == Use::combined);
}

bool SchemaCompiler::demands_anything(const json::object& schema) {
  return std::any_of(schema.begin(), schema.end(), [](const auto& member) {
    const Keyword* keyword = find_keyword(member.key());
    return keyword != nullptr && keyword->use == Use::obeyed;
  });
}

Result<uint8_t> SchemaCompiler::types_named(const json::object& schema, const json::value& names) {
  const auto one = [&](const json::value& name) -> Result<uint8_t> {
    if (name == "null") return kNull;
    if (name == "boolean") return kBoolean;
    if (name == "string") return kString;
    if (name == "integer") return kInteger;
    if (name == "number") return kInteger | kFraction;
    if (name == "array") return kArray;
    if (name == "object") return kObject;
    if (name == "any" && document_.legacy()) return kAnyType;
    return document_.error(ErrorCode::invalid_argument, &schema, "type", "names {}, which is no type",
                           to_json(name));
  };
  if (!names.is_array()) return one(names);
  uint8_t types = 0;
  for (const json::value& name : names.get_array()) {
    FERRY_TRY(const uint8_t type, one(name));
    types |= type;
  }
  return types;
}

Result<uint8_t> SchemaCompiler::types_of(const Branch& branch) {
  uint8_t types = kAnyType;
  for (const Leaf& leaf : branch) {
    if (const json::value* names = leaf.schema->if_contains("type")) {
      FERRY_TRY(const uint8_t named, types_named(*leaf.schema, *names));
      types &= named;
    }
    if (const json::value* named = leaf.schema->if_contains("!types")) {
      types &= static_cast<uint8_t>(named->to_number<int>());
    }
    const bool lists_scalars =
        !leaf.values_are_choices && (leaf.schema->contains("enum") || leaf.schema->contains("const"));
    if (lists_scalars) types &= static_cast<uint8_t>(~(kArray | kObject));
  }
  return types;
}

Result<std::optional<uint64_t>> SchemaCompiler::count_in(const json::object& schema,
                                                         std::string_view keyword) {
  const json::value* value = schema.if_contains(keyword);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<uint64_t>(value->get_int64());
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_double() && value->get_double() >= 0 && value->get_double() < 1e15) {
    const auto count = static_cast<uint64_t>(value->get_double());
    if (static_cast<double>(count) == value->get_double()) return count;
  }
  return document_.error(ErrorCode::invalid_argument, &schema, keyword,
                         "must be a count (0, 1, 2, ...), not {}", to_json(*value));
}

Result<SchemaCompiler::Counts> SchemaCompiler::counts_in(const Branch& branch, std::string_view min,
                                                         std::string_view max) {
  Counts counts;
  for (const Leaf& leaf : branch) {
    FERRY_TRY(const auto least, count_in(*leaf.schema, min));
    FERRY_TRY(const auto most, count_in(*leaf.schema, max));
    if (least) counts.min = std::max(counts.min, *least);
    if (most) counts.max = std::min(counts.max, *most);
  }
  return counts;
}

Result<const json::value*> SchemaCompiler::schema_in(const json::object& schema, std::string_view keyword) {
  const json::value* value = schema.if_contains(keyword);
  if (value == nullptr || value->is_object() || value->is_bool()) return value;
  return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be a schema, not {}",
                         json_kind(*value));
}

Result<const json::object*> SchemaCompiler::object_in(const json::object& schema, std::string_view keyword) {
  const json::value* value = schema.if_contains(keyword);
  if (value == nullptr) return static_cast<const json::object*>(nullptr);
  if (value->is_object()) return &value->get_object();
  return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be an object, not {}",
                         json_kind(*value));
}

}  // namespace ferry
