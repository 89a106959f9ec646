#include "serve/replies/parameter_value.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

std::string value(std::string_view schema, std::string_view text) {
  const json::value parsed = parse_json(schema, "schema").value();
  return parameter_to_json(text, parameter_kinds(parsed, "a"));
}

std::string of(std::string_view property, std::string_view text) {
  return value(fmt::format(R"({{"properties": {{"a": {}}}}})", property), text);
}

TEST(ParameterValue, IsWhatTheSchemaAdmits) {
  EXPECT_EQ(of(R"({"type": "string"})", "7"), R"("7")");
  EXPECT_EQ(of(R"({"type": "integer"})", " 7\n"), "7");
  EXPECT_EQ(of(R"({"type": "integer"})", "7.5"), R"("7.5")");
  EXPECT_EQ(of(R"({"type": "integer"})", "7.0"), "7.0");
  EXPECT_EQ(of(R"({"type": "number"})", ".5"), "0.5");
  EXPECT_EQ(of(R"({"type": "boolean"})", "True"), "true");
  EXPECT_EQ(of(R"({"type": "boolean"})", "yes"), R"("yes")");
  EXPECT_EQ(of(R"({"type": ["string", "null"]})", "null"), "null");
  EXPECT_EQ(of(R"({"type": ["string", "null"]})", "nil"), R"("nil")");
  EXPECT_EQ(of(R"({"type": "array"})", "['x', 1]"), R"(["x",1])");
  EXPECT_EQ(of(R"({"type": "array"})", R"({"x": 1})"), R"("{\"x\": 1}")");
  EXPECT_EQ(of(R"({"type": "object"})", R"({"x": 1})"), R"({"x": 1})");
}

TEST(ParameterValue, KindsAreFoundWithoutAType) {
  EXPECT_EQ(of(R"({"enum": [1, 2.5, "x", null, true]})", "1"), "1");
  EXPECT_EQ(of(R"({"enum": [1, 2.5, "x", null, true]})", "x"), R"("x")");
  EXPECT_EQ(of(R"({"const": null})", "null"), "null");
  EXPECT_EQ(of(R"({"anyOf": [{"type": "boolean"}, {"type": "string"}]})", "true"), "true");
  EXPECT_EQ(of(R"({"properties": {}})", "{}"), "{}");
  EXPECT_EQ(of(R"({"items": {}})", "[]"), "[]");
  EXPECT_EQ(of("{}", "[]"), R"("[]")");
  EXPECT_EQ(of("true", "1"), R"("1")");
}

TEST(ParameterValue, ReferencesAreFollowedWithinTheSchema) {
  EXPECT_EQ(value(R"({"$ref": "#/$defs/T", "$defs": {"T": {"properties": {"a": {"$ref": "#/$defs/I"}}},
                                                     "I": {"type": "integer"}}})",
                  "1"),
            "1");
  EXPECT_EQ(value(R"({"additionalProperties": {"type": "integer"}})", "1"), "1");
  EXPECT_EQ(value(R"({"additionalProperties": true})", "1"), R"("1")");
  EXPECT_EQ(value("null", "1"), R"("1")");
}

TEST(ParameterValue, ReferencesInACircleEnd) {
  EXPECT_EQ(of(R"({"$ref": "#/properties/a"})", "1"), R"("1")");
  EXPECT_EQ(value(R"({"$ref": "#"})", "1"), R"("1")");
  EXPECT_EQ(of(R"({"anyOf": [{"$ref": "#/properties/a"}, {"$ref": "#/properties/a"}, {"type": "integer"},
                             {"$ref": "#/properties/a"}, {"$ref": "#/properties/a"}]})",
               "x"),
            R"("x")");
}

}  // namespace
}  // namespace ferry
