#include "infer/grammar/grammar.h"

#include <gtest/gtest.h>

#include "infer/grammar/vocabulary.h"

namespace ferry {
namespace {

std::shared_ptr<const GrammarVocabulary> byte_vocabulary() {
  std::vector<std::string> tokens;
  for (int b = 0; b < 256; ++b) tokens.push_back(std::string(1, static_cast<char>(b)));
  tokens.push_back("");
  const TokenId end[] = {256};
  return GrammarVocabulary::create(tokens, end);
}

bool accepts(const GrammarSource& source, std::string_view text) {
  auto grammar = compile_grammar(source, byte_vocabulary());
  EXPECT_TRUE(grammar) << grammar.error().message;
  if (!grammar) return false;
  GrammarState state(*grammar);
  for (const char c : text) {
    if (!state.accept(static_cast<uint8_t>(c))) return false;
  }
  return state.may_end();
}

TEST(Grammar, Regex) {
  EXPECT_TRUE(accepts(RegexSource{"[a-c]{2,3}x?"}, "abx"));
  EXPECT_FALSE(accepts(RegexSource{"[a-c]{2,3}x?"}, "ax"));
}

TEST(Grammar, JsonObject) {
  EXPECT_TRUE(accepts(JsonObjectSource{}, R"({"a": [1, 2.5e3, "x\n\u00e9", {"b": null}], "c": {}})"));
  EXPECT_FALSE(accepts(JsonObjectSource{}, R"({"a" : 1})"));
  EXPECT_FALSE(accepts(JsonObjectSource{}, R"([1])"));
}

}  // namespace
}  // namespace ferry
namespace ferry {
namespace {
JsonSchemaSource schema(std::string_view text) {
  return {.schema = parse_json(text, "schema").value()};
}
TEST(Grammar, Gbnf) {
  const GbnfSource json{R"(root ::= object
value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
)"};
  EXPECT_TRUE(accepts(json, R"({"a": [1, 2.5e3, "x\n\u00e9", {"b": null}], "c": {}})"));
  EXPECT_FALSE(accepts(json, R"({"a": [1, 2.5e3, "x\n\u00e9", {"b": null}], "c": {})"));
  EXPECT_TRUE(accepts(GbnfSource{"root ::= \"a\" root \"b\" | \"c\""}, "aaacbbb"));
  EXPECT_FALSE(accepts(GbnfSource{"root ::= \"a\" root \"b\" | \"c\""}, "aaacbb"));
}
TEST(Grammar, Schema) {
  const auto s =
      schema(R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":10},
    "age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"enum":["a","b"]},"maxItems":3}},
    "required":["name","age"],"additionalProperties":false})");
  EXPECT_TRUE(accepts(s, R"({"name": "Bob", "age": 42})"));
  EXPECT_TRUE(accepts(s, R"({"name": "Bob", "age": 150, "tags": ["a", "b"]})"));
  EXPECT_FALSE(accepts(s, R"({"name": "Bob", "age": 151})"));
  EXPECT_FALSE(accepts(s, R"({"name": "Bob"})"));
  EXPECT_FALSE(accepts(s, R"({"name": "", "age": 1})"));
}
}  // namespace
}  // namespace ferry
