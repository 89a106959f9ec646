// What does not satisfy a schema: for `not`, `if`, and alternatives of oneOf that overlap. A schema is broken
// by breaking one of its keywords, so this is a choice; each way of breaking one is a schema again. What has
// no such way here is refused.

#include <algorithm>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

using Schemas = std::vector<json::value>;

json::value of_type(std::string_view type, json::object schema) {
  schema["type"] = type;
  return schema;
}

bool is_true(const json::object& schema, std::string_view keyword) {
  const json::value* value = schema.if_contains(keyword);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool is_count(std::string_view keyword) {
  return keyword.ends_with("Length") || keyword.ends_with("Items") || keyword.ends_with("Properties");
}

// minLength: 3 is broken by maxLength: 2, and so on.
std::optional<json::value> broken_count(std::string_view keyword, uint64_t count) {
  const std::string_view of = keyword.substr(3);
  const std::string_view type = of == "Length" ? "string" : of == "Items" ? "array" : "object";
  if (keyword.starts_with("max")) return of_type(type, {{fmt::format("min{}", of), count + 1}});
  if (count == 0) return std::nullopt;
  return of_type(type, {{fmt::format("max{}", of), count - 1}});
}

// Draft 4 has true and false in exclusiveMinimum, which then speak about minimum.
std::optional<json::value> broken_bound(const json::object& schema, std::string_view keyword,
                                        const json::value& bound) {
  if (bound.is_bool()) return std::nullopt;
  if (keyword == "exclusiveMinimum") return of_type("number", {{"maximum", bound}});
  if (keyword == "exclusiveMaximum") return of_type("number", {{"minimum", bound}});
  if (keyword == "minimum") {
    return of_type("number", {{is_true(schema, "exclusiveMinimum") ? "maximum" : "exclusiveMaximum", bound}});
  }
  return of_type("number", {{is_true(schema, "exclusiveMaximum") ? "minimum" : "exclusiveMinimum", bound}});
}

}  // namespace

// The schema that says "not this one".
const json::value* SchemaCompiler::negation_of(const json::value& schema) {
  const auto known = negations_.find(&schema);
  if (known != negations_.end()) return known->second;
  negated_.push_back(&schema);
  made_.push_back(json::object{{"!not", negated_.size() - 1}});
  checked_.insert(&made_.back().get_object());
  document_.place(made_.back(),
                  schema.is_object() ? static_cast<const void*>(&schema.get_object()) : &schema);
  return negations_[&schema] = &made_.back();
}

Result<std::vector<SchemaCompiler::Alternative>> SchemaCompiler::ways_to_break(const json::value& value) {
  std::vector<Alternative> ways;
  if (value.is_bool()) {
    if (!value.get_bool()) ways.emplace_back();  // anything breaks it
    return ways;
  }
  const json::object& schema = value.get_object();
  const json::value* reference = schema.if_contains("$ref");
  if (reference != nullptr && reference->is_string()) {
    FERRY_TRY(const json::value* target, document_.resolve(schema, reference->get_string()));
    ways.push_back({negation_of(*target)});
    if (document_.legacy()) return ways;
  }
  if (const json::value* negated = schema.if_contains("!not")) {
    ways.push_back({negated_[static_cast<size_t>(negated->to_number<uint64_t>())]});
    return ways;
  }
  FERRY_TRY_VOID(check_keywords(schema));
  for (const auto& member : schema) {
    if (member.key() == "$ref") continue;
    FERRY_TRY_VOID(break_keyword(schema, member.key(), member.value(), ways));
  }
  return ways;
}

Result<void> SchemaCompiler::break_keyword(const json::object& schema, std::string_view keyword,
                                           const json::value& value, std::vector<Alternative>& ways) {
  const auto add = [&](json::value way) {
    ways.push_back({make_schema(schema, fmt::format("not {} {}", keyword, ways.size()), std::move(way))});
  };
  if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf")
    return break_combination(schema, keyword, ways);
  if (keyword == "not") {
    FERRY_TRY(const json::value* inner, schema_in(schema, "not"));
    ways.push_back({inner});
  } else if (keyword == "type") {
    FERRY_TRY(const uint8_t types, types_named(schema, value));
    if (types != kAnyType) add(json::object{{"!types", kAnyType & ~types}});
  } else if (keyword == "enum" || keyword == "const") {
    json::array values = keyword == "const" || !value.is_array() ? json::array{value} : value.get_array();
    if (std::any_of(values.begin(), values.end(), [](const json::value& v) { return v.is_structured(); })) {
      return document_.error(ErrorCode::unsupported, &schema, keyword,
                             "with arrays or objects cannot be negated");
    }
    add(json::object{{"!values", std::move(values)}});
  } else if (keyword == "required") {
    FERRY_TRY(const std::vector<std::string> names, required_in({{&schema, false}}));
    for (const std::string& name : names) {
      add(of_type("object", {{"properties", json::object{{name, false}}}}));
    }
  } else if (keyword == "properties") {
    FERRY_TRY(const json::object* properties, object_in(schema, keyword));
    for (const auto& property : *properties) {
      FERRY_TRY(const json::value* own, schema_in(*properties, property.key()));
      const json::value* present =
          make_schema(schema, fmt::format("with {}", std::string_view(property.key())),
                      of_type("object", {{"required", json::array{property.key()}}}));
      const json::value* broken =
          make_schema(schema, fmt::format("broken {}", std::string_view(property.key())),
                      json::object{{"properties", json::object{{property.key(), *negation_of(*own)}}}});
      ways.push_back({present, broken});
    }
  } else if (keyword == "pattern" && value.is_string()) {
    add(of_type("string", {{"!pattern", value}}));
  } else if (is_count(keyword) && (keyword.starts_with("min") || keyword.starts_with("max"))) {
    FERRY_TRY(const auto count, count_in(schema, keyword));
    if (auto way = broken_count(keyword, *count)) add(*std::move(way));
  } else if (keyword.ends_with("inimum") || keyword.ends_with("aximum")) {
    FERRY_TRY_VOID(numbers_in({{&schema, false}}));
    if (auto way = broken_bound(schema, keyword, value)) add(*std::move(way));
  } else if (speaks(keyword) && !says_nothing(value)) {
    return document_.error(ErrorCode::unsupported, &schema, keyword,
                           "cannot be negated (for not, if, or a oneOf whose alternatives overlap)");
  }
  return {};
}

Result<void> SchemaCompiler::break_combination(const json::object& schema, std::string_view keyword,
                                               std::vector<Alternative>& ways) {
  FERRY_TRY(const auto parts, schemas_of(schema, keyword));
  if (keyword == "anyOf") {
    ways.emplace_back();
    for (const json::value* part : parts) ways.back().push_back(negation_of(*part));
    return {};
  }
  if (keyword == "oneOf" && parts.size() > 1) {
    return document_.error(ErrorCode::unsupported, &schema, keyword, "cannot be negated");
  }
  for (const json::value* part : parts) ways.push_back({negation_of(*part)});
  return {};
}

// true, or a schema without demands.
bool SchemaCompiler::says_nothing(const json::value& schema) const {
  if (schema.is_bool()) return schema.get_bool();
  return schema.is_object() && schema.get_object().empty();
}

}  // namespace ferry
