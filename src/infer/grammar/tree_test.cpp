// Trees and triggers: random ones against a recogniser that follows the definition, and what special tokens
// mean.

#include <filesystem>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "base/core/utf8.h"
#include "infer/grammar/grammar_cache.h"
#include "infer/grammar/test_grammar.h"

namespace ferry {
namespace {

using Kind = GrammarTree::Kind;

GrammarTree literal(std::string text) {
  return {.kind = Kind::literal, .text = std::move(text)};
}
GrammarTree special(std::string text) {
  return {.kind = Kind::special, .text = std::move(text)};
}
GrammarTree free_until(std::string text) {
  return {.kind = Kind::free, .text = std::move(text)};
}
GrammarTree json_of(std::string_view schema) {
  return {.kind = Kind::schema, .schema = parse_json(schema, "schema").value()};
}
GrammarTree of(Kind kind, std::vector<GrammarTree> parts) {
  return {.kind = kind, .parts = std::move(parts)};
}

constexpr TokenId kEnd = 256;
const std::vector<std::string> kSpecials{"<call>", "</call>", "<sep>", "<pad>"};  // from 257 on

// Each byte, special tokens, and pieces of texts that the tests use.
std::shared_ptr<const GrammarVocabulary> tree_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens;
    for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
    tokens.emplace_back("<end>");
    std::vector<TokenId> specials{kEnd};
    for (const std::string& text : kSpecials) {
      specials.push_back(static_cast<TokenId>(tokens.size()));
      tokens.push_back(text);
    }
    for (const char* text :
         {"<fn=", "fn",  "<call", "call>", "<<",  "=a",    "true", "tr",  "ab",   "ba", "abab",
          ">a",   "\"a", "\"}",   "{\"",   "aba", "<add>", "é",    "b\n", "\n\n", "e<", "<f"}) {
      tokens.emplace_back(text);
    }
    return GrammarVocabulary::create(tokens, std::vector<TokenId>{kEnd}, specials);
  }();
  return vocabulary;
}

std::shared_ptr<const Grammar> compiled(const TreeSource& source) {
  auto grammar = compile_grammar(source, tree_vocabulary());
  EXPECT_TRUE(grammar) << grammar.error().message;
  return *grammar;
}

// What an answer is made of: a byte, or 256 and more for a special token.
using Units = std::vector<int>;

Units units_of(const GrammarVocabulary& vocabulary, const std::vector<TokenId>& tokens) {
  Units units;
  for (const TokenId token : tokens) {
    if (vocabulary.specials().contains(token)) {
      units.push_back(token);
    } else {
      for (const char c : vocabulary.bytes(token)) units.push_back(static_cast<uint8_t>(c));
    }
  }
  return units;
}

std::optional<int> special_unit(const std::string& text) {
  for (size_t i = 0; i < kSpecials.size(); ++i) {
    if (kSpecials[i] == text) return kEnd + 1 + static_cast<int>(i);
  }
  return std::nullopt;
}

// The definition of trees, place by place.
class Recogniser {
 public:
  Recogniser(const TreeSource& source, const Units& units) : source_(source), units_(units) {}

  bool accepts() const {
    if (source_.triggers.empty()) return ends(source_.tree, 0).contains(units_.size());
    return free_from(0);
  }

 private:
  bool stands_at(std::string_view text, size_t at) const {
    for (size_t i = 0; i < text.size(); ++i) {
      if (at + i >= units_.size() || units_[at + i] != static_cast<uint8_t>(text[i])) return false;
    }
    return true;
  }

  // Where the first trigger is completed decides.
  bool free_from(size_t at) const {
    for (size_t end = at + 1; end <= units_.size(); ++end) {
      for (const std::string& trigger : source_.triggers) {
        const auto unit = special_unit(trigger);
        const bool as_token = unit && units_[end - 1] == *unit;
        const bool as_text = end - at >= trigger.size() && stands_at(trigger, end - trigger.size());
        if (!as_token && !as_text) continue;
        for (const size_t after : ends(source_.tree, as_token ? end - 1 : end - trigger.size())) {
          if (source_.goes_on ? free_from(after) : after == units_.size()) return true;
        }
        return false;
      }
    }
    return true;
  }

  std::string text_between(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) text += static_cast<char>(units_[i]);
    return text;
  }

  // Where a text of the tree that begins there may end.
  std::set<size_t> ends(const GrammarTree& tree, size_t at) const {
    std::set<size_t> found;
    switch (tree.kind) {
      case Kind::literal:
        if (stands_at(tree.text, at)) found.insert(at + tree.text.size());
        break;
      case Kind::special:
        if (const auto unit = special_unit(tree.text)) {
          if (at < units_.size() && units_[at] == *unit) found.insert(at + 1);
        } else if (stands_at(tree.text, at)) {
          found.insert(at + tree.text.size());
        }
        break;
      case Kind::schema:  // an enum of texts that have one spelling
        for (const json::value& value : tree.schema.at("enum").get_array()) {
          const std::string text = to_json(value);
          if (stands_at(text, at)) found.insert(at + text.size());
        }
        break;
      case Kind::free:
        for (size_t end = at; end <= units_.size(); ++end) {
          if (end > at && units_[end - 1] >= 256) break;
          const std::string text = text_between(at, end);
          if (is_valid_utf8(text) && (text + tree.text).find(tree.text) == text.size()) found.insert(end);
        }
        break;
      case Kind::sequence:
        found.insert(at);
        for (const GrammarTree& part : tree.parts) found = after(part, found);
        break;
      case Kind::choice:
        for (const GrammarTree& part : tree.parts) found.merge(ends(part, at));
        break;
      case Kind::optional:
        found = ends(tree.parts[0], at);
        found.insert(at);
        break;
      case Kind::repeat: {
        found.insert(at);
        for (size_t size = 0; size != found.size();) {
          size = found.size();
          found.merge(after(tree.parts[0], found));
        }
        break;
      }
    }
    return found;
  }

  std::set<size_t> after(const GrammarTree& tree, const std::set<size_t>& places) const {
    std::set<size_t> found;
    for (const size_t place : places) found.merge(ends(tree, place));
    return found;
  }

  const TreeSource& source_;
  const Units& units_;
};

class RandomTree {
 public:
  explicit RandomTree(Rng& rng) : rng_(rng) {}

  GrammarTree make(int depth) {
    const uint64_t kind = rng_.below(depth == 0 ? 4 : 9);
    if (kind == 0) return literal(one_of({"a", "ab", "<call>", "é", "<fn=", "\n\n"}));
    if (kind == 1) return special(one_of({"<call>", "</call>", "<sep>", "<no>"}));
    if (kind == 2) return json_of(one_of({R"({"enum": ["a", true]})", R"({"enum": ["ab", "aba", 7]})"}));
    if (kind == 3) return free_until(one_of({"\n\n", "aba", "</call>", "b"}));
    if (kind == 4) return of(Kind::optional, {make(depth - 1)});
    if (kind == 5) return of(Kind::repeat, {make(depth - 1)});
    std::vector<GrammarTree> parts;
    for (uint64_t n = 1 + rng_.below(3); n > 0; --n) parts.push_back(make(depth - 1));
    return of(kind == 6 ? Kind::choice : Kind::sequence, std::move(parts));
  }

  TreeSource make_source() {
    TreeSource source{.tree = make(3), .compact = true};
    if (rng_.below(2) == 0) return source;
    source.goes_on = rng_.below(2) == 0;
    source.triggers = {rng_.below(2) == 0 ? "<call>" : "<fn="};
    if (rng_.below(3) == 0) source.triggers.emplace_back("ab");
    std::vector<GrammarTree> begun;
    for (const std::string& trigger : source.triggers) {
      begun.push_back(
          of(Kind::sequence, {special_unit(trigger) ? special(trigger) : literal(trigger), source.tree}));
    }
    source.tree = of(Kind::choice, std::move(begun));
    return source;
  }

 private:
  std::string one_of(std::initializer_list<const char*> list) {
    return *(list.begin() + rng_.below(list.size()));
  }

  Rng& rng_;
};

// Prefers what is rare among 128 and more bytes, and in the end the end.
TokenId pick(const TokenMask& mask, Rng& rng, size_t steps) {
  if (mask.contains(kEnd) && (steps > 25 || rng.below(6) == 0)) return kEnd;
  std::vector<TokenId> likely;
  for (TokenId token = 0; token < mask.size(); ++token) {
    const bool plain = token < 256 && std::string_view("<>ab\n\"=fn/c").find(static_cast<char>(token)) ==
                                          std::string_view::npos;
    if (mask.contains(token) && token != kEnd && (!plain || rng.below(100) == 0)) likely.push_back(token);
  }
  if (likely.empty()) likely = members(mask);
  return likely[rng.below(likely.size())];
}

TEST(Tree, MasksAdmitWhatTheDefinitionSays) {
  Rng rng(31);
  int ended = 0;
  int inside = 0;
  for (int round = 0; round < 120; ++round) {
    const TreeSource source = RandomTree(rng).make_source();
    const auto grammar = compiled(source);
    for (int walk = 0; walk < 2; ++walk) {
      GrammarState state(grammar);
      TokenMask mask;
      std::vector<TokenId> tokens;
      while (!state.ended() && tokens.size() < 60) {
        ASSERT_TRUE(state.mask(mask));
        ASSERT_EQ(members(mask), members(brute_force(state)));
        const Units units = units_of(grammar->vocabulary(), tokens);
        ASSERT_EQ(mask.contains(kEnd), Recogniser(source, units).accepts());
        const TokenId token = pick(mask, rng, tokens.size());
        ASSERT_TRUE(state.accept(token));
        tokens.push_back(token);
      }
      if (!state.ended()) continue;
      ++ended;
      inside += std::any_of(tokens.begin(), tokens.end() - 1, [](TokenId t) { return t > kEnd && t < 261; })
                    ? 1
                    : 0;
    }
  }
  EXPECT_GT(ended, 150);
  EXPECT_GT(inside, 50);
}

// The other way round: random answers of which the recogniser says that they are in the language.
TEST(Tree, WhatTheDefinitionSaysIsAdmittedHoweverItIsCut) {
  Rng rng(37);
  const auto vocabulary = tree_vocabulary();
  int accepted = 0;
  for (int round = 0; round < 250; ++round) {
    const TreeSource source = RandomTree(rng).make_source();
    const auto grammar = compiled(source);
    for (int i = 0; i < 200; ++i) {
      std::vector<TokenId> tokens;
      for (uint64_t n = rng.below(6); n > 0; --n) {
        tokens.push_back(static_cast<TokenId>(kEnd + 1 + static_cast<TokenId>(rng.below(26))));
      }
      GrammarState state(grammar);
      const bool admitted =
          std::all_of(tokens.begin(), tokens.end(), [&](TokenId token) { return state.accept(token); }) &&
          state.may_end();
      ASSERT_EQ(admitted, Recogniser(source, units_of(*vocabulary, tokens)).accepts())
          << grammar_key(source) << "\n"
          << testing::PrintToString(tokens);
      accepted += admitted ? 1 : 0;
    }
  }
  EXPECT_GT(accepted, 2000);
}

bool admits(const TreeSource& source, const std::vector<TokenId>& tokens) {
  GrammarState state(compiled(source));
  for (const TokenId token : tokens) {
    TokenMask mask;
    if (!state.mask(mask) || !mask.contains(token) || !state.accept(token)) return false;
  }
  return state.may_end();
}

std::vector<TokenId> bytes_of(std::string_view text) {
  std::vector<TokenId> tokens;
  for (const char c : text) tokens.push_back(static_cast<uint8_t>(c));
  return tokens;
}

std::vector<TokenId> operator+(std::vector<TokenId> a, const std::vector<TokenId>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const std::vector<TokenId> kCall{257}, kEndCall{258}, kSep{259}, kPad{260};

TEST(Tree, ASpecialTokenStandsWhereTheTreeHasItAndNowhereElse) {
  const TreeSource source{
      .tree = of(Kind::sequence, {special("<call>"), free_until("</call>"), special("</call>")})};
  EXPECT_TRUE(admits(source, kCall + bytes_of("x <sep> y") + kEndCall));
  EXPECT_FALSE(admits(source, bytes_of("<call>x") + kEndCall));
  EXPECT_FALSE(admits(source, kCall + bytes_of("x</call>")));
  EXPECT_FALSE(admits(source, kCall + kSep + kEndCall));
  EXPECT_FALSE(admits(source, kCall + kCall + kEndCall));
}

// <add> is a token like others; where the tree has it as special, it is the token, and elsewhere it is text.
TEST(Tree, AnAddedTokenMayBeBoth) {
  const TokenId add = *tree_vocabulary()->find("<add>");
  const TreeSource source{
      .tree = of(Kind::sequence, {special("<add>"), literal("<add>x"), free_until("."), literal(".")})};
  EXPECT_TRUE(admits(
      source, std::vector<TokenId>{add, add} + bytes_of("x") + std::vector<TokenId>{add} + bytes_of(".")));
  EXPECT_TRUE(admits(source, std::vector<TokenId>{add} + bytes_of("<add>x.")));
  EXPECT_FALSE(admits(source, bytes_of("<add>") + std::vector<TokenId>{add} + bytes_of("x.")));
}

TEST(Tree, FreeTextEndsWhereItsEndOccursFirst) {
  const TreeSource source{.tree = of(Kind::sequence, {free_until("\n\n"), literal("\n\n"), literal("x")})};
  EXPECT_TRUE(admits(source, bytes_of("a\nb\n\nx")));
  EXPECT_FALSE(admits(source, bytes_of("a\n\n\nx")));
}

TEST(Tree, TriggersBeginTheGrammar) {
  const GrammarTree call =
      of(Kind::sequence,
         {special("<call>"), json_of(R"({"type": "object", "properties": {"a": {"type": "boolean"}},
      "required": ["a"], "additionalProperties": false})"),
          special("</call>")});
  for (const bool goes_on : {false, true}) {
    const TreeSource source{.tree = call, .triggers = {"<call>"}, .goes_on = goes_on, .compact = true};
    const auto one = kCall + bytes_of("{\"a\":true}") + kEndCall;
    EXPECT_TRUE(admits(source, {}));
    EXPECT_TRUE(admits(source, bytes_of("words, <cal \xFA\xE2") + kPad + kSep));
    EXPECT_TRUE(admits(source, bytes_of("Let me see.") + one));
    EXPECT_FALSE(admits(source, bytes_of("Let me see.") + kCall + bytes_of("{\"b\":true}") + kEndCall));
    EXPECT_FALSE(admits(source, bytes_of("<call>")));
    EXPECT_FALSE(admits(source, kCall + bytes_of("{\"a\":true}")));
    EXPECT_EQ(admits(source, one + bytes_of("done")), goes_on);
    EXPECT_EQ(admits(source, one + bytes_of("\n") + one), goes_on);
    EXPECT_FALSE(admits(source, one + bytes_of("\n") + kCall));
  }
}

TEST(Tree, AnOpeningDecidesAtTheBeginningOnly) {
  const TreeSource source{.tree = of(Kind::sequence, {special("<call>"), literal("!")}),
                          .triggers = {"<call>"},
                          .goes_on = true,
                          .openings = {"[ f(", "{"},
                          .opening = of(Kind::choice, {literal("[f(1)]"), literal("{}")})};
  for (const char* text : {"", " \n", "[f(1)]", "\n {}", "[f", "[ f", "[ff(", "x{", "x[f(2)", "(["}) {
    EXPECT_TRUE(admits(source, bytes_of(text))) << text;
  }
  for (const char* text : {"{", "{}x", " {\"", "[f(", "[ f(1)]", "[f(2)]", "\t[\nf(1", "[f(1)] "}) {
    EXPECT_FALSE(admits(source, bytes_of(text))) << text;
  }
  EXPECT_TRUE(admits(source, bytes_of("x") + kCall + bytes_of("!{[f(2)")));
  EXPECT_FALSE(admits(source, bytes_of("{}") + kCall + bytes_of("!")));
}

TEST(Tree, TokensReachAcrossTheBorders) {
  const TreeSource source{
      .tree = of(Kind::sequence, {literal("<fn="), literal("a>")}), .triggers = {"<fn="}, .goes_on = true};
  const auto token = [](const char* text) { return std::vector<TokenId>{*tree_vocabulary()->find(text)}; };
  EXPECT_TRUE(admits(source, token("e<") + token("fn") + token("=a") + bytes_of(">.")));
  EXPECT_TRUE(admits(source, token("<fn=") + bytes_of("a") + token(">a") + token("e<")));
  EXPECT_TRUE(admits(source, token("<<") + token("fn") + token("=a") + token(">a")));
  EXPECT_FALSE(admits(source, token("<fn=") + token("ba")));
}

TEST(Tree, SaysWhatIsWrong) {
  const auto refused = [](const TreeSource& source, std::string_view what) {
    const auto grammar = compile_grammar(source, tree_vocabulary());
    ASSERT_FALSE(grammar) << what;
    EXPECT_NE(grammar.error().message.find(what), std::string::npos) << grammar.error().message;
  };
  GrammarTree deep = literal("x");
  for (int i = 0; i < 300; ++i) deep = of(Kind::optional, {std::move(deep)});
  refused({.tree = std::move(deep)}, "nested deeper");
  refused({.tree = literal("\xFF")}, "UTF-8");
  refused({.tree = free_until("")}, "needs a text");
  refused({.tree = special("<end>")}, "ends an answer");
  refused({.tree = of(Kind::repeat, {})}, "must have one part");
  refused({.tree = of(Kind::choice, {})}, "no text satisfies");
  refused({.tree = json_of(R"({"uniqueItems": true, "type": "array"})")}, "uniqueItems");
  refused({.tree = literal("ab"), .triggers = {""}}, "empty");
  refused({.tree = literal("ab"), .triggers = {"ab", "xaby"}}, "may overlap");
  refused({.tree = literal("ab"), .triggers = {"aba"}}, "may overlap");
  refused({.tree = literal("ab"), .triggers = {"<a", "b<"}}, "may overlap");
}

// Free text must cost nothing that counts, and with a real vocabulary it is the tokens that one would expect.
TEST(Tree, ARealVocabularyInFreeText) {
  const auto path = std::filesystem::path(FERRY_DATA_DIR) / "vocabs" / "ggml-vocab-llama-bpe.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Tokenizer::open(path).value();
  const auto vocabulary = GrammarVocabulary::create(*tokenizer, tokenizer->stop_tokens());
  const GrammarTree call = of(Kind::sequence, {special("<|start_header_id|>"), literal("{\"name\": \"f\"}")});
  const auto grammar =
      compile_grammar(TreeSource{.tree = call, .triggers = {"<|start_header_id|>"}}, vocabulary);
  ASSERT_TRUE(grammar) << grammar.error().message;
  GrammarState state(*grammar);
  TokenMask mask;
  for (const TokenId token :
       tokenizer->encode("Sure, I can <|st", {.add_special = false, .parse_special = false})) {
    ASSERT_TRUE(state.mask(mask));
    EXPECT_GT(mask.count(), 127'000);
    ASSERT_TRUE(mask.contains(token));
    ASSERT_TRUE(state.accept(token));
  }
  const TokenId tag = *tokenizer->find("<|start_header_id|>");
  ASSERT_TRUE(state.mask(mask));
  EXPECT_TRUE(mask.contains(tag));
  ASSERT_TRUE(state.accept(tag));
  ASSERT_TRUE(state.mask(mask));
  EXPECT_LT(mask.count(), 10);
  EXPECT_EQ(state.forced(), "{\"name\": \"f\"}");
}

}  // namespace
}  // namespace ferry
