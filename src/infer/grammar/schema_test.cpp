// JSON Schema: what the test suite does not say, above all what is refused and how.

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "infer/grammar/test_grammar.h"

namespace ferry {
namespace {

bool source_accepts(const JsonSchemaSource& source, std::string_view instance) {
  const auto grammar = compile_grammar(source, byte_vocabulary());
  EXPECT_TRUE(grammar) << to_json(source.schema) << ": " << grammar.error().message;
  return grammar && accepts(*grammar, instance);
}

bool schema_accepts(std::string_view text, std::string_view instance) {
  const auto grammar = compile_grammar(schema(text), byte_vocabulary());
  EXPECT_TRUE(grammar) << text << ": " << grammar.error().message;
  return grammar && accepts(*grammar, instance);
}

constexpr const char* kOrdered =
    R"({"properties": {"b": {"type": "integer"}, "a": {"type": "integer"}}, "required": ["b", "c"]})";

TEST(Schema, PropertiesComeInTheirOrderIfAsked) {
  const JsonSchemaSource source{.schema = parse_json(kOrdered, "s").value(), .in_order = true};
  EXPECT_TRUE(source_accepts(source, R"({"b": 1, "a": 2, "c": null, "more": []})"));
  EXPECT_TRUE(source_accepts(source, R"({"b":1,"c":0})"));
  EXPECT_FALSE(source_accepts(source, R"({"a": 2, "b": 1, "c": null})"));
  EXPECT_FALSE(source_accepts(source, R"({"b": 1, "c": 1, "a": "text"})"));  // not as another property either
}

TEST(Schema, PropertiesComeInAnyOrder) {
  EXPECT_TRUE(schema_accepts(kOrdered, R"({"b": 1, "a": 2, "c": null, "more": []})"));
  EXPECT_TRUE(schema_accepts(kOrdered, R"({"a": 2, "b": 1, "c": null})"));
  EXPECT_TRUE(schema_accepts(kOrdered, R"({"more": 1, "c": null, "other": {}, "b": 1})"));
  EXPECT_FALSE(schema_accepts(kOrdered, R"({"a": 2, "b": 1})"));
  EXPECT_FALSE(schema_accepts(kOrdered, R"({"b": 1, "c": 1, "a": "text"})"));
  EXPECT_FALSE(schema_accepts(kOrdered, R"({"b": 1, "c": 1, "b": 1})"));
  EXPECT_FALSE(schema_accepts(kOrdered, R"({, "b": 1, "c": 1})"));
  EXPECT_FALSE(schema_accepts(kOrdered, R"({"more": 1 "b": 1, "c": 1})"));
}

TEST(Schema, WhatMustComeHasItsPlaceInAnyOrder) {
  constexpr const char* kAtMost =
      R"({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"], "maxProperties": 2})";
  EXPECT_TRUE(schema_accepts(kAtMost, R"({"b": 1, "c": 1})"));
  EXPECT_TRUE(schema_accepts(kAtMost, R"({"c": 1, "more": 1})"));
  EXPECT_FALSE(schema_accepts(kAtMost, R"({"more": 1, "c": 1})"));  // others are counted, at the end
  EXPECT_FALSE(schema_accepts(kAtMost, R"({"b": 1, "c": 1, "a": 1})"));
  const auto grammar = compile_grammar(schema(kAtMost), byte_vocabulary());
  ASSERT_TRUE(grammar);
  GrammarState state(*grammar);
  for (const char c : std::string(R"({"a":1,)")) ASSERT_TRUE(state.accept(static_cast<uint8_t>(c)));
  ASSERT_TRUE(state.accept('"'));
  EXPECT_FALSE(state.accept('b'));
  EXPECT_EQ(state.forced(), "c\":");
  for (const char c : std::string(R"(c":1})")) ASSERT_TRUE(state.accept(static_cast<uint8_t>(c)));

  constexpr const char* kAtLeast =
      R"({"properties": {"a": {}, "b": {}, "never": {"not": {}}}, "minProperties": 2})";
  EXPECT_TRUE(schema_accepts(kAtLeast, R"({"b": 1, "a": 1})"));
  EXPECT_TRUE(schema_accepts(kAtLeast, R"({"more": 1, "a": 1})"));
  EXPECT_FALSE(schema_accepts(kAtLeast, R"({"more": 1, "again": 1})"));  // they might be equal
  EXPECT_FALSE(schema_accepts(kAtLeast, R"({"b": 1})"));
  EXPECT_FALSE(schema_accepts(kAtLeast, R"({"never": 1, "a": 1})"));
}

TEST(Schema, MembersThatHaveNoTextNeverCome) {
  // A "next" can never end.
  constexpr const char* kEndless =
      R"({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties":
    {"b": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}, "a": {"type": "integer"}}, "required": ["b", "a"],
    "additionalProperties": false},
    "endless": {"type": "object", "properties": {"more": {"$ref": "#/$defs/endless"}}, "required": ["more"]}}})";
  EXPECT_TRUE(schema_accepts(kEndless, R"({"a": 1, "next": {"b": 1, "a": 2}, "b": 1})"));
  constexpr const char* kWithEndless = R"({"type": "object", "properties": {"a": {"type": "integer"},
    "x": {"$ref": "#/$defs/endless"}}, "additionalProperties": false,
    "$defs": {"endless": {"type": "object", "properties": {"more": {"$ref": "#/$defs/endless"}}, "required": ["more"]}}})";
  const auto grammar = compile_grammar(schema(kWithEndless), byte_vocabulary());
  ASSERT_TRUE(grammar) << grammar.error().message;
  GrammarState state(*grammar);
  for (const char c : std::string(R"({")")) ASSERT_TRUE(state.accept(static_cast<uint8_t>(c)));
  EXPECT_FALSE(state.accept('x'));
  EXPECT_TRUE(state.accept('a'));
}

TEST(Schema, ManyPropertiesKeepTheirOrder) {
  json::object properties;
  for (int i = 0; i < 64; ++i) properties[fmt::format("p{}", i)] = json::object{{"type", "integer"}};
  const JsonSchemaSource source{.schema = json::object{{"properties", properties}}};
  EXPECT_TRUE(source_accepts(source, R"({"p1": 1, "p63": 1})"));
  EXPECT_FALSE(source_accepts(source, R"({"p63": 1, "p1": 1})"));
}

TEST(Schema, Whitespace) {
  constexpr const char* kSchema =
      R"({"type": "object", "properties": {"a": {"type": "array"}}, "additionalProperties": false})";
  EXPECT_TRUE(schema_accepts(kSchema, "{\n  \"a\": [\n    1,\n    2\n  ]\n}"));
  EXPECT_TRUE(schema_accepts(kSchema, R"({ "a": [ 1, 2 ] })"));
  EXPECT_TRUE(schema_accepts(kSchema, R"({"a":[1,2]})"));
  EXPECT_TRUE(schema_accepts(kSchema, "{\n\t\"a\": []\n}"));
  EXPECT_FALSE(schema_accepts(kSchema, R"( {"a": []})"));
  EXPECT_FALSE(schema_accepts(kSchema, R"({"a" : []})"));
  EXPECT_FALSE(schema_accepts(kSchema, R"({"a":  []})"));
  EXPECT_FALSE(schema_accepts(kSchema, "{\n\n\"a\": []}"));
  const auto compact = compile_grammar(
      JsonSchemaSource{.schema = json::object{{"type", "object"}}, .compact = true}, byte_vocabulary());
  ASSERT_TRUE(compact);
  EXPECT_TRUE(accepts(*compact, R"({"a":[1,2]})"));
  EXPECT_FALSE(accepts(*compact, R"({"a": [1,2]})"));
}

TEST(Schema, ClosedObjects) {
  const json::value document =
      parse_json(
          R"({"properties": {"a": {"type": "object"}, "b": {"type": "object", "additionalProperties": true, "properties": {"c": true}}}, "type": "object"})",
          "s")
          .value();
  const auto closed =
      compile_grammar(JsonSchemaSource{.schema = document, .closed_objects = true}, byte_vocabulary());
  ASSERT_TRUE(closed);
  EXPECT_TRUE(accepts(*closed, R"({"a": {"x": 1}, "b": {"y": 2}})"));
  EXPECT_FALSE(accepts(*closed, R"({"z": 1})"));
}

// A name must not be declared once more under another spelling.
TEST(Schema, NamesHaveOneSpelling) {
  constexpr const char* kSchema = R"({"type": "object", "properties": {"age": {"type": "integer"}}})";
  EXPECT_TRUE(schema_accepts(kSchema, R"({"agf": "x"})"));
  EXPECT_FALSE(schema_accepts(kSchema, R"({"age": "x"})"));
  EXPECT_FALSE(schema_accepts(kSchema, R"({"\u0061ge": "x"})"));
  EXPECT_FALSE(schema_accepts(R"({"type": "string", "maxLength": 1})", R"("\u0061b")"));
}

TEST(Schema, StringsAreUnicode) {
  EXPECT_TRUE(schema_accepts(R"({"type": "string", "maxLength": 2})", R"("é😀")"));
  EXPECT_FALSE(schema_accepts(R"({"type": "string", "maxLength": 2})", R"("é😀a")"));
  EXPECT_TRUE(schema_accepts(R"({"type": "string"})", R"("\ud83d\ude00 \/ \"")"));
  EXPECT_FALSE(schema_accepts(R"({"type": "string"})", R"("\ud83d")"));
  EXPECT_FALSE(schema_accepts(R"({"type": "string"})", "\"\xFF\""));
  EXPECT_TRUE(schema_accepts(R"({"type": "string", "pattern": "^.\"\\\\$"})", R"("x\"\\")"));
}

TEST(Schema, NumbersAtTheirBounds) {
  for (const auto& [bounds, inside, outside] :
       std::vector<std::tuple<std::string, std::vector<std::string>, std::vector<std::string>>>{
           {R"("minimum": -12, "maximum": 345)",
            {"-12", "-9", "0", "99", "345"},
            {"-13", "346", "1000", "-0", "-100"}},
           {R"("exclusiveMinimum": 9, "exclusiveMaximum": 11)", {"10"}, {"9", "11"}},
           {R"("minimum": 1.5)", {"2", "10"}, {"1", "0", "-2"}},
           {R"("maximum": -1.5)", {"-2", "-10"}, {"-1", "0"}},
           {R"("multipleOf": 7, "minimum": 0)", {"0", "7", "49", "7000"}, {"8", "-7"}},
           {R"("multipleOf": 25, "minimum": -30, "maximum": 60)",
            {"-25", "0", "25", "50"},
            {"75", "-50", "10"}}}) {
    const std::string text = fmt::format(R"({{"type": "integer", {}}})", bounds);
    for (const std::string& number : inside)
      EXPECT_TRUE(schema_accepts(text, number)) << text << " " << number;
    for (const std::string& number : outside)
      EXPECT_FALSE(schema_accepts(text, number)) << text << " " << number;
  }
  for (const auto& [bounds, inside, outside] :
       std::vector<std::tuple<std::string, std::vector<std::string>, std::vector<std::string>>>{
           {R"("minimum": 0.5, "maximum": 99.95)",
            {"0.5", "0.50", "0.51", "1", "99.95", "99.9", "99"},
            {"0.49", "0", "99.951", "99.96", "100"}},
           {R"("exclusiveMinimum": 0)", {"0.1", "1", "0.001"}, {"0", "0.0", "-1"}},
           {R"("exclusiveMaximum": 1)", {"0.99", "0", "-5.5"}, {"1", "1.0", "1.01"}},
           {R"("multipleOf": 0.01, "minimum": 0)", {"0.25", "3", "12.5"}, {"0.125", "-1"}},
           {R"("not": {"type": "integer"})", {"1.5", "-0.25", "10.01"}, {"1", "1.0", "0"}}}) {
    const std::string text = fmt::format(R"({{"type": "number", {}}})", bounds);
    for (const std::string& number : inside)
      EXPECT_TRUE(schema_accepts(text, number)) << text << " " << number;
    for (const std::string& number : outside)
      EXPECT_FALSE(schema_accepts(text, number)) << text << " " << number;
  }
}

// Names that JSON Schema does not have say nothing.
TEST(Schema, FormatsOfOthersAreAnnotations) {
  EXPECT_TRUE(schema_accepts(R"({"type": "string", "format": "password"})", R"("anything")"));
  EXPECT_TRUE(schema_accepts(R"({"type": "integer", "format": "int64"})", "12"));
}

// Every number near the bounds, by arithmetic.
TEST(Schema, IntegerIntervalsAreExact) {
  Rng rng(3);
  for (int round = 0; round < 60; ++round) {
    const auto low = static_cast<int64_t>(rng.below(2400)) - 1200;
    const auto high = low + static_cast<int64_t>(rng.below(1500));
    const auto grammar = compile_grammar(
        schema(fmt::format(R"({{"type": "integer", "minimum": {}, "maximum": {}}})", low, high)),
        byte_vocabulary());
    ASSERT_TRUE(grammar);
    for (int64_t n = -1300; n < 2800; n += 1 + static_cast<int64_t>(rng.below(5))) {
      ASSERT_EQ(accepts(*grammar, std::to_string(n)), n >= low && n <= high)
          << n << " in " << low << ".." << high;
    }
  }
}

TEST(Schema, OneOf) {
  constexpr const char* kByKind =
      R"({"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "oneOf": [
    {"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}}, {"properties": {"kind": {"const": "b"}, "x": {"type": "string"}}}]})";
  EXPECT_TRUE(schema_accepts(kByKind, R"({"kind": "a", "x": 1})"));
  EXPECT_TRUE(schema_accepts(kByKind, R"({"kind": "b", "x": "1"})"));
  EXPECT_FALSE(schema_accepts(kByKind, R"({"kind": "a", "x": "1"})"));
  constexpr const char* kEither =
      R"({"type": "object", "properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})";
  EXPECT_TRUE(schema_accepts(kEither, R"({"a": 1})"));
  EXPECT_TRUE(schema_accepts(kEither, R"({"b": 1})"));
  EXPECT_FALSE(schema_accepts(kEither, R"({"a": 1, "b": 1})"));
  EXPECT_FALSE(schema_accepts(kEither, R"({"c": 1})"));
}

TEST(Schema, Recursion) {
  constexpr const char* kTree =
      R"({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "additionalProperties": false,
    "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}}})";
  EXPECT_TRUE(schema_accepts(kTree, R"({"next": {"next": {"next": null}}})"));
  EXPECT_FALSE(schema_accepts(kTree, R"({"next": {"next": {"next": 1}}})"));
}

TEST(Schema, RefusalsNameThePlaceAndTheKeyword) {
  for (
      const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
          {R"({"properties": {"a/b": {"contains": {"type": "null"}}}})",
           R"(at "#/properties/a~1b": "contains" is not supported)"},
          {R"({"items": {"uniqueItems": true, "type": "array"}})", R"(at "#/items": "uniqueItems")"},
          {R"({"type": "string", "format": "dateTime"})",
           R"(at "#": "format" "dateTime" is not supported; these are: date)"},
          {R"({"type": "string", "format": "regex"})", R"("format" "regex" is not supported)"},
          {R"({"type": "text"})", R"(names "text", which is no type)"},
          {R"({"type": "string", "maxlength": 3})", R"("maxLength" was meant?)"},
          {R"({"type": "string", "pattern": "(a"})", R"("pattern" "(a": regular expression)"},
          {R"({"type": "string", "pattern": "\\bx"})", "word boundaries"},
          {R"({"$ref": "other.json"})", R"("$ref" names "other.json")"},
          {R"({"$ref": "#/$defs/x"})", "which is not in the document"},
          {R"({"minLength": -1, "type": "string"})", "must be a count"},
          {R"({"required": "a"})", "must be a list of names"},
          {R"({"unevaluatedProperties": false})", "unevaluatedProperties"},
          {R"({"!values": [1]})", "is no keyword"},
          {R"({"type": "integer", "multipleOf": 1.5})", "only integers and 0.1"},
          {R"({"type": "number", "multipleOf": 0})", "greater than 0"},
          {R"({"minProperties": 5, "type": "object"})", "minProperties"},
          {R"({"oneOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "array", "maxItems": 3}]})",
           "may satisfy both"},
          {R"({"type": "integer", "minimum": 2, "maximum": 1})", "no text satisfies"},
          {R"({"type": "object", "required": ["a"], "properties": {"a": false}})", "no text satisfies"},
          {"3", "must be an object, true or false"}}) {
    const auto grammar = compile_grammar(schema(text), byte_vocabulary());
    ASSERT_FALSE(grammar) << text;
    EXPECT_NE(grammar.error().message.find(what), std::string::npos)
        << text << ": " << grammar.error().message;
  }
}

TEST(Schema, LimitsAreNamed) {
  json::array many;
  for (int i = 0; i < 2000; ++i) many.push_back(json::value(fmt::format("value {} of many", i)));
  const JsonSchemaSource large{.schema = json::object{{"enum", many}}};
  EXPECT_TRUE(compile_grammar(large, byte_vocabulary()));
  const auto nodes = compile_grammar(large, byte_vocabulary(), {.max_nodes = 100});
  ASSERT_FALSE(nodes);
  EXPECT_EQ(nodes.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(nodes.error().message.find("max_nodes"), std::string::npos);
  const auto bytes = compile_grammar(large, byte_vocabulary(), {.max_source_bytes = 1000});
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().message.find("max_source_bytes"), std::string::npos);
  const auto time = compile_grammar(large, byte_vocabulary(), {.max_compile_ms = 0});
  ASSERT_FALSE(time);
  EXPECT_NE(time.error().message.find("max_compile_ms"), std::string::npos);
}

TEST(Schema, ForcedTextIsWhatMustCome) {
  const auto grammar = compile_grammar(
      JsonSchemaSource{
          .schema =
              parse_json(
                  R"({"type": "object", "properties": {"name": {"type": "string"}, "kind": {"const": "émile"}},
    "required": ["name", "kind"], "additionalProperties": false})",
                  "s")
                  .value(),
          .in_order = true,
          .compact = true},
      byte_vocabulary());
  ASSERT_TRUE(grammar);
  GrammarState state(*grammar);
  EXPECT_EQ(state.forced(), R"({"name":")");
  for (const char c : std::string(R"({"name":"x",)")) ASSERT_TRUE(state.accept(static_cast<uint8_t>(c)));
  EXPECT_EQ(state.forced(), R"("kind":"émile"})");
  for (const char c : std::string(R"("kind":"émile"})")) ASSERT_TRUE(state.accept(static_cast<uint8_t>(c)));
  EXPECT_EQ(state.forced(), "");
  EXPECT_TRUE(state.may_end());
}

}  // namespace
}  // namespace ferry
