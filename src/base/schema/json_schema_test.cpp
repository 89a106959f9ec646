#include "base/schema/json_schema.h"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/schema/json_compare.h"
#include "base/schema/pattern.h"

namespace ferry {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

json::value parsed(std::string_view text) {
  return parse_json(text, "test", {.max_depth = 1000}).value();
}

std::string problem(std::string_view schema, std::string_view document) {
  const auto compiled = JsonSchema::compile(parsed(schema));
  if (!compiled) return "schema: " + compiled.error().message;
  const auto checked = compiled->check(parsed(document));
  return checked ? "" : checked.error().message;
}

std::string schema_problem(std::string_view schema) {
  const auto compiled = JsonSchema::compile(parsed(schema));
  return compiled ? "" : compiled.error().message;
}

TEST(JsonSchema, SaysWhatIsWrongAndWhere) {
  const std::string_view order = R"({
    "type": "object", "required": ["items"], "additionalProperties": false,
    "properties": {
      "items": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/item"}},
      "note": {"type": ["string", "null"], "maxLength": 3, "pattern": "^[a-z]+$"}},
    "$defs": {"item": {"type": "object", "required": ["price"],
      "properties": {"price": {"type": "number", "minimum": 0, "multipleOf": 0.01}}}}})";
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1.25}], "note": "abc"})"), "");
  EXPECT_EQ(problem(order, "[]"), "the document must be an object, not an array");
  EXPECT_EQ(problem(order, "{}"), "the document must have \"items\"");
  EXPECT_EQ(problem(order, R"({"items": []})"), "/items must have at least 1 items, and has 0");
  EXPECT_EQ(problem(order, R"({"items": [{"price": -1}]})"), "/items/0/price must be at least 0");
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1}, {"price": 0.005}]})"),
            "/items/1/price must be a multiple of 0.01");
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1}, {"price": 1.0}]})"),
            "/items must not have an item twice");
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1}], "more": 1})"), "/more is not allowed");
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1}], "note": "ABC"})"),
            "/note must match the schema's pattern");
  EXPECT_EQ(problem(order, R"({"items": [{"price": 1}], "note": 5})"),
            "/note must be null or a string, not a number");
}

TEST(JsonSchema, AnErrorRepeatsLittleOfTheDocument) {
  const std::string name(5000, 'n');
  const std::string text =
      problem(R"({"additionalProperties": {"type": "null"}})", "{\"" + name + "\": \"secret\"}");
  EXPECT_LT(text.size(), 200U);
  EXPECT_THAT(text, EndsWith("… must be null, not a string"));
  EXPECT_EQ(problem(R"({"enum": ["a", "b"]})", "\"secret\""),
            "the document must be one of the schema's 2 values");
}

TEST(JsonSchema, SaysWhatIsWrongWithASchema) {
  EXPECT_EQ(schema_problem("[]"), "the schema must be an object, true or false, not an array");
  EXPECT_EQ(schema_problem(R"({"properties": {"a": {"minimum": "1"}}})"),
            "/properties/a/minimum must be a number, not a string");
  EXPECT_EQ(schema_problem(R"({"allOf": [true, {"type": "text"}]})"),
            "/allOf/1/type has \"text\", which is no type");
  EXPECT_EQ(schema_problem(R"({"required": "a"})"), "/required must be a list of names, not a string");
  EXPECT_EQ(schema_problem(R"({"required": [1]})"),
            "/required must be a list of names, and has a number in it");
  EXPECT_EQ(schema_problem(R"({"minLength": -1})"), "/minLength must be an integer of at least 0");
  EXPECT_EQ(schema_problem(R"({"multipleOf": 0})"), "/multipleOf must be above 0");
  EXPECT_EQ(schema_problem(R"({"$dynamicRef": "#a"})"), "/$dynamicRef is not supported; use $ref");
  EXPECT_EQ(schema_problem(R"({"items": {"$ref": "https://example.com/x"}})"),
            "/items/$ref leads to \"https://example.com/x\", which is not within the schema");
  EXPECT_EQ(schema_problem(R"({"$ref": "#/$defs/none"})"),
            "/$ref leads to \"#/$defs/none\", which is not within the schema");
  EXPECT_THAT(schema_problem(R"({"pattern": "(a"})"),
              HasSubstr("/pattern does not work: the regular expression is wrong at byte 2"));
}

TEST(JsonSchema, DraftSevensReferencesStandAlone) {
  const std::string_view members =
      R"("$ref": "#/definitions/any", "type": "string", "definitions": {"any": true}})";
  EXPECT_EQ(problem("{" + std::string(members), "1"), "the document must be a string, not a number");
  EXPECT_EQ(problem(R"({"$schema": "http://json-schema.org/draft-07/schema#", )" + std::string(members), "1"),
            "");
}

TEST(JsonSchema, CirclesEnd) {
  EXPECT_EQ(problem(R"({"type": ["object"], "properties": {"next": {"$ref": "#"}}})",
                    R"({"next": {"next": {"next": 1}}})"),
            "/next/next/next must be an object, not a number");
  for (
      const std::string_view endless :
      {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}]})", R"({"not": {"$ref": "#"}})",
       R"({"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})"}) {
    EXPECT_THAT(problem(endless, "1"), HasSubstr("refers to itself without end")) << endless;
  }
}

// Each level asks the next twice.
TEST(JsonSchema, WorkThatDoublesIsCutOff) {
  std::string schema = R"({"$ref": "#/$defs/s0", "$defs": {)";
  for (int i = 0; i < 60; ++i)
    schema += fmt::format(R"("s{}": {{"anyOf": [{{"$ref": "#/$defs/s{}"}}, {{"$ref": "#/$defs/s{}"}}]}}, )",
                          i, i + 1, i + 1);
  schema += R"("s60": {"type": "null"}}})";
  EXPECT_EQ(problem(schema, "1"), "the schema takes too much work to check");
}

TEST(JsonSchema, LargeDocumentsThatAreWellMeantAreChecked) {
  std::string document = "[";
  for (int i = 0; i < 20'000; ++i)
    document += fmt::format("{}{{\"id\": {}, \"name\": \"name {}\"}}", i == 0 ? "" : ",", i, i);
  document += "]";
  EXPECT_EQ(problem(R"({"uniqueItems": true, "items": {"required": ["id"], "properties": {
    "id": {"type": "integer"}, "name": {"type": "string", "pattern": "^name [0-9]+$"}}}})",
                    document),
            "");
}

TEST(JsonSchema, DeepSchemasAndDocumentsAreRefused) {
  std::string schema, document;
  for (int i = 0; i < 300; ++i) schema += R"({"items": )";
  schema += "true" + std::string(300, '}');
  EXPECT_THAT(schema_problem(schema), HasSubstr("nested deeper"));
  document = std::string(900, '[') + std::string(900, ']');
  EXPECT_THAT(problem(R"({"items": {"$ref": "#"}})", document), HasSubstr("nested too deep"));
}

// Small texts that would stand for much.
TEST(JsonSchema, SchemasThatGrowAreRefused) {
  std::string patterns, schemas, references;
  for (int i = 0; i < 3000; ++i)
    patterns += fmt::format(R"({}{{"pattern": "(?:(?:a{}){{1,50}}){{1,20}}"}})", i == 0 ? "" : ", ", i);
  EXPECT_THAT(schema_problem("{\"allOf\": [" + patterns + "]}"), HasSubstr("too large together"));
  for (int i = 0; i < 11'000; ++i) schemas += i == 0 ? "{}" : ",{}";
  EXPECT_THAT(schema_problem("{\"allOf\": [" + schemas + "]}"), HasSubstr("too large"));
  EXPECT_THAT(schema_problem("{\"$id\": \"" + std::string(2000, 'a') + "\"}"),
              HasSubstr("more than 1024 bytes"));
  // Each reference remembers where it stands.
  for (int i = 0; i < 4000; ++i) references += std::string(i == 0 ? "" : ", ") + R"({"$ref": "#/$defs/x"})";
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(schema_problem("{\"$defs\": {\"x\": true, \"" + std::string(1 << 20, 'n') + "\": {\"allOf\": [" +
                           references + "]}}}"),
            "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST(JsonSchema, UnevaluatedIsWhatNoKeywordLookedAt) {
  const std::string_view schema = R"({
    "properties": {"a": true}, "patternProperties": {"^x": true},
    "anyOf": [{"properties": {"b": {"type": "null"}}, "required": ["b"]}, {"properties": {"c": true}}],
    "unevaluatedProperties": false})";
  EXPECT_EQ(problem(schema, R"({"a": 1, "x1": 2, "b": null, "c": 3})"), "");
  EXPECT_EQ(problem(schema, R"({"a": 1, "b": 4})"), "/b is not allowed");
  EXPECT_EQ(problem(R"({"prefixItems": [true], "contains": {"type": "null"}, "unevaluatedItems": false})",
                    "[1, null, 2]"),
            "/2 is not allowed");
}

TEST(JsonSchema, AnchorsAndIdsAreFoundInTheDocument) {
  EXPECT_EQ(problem(R"({"$ref": "#n", "$defs": {"x": {"$anchor": "n", "type": "null"}}})", "1"),
            "the document must be null, not a number");
  const std::string_view ids = R"({"$id": "https://a.test/dir/root.json", "$ref": "other.json#/$defs/n",
    "$defs": {"o": {"$id": "other.json", "$defs": {"n": {"type": "null"}}}}})";
  EXPECT_EQ(problem(ids, "1"), "the document must be null, not a number");
  EXPECT_EQ(problem(R"({"$ref": "#/$defs/a~1b%25~0", "$defs": {"a/b%~": {"type": "null"}}})", "1"),
            "the document must be null, not a number");
}

TEST(Pattern, FindsWhatEcmaScriptFinds) {
  const auto found = [](std::string_view expression, std::string_view text) {
    return Pattern::compile(expression).value().search(text).value();
  };
  EXPECT_TRUE(found("b", "abc"));
  EXPECT_FALSE(found("^b", "abc"));
  EXPECT_FALSE(found("^a$", "a\n"));
  EXPECT_TRUE(found("^.$", "é"));
  EXPECT_TRUE(found(R"(^\u00e9$)", "é"));
  EXPECT_TRUE(found(R"(^\u{1F409}$)", "🐉"));
  EXPECT_TRUE(found(R"(^\p{L}+$)", "Ωé"));
  EXPECT_FALSE(found(R"(^\d$)", "٣"));
  EXPECT_FALSE(found("[]", "a"));
}

TEST(Pattern, BacktrackingWithoutEndIsCutOff) {
  const std::string text = std::string(5000, 'a') + "!";
  for (const std::string_view expression :
       {"^(a+)+$", "^(a|aa)+$", "^(a*)*b", "(.*)(.*)(.*)(.*)(.*)[^a!]$", R"(^(\w+\s?)*$)"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto found = Pattern::compile(expression).value().search(text);
    ASSERT_FALSE(found) << expression;
    EXPECT_EQ(found.error().code, ErrorCode::resource_exhausted);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5)) << expression;
  }
  EXPECT_EQ(problem(R"({"items": {"pattern": "^(a+)+$"}})", "[\"" + text + "\"]"),
            "the schema takes too much work to check");
}

TEST(Pattern, WorkIsSharedByAllSearches) {
  const Pattern pattern = Pattern::compile("^(a|aa)+$").value();
  const std::string text = std::string(20, 'a') + "!";
  Work work(1'000'000);
  int searches = 0;
  while (pattern.search(text, work)) ++searches;
  EXPECT_GT(searches, 1);
  EXPECT_LT(searches, 100);
  EXPECT_TRUE(work.is_spent());
}

TEST(Pattern, RefusesWhatGrowsWithoutBounds) {
  EXPECT_FALSE(Pattern::compile(std::string(Pattern::kMaxBytes + 1, 'a')));
  EXPECT_FALSE(Pattern::compile("((((a{1,1000}){1,1000}){1,1000}){1,1000})"));
  EXPECT_FALSE(Pattern::compile(std::string(1000, '(') + std::string(1000, ')')));
  EXPECT_FALSE(Pattern::compile(R"(\C)"));
}

TEST(JsonCompare, ComparesWhatNumbersMean) {
  const auto order = [](std::string_view a, std::string_view b) {
    Work work;
    return compare_json(parsed(a), parsed(b), work);
  };
  EXPECT_EQ(order("1", "1.0"), 0);
  EXPECT_EQ(order("18446744073709551615", "18446744073709551615"), 0);
  EXPECT_LT(order("9007199254740992.0", "9007199254740993"), 0);
  EXPECT_LT(order("-1", "18446744073709551615"), 0);
  EXPECT_NE(order("0", "false"), 0);
  EXPECT_EQ(order(R"({"a": 1, "b": [2]})", R"({"b": [2.0], "a": 1})"), 0);
  EXPECT_NE(order(R"({"a": 1})", R"({"b": 1})"), 0);
  EXPECT_TRUE(is_multiple(parsed("0.0075"), parsed("0.0001")));
  EXPECT_FALSE(is_multiple(parsed("0.00751"), parsed("0.0001")));
  EXPECT_TRUE(is_multiple(parsed("-9223372036854775808"), parsed("2")));
  EXPECT_FALSE(is_multiple(parsed("9007199254740993"), parsed("2")));
  EXPECT_TRUE(is_multiple(parsed("4.5"), parsed("1.5")));
  EXPECT_FALSE(is_multiple(parsed("35"), parsed("1.5")));
  EXPECT_FALSE(is_multiple(parsed("1e308"), parsed("0.123456789")));
  EXPECT_TRUE(is_multiple(parsed("1e308"), parsed("0.5")));
}

TEST(JsonSchema, ServesManyThreads) {
  const JsonSchema schema = JsonSchema::compile(parsed(R"({"items": {"pattern": "^a+$"}})")).value();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&schema] {
      for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(schema.check(json::array{"aaa"}));
        EXPECT_FALSE(schema.check(json::array{"aab"}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ferry
