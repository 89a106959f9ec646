// Properties of masks on random walks: a token is in the mask exactly when it is accepted, walks end in valid
// texts, taking back is as if it had never been, and texts may be cut anywhere.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "infer/grammar/random_schema.h"
#include "infer/grammar/test_grammar.h"
#include "infer/grammar/test_validator.h"

namespace ferry {
namespace {

// Bytes, pieces of JSON and words, some of them twice, some cut inside characters; maybe a very long one.
std::shared_ptr<const GrammarVocabulary> small_vocabulary(bool with_long_token = true) {
  std::vector<std::string> tokens{"", "<end>"};
  for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
  for (const char* text :
       {"{\"",  "\": ", "\":",  ", \"",  "\", \"",  "\"}",   "\"]",  "],",        "}}",
        "[{",   "{}",   "[]",   ": [\"", "true",    "false", "null", "nul",       " the",
        "the",  "name", "id",   "total", "_amount", "éé",    "\xC3", "\xA9\"",    "\xE2\x82",
        "\xAC", "\\n",  "\\\"", "\\u00", "00",      "12",    "1.5",  "-1",        "e+",
        ", ",   "  ",   "\n  ", "\n",    "\t",      "abc",   "foo",  "bar",       "2024-",
        "01-",  "T10:", "@ex",  ".com",  "http",    "://",   "the",  "\"id0\": ", "label\""}) {
    tokens.emplace_back(text);
  }
  if (with_long_token) tokens.emplace_back(30, 'a');
  const TokenId end[] = {1};
  return GrammarVocabulary::create(tokens, end);
}

// A random token; after a while one that comes to an end.
TokenId pick(const TokenMask& mask, const GrammarVocabulary& vocabulary, Rng& rng, int steps) {
  for (const TokenId token : vocabulary.end_tokens()) {
    if (mask.contains(token) && (steps > 40 || rng.below(3) == 0)) return token;
  }
  const std::vector<TokenId> tokens = members(mask);
  if (steps > 60) {
    for (const std::string_view closing : {"\"", "]", "}", ",", "0", "a", "Z", ":"}) {
      for (const TokenId token : tokens) {
        if (vocabulary.bytes(token) == closing) return token;
      }
    }
  }
  return tokens[rng.below(tokens.size())];
}

struct Walk {
  std::string text;
  std::vector<TokenId> tokens;
  bool ended = false;
};

// Until the end, or for so many steps. check(state, mask) at every step.
template <class Check>
Walk walk(const std::shared_ptr<const Grammar>& grammar, Rng& rng, Check check) {
  Walk result;
  GrammarState state(grammar);
  TokenMask mask;
  for (int steps = 0; steps < 3000 && !state.ended(); ++steps) {
    const auto computed = state.mask(mask);
    EXPECT_TRUE(computed) << computed.error().message << "\n" << result.text;
    if (!computed) return result;
    check(state, mask);
    const TokenId token = pick(mask, grammar->vocabulary(), rng, steps);
    EXPECT_TRUE(state.accept(token)) << result.text;
    if (!state.ended()) result.text += grammar->vocabulary().bytes(token);
    result.tokens.push_back(token);
  }
  result.ended = state.ended();
  return result;
}

std::vector<GrammarSource> some_grammars() {
  std::vector<GrammarSource> sources{
      JsonObjectSource{},
      JsonObjectSource{.compact = true},
      RegexSource{"(ab|a)*c{2,5}|.{3,9}é?"},
      RegexSource{"[a-z]+@[a-z]+\\.com"},
      RegexSource{"\\S+( \\S+){0,3}"},
      ChoiceSource{{"the", "the name", "total", "éé", "\"id0\": x"}},
      GbnfSource{"root ::= \"a\" root \"b\" | \"the\" | [a-c]+ \"id\"?"},
      GbnfSource{
          "root ::= e\ne ::= t ((\"+\" | \"-\") t)*\nt ::= [0-9]{1,3} | \"(\" e \")\" | \"[\" e \"]\"\n"},
      schema(R"({"type": "string", "pattern": "^[a-z ]+foo", "maxLength": 20})"),
      schema(R"({"type": "array", "items": {"type": "string", "maxLength": 12}})"),
      schema(
          R"({"type": "object", "patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "null"}})"),
      schema(
          R"({"oneOf": [{"type": "integer", "minimum": 7}, {"type": "integer", "maximum": 10}, {"type": "null"}]})"),
      schema(
          R"({"anyOf": [{"$ref": "#"}, {"type": "array", "items": {"$ref": "#"}}, {"const": [1, {"a": "x"}]}], "maxItems": 3})"),
  };
  for (uint64_t seed = 0; seed < 12; ++seed) {
    // Open objects in any order go on and on where nobody aims at their end.
    sources.push_back(JsonSchemaSource{
        .schema = RandomSchema(seed).make(), .closed_objects = seed % 2 == 1, .in_order = seed % 2 == 0});
  }
  return sources;
}

TEST(Walk, TheMaskIsExactlyWhatIsAccepted) {
  Rng rng(7);
  for (const GrammarSource& source : some_grammars()) {
    for (int round = 0; round < 3; ++round) {
      const auto grammar = compile_grammar(source, small_vocabulary(round % 2 == 0));
      ASSERT_TRUE(grammar) << grammar.error().message;
      const Walk walked = walk(*grammar, rng, [&](GrammarState& state, const TokenMask& mask) {
        ASSERT_EQ(members(mask), members(brute_force(state)));
        ASSERT_EQ(state.may_end(), mask.contains(1));
      });
      if (HasFatalFailure()) FAIL() << walked.text;
    }
  }
}

TEST(Walk, EndsInAValidText) {
  const auto vocabulary = small_vocabulary();
  Rng rng(11);
  int ended = 0;
  int ended_in_order = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const json::value document = RandomSchema(seed).make();
    // Whoever walks without aim through any order hardly meets the names that must come, among all others.
    const JsonSchemaSource source{.schema = document,
                                  .closed_objects = seed % 4 == 1,
                                  .in_order = seed % 2 == 0,
                                  .compact = seed % 3 == 0};
    const auto grammar = compile_grammar(source, vocabulary);
    if (!grammar) {  // where patternProperties bring two multipleOf together
      ASSERT_EQ(grammar.error().code, ErrorCode::unsupported) << grammar.error().message;
      continue;
    }
    const Walk walked = walk(*grammar, rng, [](GrammarState&, const TokenMask&) {});
    if (!walked.ended) continue;
    ++(source.in_order ? ended_in_order : ended);
    const auto value = parse_json(walked.text, "walk");
    ASSERT_TRUE(value) << value.error().message << "\n" << walked.text;
    ASSERT_TRUE(TestValidator(document).valid(*value)) << to_json(document) << "\n" << walked.text;
  }
  EXPECT_GT(ended_in_order, 120);
  EXPECT_GT(ended, 50);
}

TEST(Walk, TakingBackIsAsIfItHadNeverBeen) {
  const auto vocabulary = small_vocabulary();
  Rng rng(13);
  for (const GrammarSource& source : some_grammars()) {
    const auto grammar = compile_grammar(source, vocabulary);
    ASSERT_TRUE(grammar);
    const Walk walked = walk(*grammar, rng, [](GrammarState&, const TokenMask&) {});
    GrammarState state(*grammar);
    size_t at = 0;
    TokenMask mask;
    TokenMask expected;
    for (int moves = 0; moves < 60; ++moves) {
      const size_t forward = std::min(walked.tokens.size() - at, rng.below(9));
      for (size_t i = 0; i < forward; ++i) ASSERT_TRUE(state.accept(walked.tokens[at++]));
      const size_t back = rng.below(at + 1);
      state.rollback(static_cast<int>(back));
      at -= back;
      ASSERT_EQ(state.accepted(), static_cast<int>(at));
      GrammarState fresh(*grammar);
      for (size_t i = 0; i < at; ++i) ASSERT_TRUE(fresh.accept(walked.tokens[i]));
      ASSERT_EQ(state.ended(), fresh.ended());
      if (state.ended()) continue;
      ASSERT_TRUE(state.mask(mask));
      ASSERT_TRUE(fresh.mask(expected));
      ASSERT_EQ(mask, expected);
      ASSERT_EQ(state.forced(), fresh.forced());
    }
  }
}

TEST(Walk, ATextMayBeCutAnywhere) {
  const auto vocabulary = small_vocabulary();
  Rng rng(17);
  for (const GrammarSource& source : some_grammars()) {
    const auto grammar = compile_grammar(source, vocabulary);
    ASSERT_TRUE(grammar);
    const Walk walked = walk(*grammar, rng, [](GrammarState&, const TokenMask&) {});
    if (!walked.ended) continue;
    for (int round = 0; round < 5; ++round) {
      GrammarState state(*grammar);
      TokenMask mask;
      for (size_t at = 0; at < walked.text.size();) {
        std::vector<TokenId> fitting;
        for (TokenId token = 2; token < vocabulary->size(); ++token) {
          const std::string_view bytes = vocabulary->bytes(token);
          if (!bytes.empty() && std::string_view(walked.text).substr(at).starts_with(bytes))
            fitting.push_back(token);
        }
        const TokenId token = fitting[rng.below(fitting.size())];
        ASSERT_TRUE(state.mask(mask));
        ASSERT_TRUE(mask.contains(token)) << walked.text.substr(0, at) << " >>> " << vocabulary->bytes(token);
        ASSERT_TRUE(state.accept(token));
        at += vocabulary->bytes(token).size();
      }
      ASSERT_TRUE(state.may_end());
    }
  }
}

TEST(Walk, SmallTablesChangeNothing) {
  const auto vocabulary = small_vocabulary();
  for (const GrammarSource& source : some_grammars()) {
    const auto large = compile_grammar(source, vocabulary);
    const auto small = compile_grammar(source, vocabulary, {.max_table_bytes = 300'000});
    ASSERT_TRUE(large && small);
    Rng rng(19);
    TokenMask mask;
    const Walk walked = walk(*large, rng, [](GrammarState&, const TokenMask&) {});
    GrammarState follower(*small);
    GrammarState idle(*small);  // finds its place again after others have used the tables up
    GrammarState expected(*large);
    GrammarState start(*large);
    TokenMask wanted;
    for (const TokenId token : walked.tokens) {
      ASSERT_TRUE(follower.mask(mask) && expected.mask(wanted));
      ASSERT_EQ(mask, wanted);
      ASSERT_TRUE(follower.accept(token) && expected.accept(token));
      ASSERT_TRUE(idle.mask(mask) && start.mask(wanted));
      ASSERT_EQ(mask, wanted);
    }
  }
}

TEST(Walk, MasksOfARealVocabularyAreWhatIsAccepted) {
  const auto path = std::filesystem::path(FERRY_DATA_DIR) / "vocabs" / "ggml-vocab-llama-bpe.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Tokenizer::open(path).value();
  const auto vocabulary = GrammarVocabulary::create(*tokenizer, tokenizer->stop_tokens());
  Rng rng(23);
  const std::vector<GrammarSource> sources = some_grammars();
  for (size_t i = 0; i < sources.size(); i += 2) {
    const auto grammar = compile_grammar(sources[i], vocabulary);
    ASSERT_TRUE(grammar);
    const Walk walked = walk(*grammar, rng, [&](GrammarState& state, const TokenMask& mask) {
      for (int n = 0; n < 100; ++n) {
        const auto token = static_cast<TokenId>(rng.below(static_cast<uint64_t>(vocabulary->size())));
        GrammarState copy = state;
        ASSERT_EQ(mask.contains(token), copy.accept(token)) << vocabulary->bytes(token);
      }
    });
    if (HasFatalFailure()) FAIL() << walked.text;
  }
}

}  // namespace
}  // namespace ferry
