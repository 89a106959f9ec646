#pragma once
// Varied JSON Schemas from a seed, for tests and benchmarks.

#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/rng.h"

namespace ferry {

class RandomSchema {
 public:
  explicit RandomSchema(uint64_t seed) : rng_(seed) {}

  json::value make() {
    names_ = 0;
    json::object schema = object(0);
    if (chance(4)) {
      schema["$defs"] = json::object{{"node", node()}};
      schema["properties"].as_object()["tree"] = json::object{{"$ref", "#/$defs/node"}};
    }
    return schema;
  }

 private:
  bool chance(uint64_t one_in) { return rng_.below(one_in) == 0; }
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(rng_.below(static_cast<uint64_t>(high - low + 1)));
  }
  template <size_t N>
  std::string one_of(const char* const (&list)[N]) {
    return list[rng_.below(N)];
  }
  std::string name() {
    static constexpr const char* kNames[] = {"id",    "name", "total_amount", "date",  "line items",  "é",
                                             "price", "tags", "address",      "email", "description", "a\"b"};
    return fmt::format("{}{}", one_of(kNames), names_++);
  }

  json::object string() {
    static constexpr const char* kPatterns[] = {"^[A-Z]{2}-[0-9]{4}$", "^[a-z0-9_]+$", "abc",
                                                "^(foo|bar)",          "[0-9]$",       "^\\S+( \\S+)*$",
                                                "^[^,]{1,20}$"};
    static constexpr const char* kFormats[] = {"date", "date-time", "email", "uuid", "ipv4", "uri", "time"};
    json::object schema{{"type", "string"}};
    if (chance(4)) schema["minLength"] = between(0, 5);
    if (chance(4)) schema["maxLength"] = between(12, 60);
    if (chance(5)) {
      schema["pattern"] = one_of(kPatterns);
    } else if (chance(6)) {
      schema = {{"type", "string"}, {"format", one_of(kFormats)}};
    }
    return schema;
  }

  json::object number() {
    json::object schema{{"type", chance(2) ? "integer" : "number"}};
    if (chance(3)) schema[chance(3) ? "exclusiveMinimum" : "minimum"] = between(-1000, 1000);
    if (chance(3)) schema[chance(3) ? "exclusiveMaximum" : "maximum"] = between(1001, 200000);
    if (schema.size() == 1 && schema["type"] == "integer" && chance(4)) schema["multipleOf"] = between(2, 12);
    if (schema["type"] == "number" && chance(5)) schema["multipleOf"] = 0.01;
    return schema;
  }

  json::object list() {
    json::array values;
    for (int64_t n = between(1, 6); n > 0; --n) {
      if (chance(6)) {
        values.push_back(between(-5, 500));
      } else if (chance(10)) {
        values.push_back(nullptr);
      } else {
        values.push_back(json::value(name()));
      }
    }
    return {{"enum", std::move(values)}};
  }

  json::object array(int depth) {
    json::object schema{{"type", "array"}};
    if (chance(5)) schema["prefixItems"] = json::array{value(depth + 1), value(depth + 1)};
    schema["items"] = value(depth + 1);
    if (chance(3)) schema["minItems"] = between(0, 3);
    if (chance(3)) schema["maxItems"] = between(3, 8);
    return schema;
  }

  json::object object(int depth) {
    json::object properties;
    json::array required;
    for (int64_t n = between(1, depth == 0 ? 8 : 4); n > 0; --n) {
      const std::string key = name();
      properties[key] = value(depth + 1);
      if (!chance(3)) required.push_back(json::value(key));
    }
    json::object schema{
        {"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
    if (!chance(3)) {
      schema["additionalProperties"] = false;
    } else if (chance(2)) {
      schema["additionalProperties"] = string();
    }
    if (chance(6)) schema["patternProperties"] = json::object{{"^x_", number()}};
    return schema;
  }

  // A tree: refers to itself.
  static json::object node() {
    return {{"type", "object"},
            {"properties",
             json::object{{"label", json::object{{"type", "string"}}},
                          {"children", json::object{{"type", "array"},
                                                    {"items", json::object{{"$ref", "#/$defs/node"}}}}}}},
            {"required", json::array{"label"}},
            {"additionalProperties", false}};
  }

  json::object value(int depth) {
    const uint64_t kind = rng_.below(depth > 3 ? 6 : 12);
    if (kind <= 2) return string();
    if (kind == 3) return number();
    if (kind == 4) return list();
    if (kind == 5) return {{"type", "boolean"}};
    if (kind <= 7) return array(depth);
    if (kind <= 9) return object(depth);
    if (kind == 10) return {{"anyOf", json::array{value(depth + 1), json::object{{"type", "null"}}}}};
    json::object first = object(depth);
    json::object second = object(depth);
    for (json::object* part : {&first, &second}) part->erase("additionalProperties");
    return {{"allOf", json::array{std::move(first), std::move(second)}}};
  }

  Rng rng_;
  int names_ = 0;
};

}  // namespace ferry
