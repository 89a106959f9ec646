#include "infer/tokenizer/word_pattern.h"

#include <gtest/gtest.h>

#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/matcher.h"
#include "infer/tokenizer/test_text.h"

namespace ferry {
namespace {

using Bounds = std::vector<std::pair<size_t, size_t>>;

Bounds matches(const Matcher& matcher, std::string_view text) {
  Bounds bounds;
  matcher.find(text, [&](size_t begin, size_t end) { bounds.emplace_back(begin, end); });
  return bounds;
}

constexpr const char* kPatterns[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};

TEST(WordPattern, EqualsTheCompiledRegularExpressionOnRandomText) {
  for (const char* pattern : kPatterns) {
    ASSERT_TRUE(WordPattern::of(pattern)) << pattern;
    const auto by_hand = regex_matcher(pattern).value();
    const auto compiled = pcre_matcher(pattern).value();
    Rng rng(1);
    for (int i = 0; i < 5000; ++i) {
      const std::string text = random_text(rng, 1 + rng.below(30));
      ASSERT_EQ(matches(*by_hand, text), matches(*compiled, text)) << pattern << "\n" << text;
    }
  }
}

TEST(WordPattern, LeavesOtherPatternsToTheCompiler) {
  EXPECT_FALSE(WordPattern::of(R"(\p{L}+)"));
  EXPECT_FALSE(WordPattern::of(std::string(kPatterns[2]) + "|x"));
}

std::vector<std::string> pieces(const char* pattern, std::string_view text) {
  std::vector<std::string> out;
  const auto matcher = pcre_matcher(pattern).value();
  for (const auto& [begin, end] : matches(*matcher, text)) out.emplace_back(text.substr(begin, end - begin));
  return out;
}

using Pieces = std::vector<std::string>;

TEST(PcreMatcher, TakesOnigurumasShorthands) {
  EXPECT_EQ(pieces(R"(\h+)", "xbeefz 7"), (Pieces{"beef", "7"}));
  EXPECT_EQ(pieces(R"([\w]+)", "a\xCC\x81_1-b"), (Pieces{"a\xCC\x81_1", "b"}));
  EXPECT_EQ(pieces(R"(\s)",
                   "a\xE1\xA0\x8E"
                   "b\xC2\x85"),
            (Pieces{"\xC2\x85"}));
  EXPECT_EQ(pieces(R"(b$)", "ab\nb"), (Pieces{"b", "b"}));
  EXPECT_EQ(pieces(R"([]x]+)", "a]x"), (Pieces{"]x"}));
}

TEST(PcreMatcher, RefusesWhatItCannotTranslate) {
  for (const char* pattern : {"[a&&b]", "[a[b]]", "a{1,3}+", "[\\S]", "(", "\\C"}) {
    const auto matcher = pcre_matcher(pattern);
    ASSERT_FALSE(matcher) << pattern;
    EXPECT_EQ(matcher.error().code, ErrorCode::unsupported);
    EXPECT_NE(matcher.error().message.find(pattern), std::string::npos) << matcher.error().message;
  }
}

TEST(PcreMatcher, GivesUpOnEndlessBacktracking) {
  const std::string text(5000, 'a');
  EXPECT_TRUE(pieces(R"((a|aa)+$b)", text).empty());
}

TEST(CharClass, KnowsTheDifficultOnes) {
  EXPECT_EQ(char_class(0x180E) & kSpace, 0);
  EXPECT_NE(char_class(0x85) & kSpace, 0);
  EXPECT_NE(char_class(0xBD) & kNumber, 0);
  EXPECT_NE(char_class('$') & kPunctuation, 0);
  EXPECT_NE(char_class(0x200D) & kWord, 0);
  EXPECT_EQ(char_class(0x110000), 0);
}

}  // namespace
}  // namespace ferry
