// Regular expressions against PCRE2, and what is refused.

#define PCRE2_CODE_UNIT_WIDTH 8
#include <gtest/gtest.h>
#include <pcre2.h>

#include "base/core/rng.h"
#include "base/core/utf8.h"
#include "infer/grammar/builder.h"
#include "infer/grammar/json_text.h"
#include "infer/grammar/test_grammar.h"
#include "infer/grammar/test_pcre.h"

namespace ferry {
namespace {

class RandomPattern {
 public:
  explicit RandomPattern(Rng& rng) : rng_(rng) {}

  std::string make() {
    std::string pattern;
    if (rng_.below(4) == 0) pattern += "^";
    if (rng_.below(8) == 0)
      pattern += fmt::format("(?{}{})", rng_.below(2) == 0 ? "=" : "!", alternatives(1));
    pattern += alternatives(0);
    if (rng_.below(4) == 0) pattern += "$";
    return pattern;
  }

 private:
  std::string alternatives(int depth) {
    std::string pattern = sequence(depth);
    while (depth > 0 && rng_.below(3) == 0) pattern += "|" + sequence(depth);
    return pattern;
  }
  std::string sequence(int depth) {
    std::string pattern;
    for (uint64_t n = rng_.below(4); n > 0; --n) pattern += quantified(depth);
    return pattern;
  }
  std::string quantified(int depth) {
    static constexpr const char* kQuantifiers[] = {"",  "",    "",      "",     "*", "+",
                                                   "?", "{2}", "{1,3}", "{2,}", "*?"};
    return atom(depth) + kQuantifiers[rng_.below(std::size(kQuantifiers))];
  }
  std::string atom(int depth) {
    static constexpr const char* kAtoms[] = {"a",    "b",      "-", "é",      "\\d", "\\w", "[ab]",
                                             "[^a]", "[a-c-]", ".", "[^\\d]", "\\.", "€",   "[é-€]"};
    if (depth < 3 && rng_.below(4) == 0) return "(?:" + alternatives(depth + 1) + ")";
    return kAtoms[rng_.below(std::size(kAtoms))];
  }

  Rng& rng_;
};

std::string random_text(Rng& rng) {
  static constexpr const char* kPieces[] = {"a", "b", "c", "-",  "é",  "€",
                                            "0", "7", ".", "\n", "\"", "\xF0\x9F\x98\x80"};
  std::string text;
  for (uint64_t n = rng.below(7); n > 0; --n)
    text += kPieces[rng.below(rng.below(3) == 0 ? std::size(kPieces) : 4)];
  return text;
}

// \d and \w are ASCII in both; `.` differs at U+2028 only, and at \r, which do not come up here.
TEST(Regex, AgreesWithPcre2) {
  Rng rng(5);
  int compared = 0;
  int matched = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string pattern = RandomPattern(rng).make();
    const Pcre oracle(pattern);
    const auto tree = parse_regex(pattern);
    if (!oracle.compiled()) continue;
    ASSERT_TRUE(tree) << pattern << ": " << tree.error().message;
    GrammarBuilder parts;
    const auto whole = parts.plain.whole(*tree);
    const auto search = parts.plain.search(*tree);
    const auto json = parts.json.search(*tree);
    ASSERT_TRUE(whole && search && json) << pattern;
    for (int i = 0; i < 20; ++i) {
      const std::string text = random_text(rng);
      const bool expected = oracle.matches(text, false);
      ASSERT_EQ(parts.pool.matches(*whole, text), oracle.matches(text, true)) << pattern << " whole " << text;
      ASSERT_EQ(parts.pool.matches(*search, text), expected) << pattern << " in " << text;
      ASSERT_EQ(parts.pool.matches(*json, canonical_content(text)), expected)
          << pattern << " in JSON " << text;
      ++compared;
      matched += expected ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 40'000);
  EXPECT_GT(matched, 5'000);
}

// A state that is not kNothing must have a way to a match: next() leaves out what has none.
TEST(Regex, StepsLeadSomewhere) {
  Rng rng(6);
  for (int round = 0; round < 150; ++round) {
    GrammarBuilder parts;
    std::vector<RegexId> all;
    for (int i = 0; i < 3; ++i) {
      const auto tree = parse_regex(RandomPattern(rng).make());
      if (!tree) continue;
      if (const auto texts = parts.plain.search(*tree))
        all.push_back(i == 2 ? parts.pool.complement(*texts) : *texts);
    }
    all.push_back(parts.pool.repeat(parts.plain.chars(CharSet::all()), 0, 6));
    RegexId at = parts.pool.both(std::move(all));
    if (!parts.pool.live(at)) continue;
    for (int steps = 0; steps < 40; ++steps) {
      const ByteSet next = parts.pool.live_first(at);
      if (next.empty()) break;
      std::vector<uint8_t> bytes;
      for (int b = 0; b < 256; ++b) {
        if (next.contains(static_cast<uint8_t>(b))) bytes.push_back(static_cast<uint8_t>(b));
      }
      at = parts.pool.next(at, bytes[rng.below(bytes.size())]);
      ASSERT_NE(at, RegexPool::kNothing);
    }
    EXPECT_TRUE(parts.pool.nullable(at));
  }
}

TEST(Regex, BytesThatAreAlikeHaveOneDerivative) {
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    GrammarBuilder parts;
    const auto tree = parse_regex(RandomPattern(rng).make());
    if (!tree) continue;
    const auto texts = parts.json.search(*tree);
    if (!texts) continue;
    for (int i = 0; i < 30; ++i) {
      const auto byte = static_cast<uint8_t>(rng.below(256));
      const ByteSet same = parts.pool.alike(*texts, byte);
      ASSERT_TRUE(same.contains(byte));
      for (int other = 0; other < 256; ++other) {
        if (!same.contains(static_cast<uint8_t>(other))) continue;
        ASSERT_EQ(parts.pool.derivative(*texts, byte),
                  parts.pool.derivative(*texts, static_cast<uint8_t>(other)));
      }
    }
  }
}

bool regex_accepts(std::string_view pattern, std::string_view text) {
  const auto grammar = compile_grammar(RegexSource{std::string(pattern)}, byte_vocabulary());
  EXPECT_TRUE(grammar) << grammar.error().message;
  return grammar && accepts(*grammar, text);
}

TEST(Regex, KnowsTheUsualSyntax) {
  EXPECT_TRUE(regex_accepts("\\u00e9\\x41\\u{1F600}\\uD83D\\uDE00\\t\\cA", "éA😀😀\t\x01"));
  EXPECT_TRUE(regex_accepts("\\p{Lu}\\p{Ll}+\\P{L}", "Émile!"));
  EXPECT_TRUE(regex_accepts("(?<year>\\d{4})-(?P<month>\\d\\d)", "2024-05"));
  EXPECT_TRUE(regex_accepts("a{,2}b{2,}", "abb"));
  EXPECT_TRUE(regex_accepts("a{x}", "a{x}"));
  EXPECT_TRUE(regex_accepts("(?!.*bad)[a-z ]+", "good text"));
  EXPECT_FALSE(regex_accepts("(?!.*bad)[a-z ]+", "a bad text"));
  EXPECT_FALSE(regex_accepts(".", "\n"));
}

TEST(Regex, SaysWhatItDoesNotUnderstand) {
  for (const auto& [pattern, what] :
       std::vector<std::pair<std::string, std::string>>{{"a(b", "without its )"},
                                                        {"a)b", "without its ("},
                                                        {"[a", "without its ]"},
                                                        {"(a)\\1", "back references"},
                                                        {"\\bword", "word boundaries"},
                                                        {"(?<=a)b", "lookbehind"},
                                                        {"a++", "possessive"},
                                                        {"*a", "nothing to repeat"},
                                                        {"[z-a]", "comes before"},
                                                        {"a{3,2}", "m greater than n"},
                                                        {"(?i)a", "kind of group"},
                                                        {"a$b", "$ before the end"},
                                                        {"(a^)+", "inside a repetition"},
                                                        {"\\p{Script=Greek}", "general categories"},
                                                        {"a{2000000}", "repeated too often"},
                                                        {"\xFF", "UTF-8"}}) {
    const auto grammar = compile_grammar(RegexSource{pattern}, byte_vocabulary());
    ASSERT_FALSE(grammar) << pattern;
    EXPECT_NE(grammar.error().message.find(what), std::string::npos)
        << pattern << ": " << grammar.error().message;
  }
}

TEST(Regex, RefusesLanguagesWithoutTexts) {
  const auto grammar = compile_grammar(RegexSource{"(?=b)a"}, byte_vocabulary());
  ASSERT_FALSE(grammar);
  EXPECT_EQ(grammar.error().code, ErrorCode::unsupported);
}

TEST(Regex, LongRepetitionsAreNoProblem) {
  EXPECT_TRUE(regex_accepts("(?:ab){1000}", [] {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "ab";
    return text;
  }()));
  std::string nested(3000, '(');
  const auto grammar = compile_grammar(RegexSource{nested + "a"}, byte_vocabulary());
  EXPECT_FALSE(grammar);
}

}  // namespace
}  // namespace ferry
