#include <gtest/gtest.h>

#include "infer/grammar/test_grammar.h"

namespace ferry {
namespace {

constexpr const char* kJson = R"(# JSON, as grammars for it usually go
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws

object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws

array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::=
  "\"" (
    [^"\\\x7F\x00-\x1F] |
    "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
  )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
)";

constexpr const char* kChess = R"(root   ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
move   ::= (pawn | nonpawn | castle) [+#]?
nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn   ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
castle ::= "O-O" "-O"?
)";

bool gbnf_accepts(std::string_view grammar_text, std::string_view text) {
  const auto grammar = compile_grammar(GbnfSource{std::string(grammar_text)}, byte_vocabulary());
  EXPECT_TRUE(grammar) << grammar.error().message;
  return grammar && accepts(*grammar, text);
}

TEST(Gbnf, Json) {
  EXPECT_TRUE(gbnf_accepts(kJson, R"({"a": [1, 2.5e3, "x\n\u00e9 é", {"b": null}], "c": {}})"));
  EXPECT_FALSE(gbnf_accepts(kJson, R"({"a": [1, 2.5e3, "x\n\u00e9", {"b": null}], "c": {})"));
  EXPECT_FALSE(gbnf_accepts(kJson, R"({"a": 01})"));
}

TEST(Gbnf, Chess) {
  EXPECT_TRUE(gbnf_accepts(kChess, "1. e4 e5\n2. Nf3 Nc6\n3. Bb5 O-O-O+\n"));
  EXPECT_FALSE(gbnf_accepts(kChess, "1. e4 e9\n2. Nf3 Nc6\n"));
}

TEST(Gbnf, CountsNest) {
  constexpr const char* kNested = "root ::= \"a\" root \"b\" | \"c\"";
  EXPECT_TRUE(gbnf_accepts(kNested, "aaacbbb"));
  EXPECT_FALSE(gbnf_accepts(kNested, "aaacbb"));
  EXPECT_TRUE(gbnf_accepts("root ::= pair{2,3}\npair ::= \"(\" pair? \")\"", "()((()))()"));
  EXPECT_FALSE(gbnf_accepts("root ::= pair{2,3}\npair ::= \"(\" pair? \")\"", "()()()()"));
}

// All ways of reading are followed: neither longest match nor the first alternative decides.
TEST(Gbnf, AmbiguityIsFollowed) {
  EXPECT_TRUE(gbnf_accepts("root ::= [a-z]+ \"end\"", "weekend"));
  EXPECT_TRUE(gbnf_accepts("root ::= \"a\" | \"ab\" tail\ntail ::= \"c\" tail | \"c\"", "abcc"));
  EXPECT_TRUE(gbnf_accepts("root ::= x x x x\nx ::= \"a\" | \"a\" x | ", "aaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(Gbnf, Escapes) {
  EXPECT_TRUE(gbnf_accepts(R"(root ::= "\x41\u00e9\U0001F600\t\"\\" [\]\-\\]+ .)", "Aé😀\t\"\\]-\\€"));
}

TEST(Gbnf, SaysWhereItIsWrong) {
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "a rule \"root\""},
           {"root ::= a", "\"a\" is not defined"},
           {"root ::= \"a", "line 1, column 12"},
           {"root ::= \"a\"\nroot ::= \"b\"", "defined twice"},
           {"root = \"a\"", "expected ::="},
           {"root ::= (\"a\"", "expected )"},
           {"root ::= [a", "without its ]"},
           {"root ::= \"a\"{3,2}", "m greater than n"},
           {"root ::= \"\\q\"", "escape"},
           {"root ::= <think>", "tokens"},
           {"root ::= root \"a\" | \"b\"", "left recursion"},
           {"root ::= a root \"b\" | \"c\"\na ::= \"x\"?", "left recursion"},
           {"root ::= \"a\" root", "no text satisfies"},
           {"root ::= " + std::string(500, '(') + "\"a\"", "nested too deeply"}}) {
    const auto grammar = compile_grammar(GbnfSource{text}, byte_vocabulary());
    ASSERT_FALSE(grammar) << text;
    EXPECT_NE(grammar.error().message.find(what), std::string::npos)
        << text << ": " << grammar.error().message;
  }
}

}  // namespace
}  // namespace ferry
