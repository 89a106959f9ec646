#include "serve/replies/python_literal.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

std::string json_of(std::string_view literal) {
  return python_literal_to_json(literal).value_or("none");
}

TEST(PythonLiteral, BecomesJson) {
  EXPECT_EQ(json_of(" 'a' "), R"("a")");
  EXPECT_EQ(json_of(R"("it's")"), R"("it's")");
  EXPECT_EQ(json_of(R"('\'\"\\\n\t\x41\101\0\u00e9\U0001F600\ud83d\ude00\/\d')"),
            "\"'\\\"\\\\\\n\\tAA\\u0000é😀😀/\\\\d\"");
  EXPECT_EQ(json_of("'a\\\nb'"), R"("ab")");
  EXPECT_EQ(json_of("0"), "0");
  EXPECT_EQ(json_of("-12"), "-12");
  EXPECT_EQ(json_of("+1.50"), "1.50");
  EXPECT_EQ(json_of("1."), "1.0");
  EXPECT_EQ(json_of("-.5E+3"), "-0.5e3");
  EXPECT_EQ(json_of("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(json_of("[True, False, None, true, false, null,]"), "[true,false,null,true,false,null]");
  EXPECT_EQ(json_of("()"), "[]");
  EXPECT_EQ(json_of("(1,)"), "[1]");
  EXPECT_EQ(json_of("{'a': {'b': [], }, \"c\": (1, 2)}"), R"({"a":{"b":[]},"c":[1,2]})");
}

TEST(PythonLiteral, AnythingElseIsNone) {
  for (const char* text : {"",
                           "a",
                           "f()",
                           "1+1",
                           "01",
                           "1e",
                           ".",
                           "--1",
                           "'a",
                           "'a\nb'",
                           "'\\x4'",
                           "'\\ud800'",
                           "'\\U00110000'",
                           "[1",
                           "[1 2]",
                           "[,]",
                           "(1)",
                           "{1: 2}",
                           "{'a' 1}",
                           "{'a'}",
                           "{'a': 1, 'a': 2}",
                           "1 2",
                           "0x10",
                           "1_000",
                           "r'a'",
                           "nan",
                           "'a' 'b'"}) {
    EXPECT_EQ(json_of(text), "none") << text;
  }
}

TEST(PythonLiteral, IsNestedAsDeeplyAsJsonMayBe) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(json_of(nested(64)), nested(64));
  EXPECT_EQ(json_of(nested(65)), "none");
  EXPECT_EQ(json_of(std::string(1'000'000, '(')), "none");
}

TEST(PythonLiteral, ArgumentsAreNamed) {
  EXPECT_EQ(python_arguments_to_json(" a = 1 ,b='x', "), R"({"a":1,"b":"x"})");
  EXPECT_EQ(python_arguments_to_json(""), "{}");
  EXPECT_EQ(python_arguments_to_json("größe=1"), R"({"größe":1})");
  for (const char* text : {"1", "a", "a=", "a=1 b=2", "a=1,,", "a=1,a=2", "1a=1", "**x"}) {
    EXPECT_EQ(python_arguments_to_json(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ferry
