#include "serve/replies/json_scanner.h"

#include <gtest/gtest.h>

#include "base/core/json.h"
#include "base/core/rng.h"
#include "base/core/utf8.h"

namespace ferry {
namespace {

using Step = JsonScanner::Step;

// Does the text hold one JSON value and nothing behind it but white space?
bool scans(std::string_view text) {
  JsonScanner scanner;
  for (size_t i = 0; i < text.size(); ++i) {
    const Step step = scanner.take(text[i]);
    if (step == Step::broken) return false;
    if (step == Step::more) continue;
    const std::string_view rest = text.substr(step == Step::done ? i + 1 : i);
    return rest.find_first_not_of(" \t\r\n") == std::string_view::npos;
  }
  return scanner.take('\n') == Step::past;  // a number at the end
}

TEST(JsonScanner, SaysWhereAValueEnds) {
  JsonScanner object;
  for (const char c : std::string_view(" {\"a\": [1, 2.5e-3, {}, []], \"}\\\"\": null")) {
    ASSERT_EQ(object.take(c), Step::more) << c;
  }
  EXPECT_EQ(object.take('}'), Step::done);
  JsonScanner number;
  EXPECT_EQ(number.take('-'), Step::more);
  EXPECT_EQ(number.take('7'), Step::more);
  EXPECT_EQ(number.take(','), Step::past);
}

TEST(JsonScanner, KnowsThatItIsInAString) {
  JsonScanner scanner;
  for (const char c : std::string_view("[\"a\\")) scanner.take(c);
  EXPECT_TRUE(scanner.in_string());
  for (const char c : std::string_view("n\"")) scanner.take(c);
  EXPECT_FALSE(scanner.in_string());
}

TEST(JsonScanner, AcceptsWhatTheParserAccepts) {
  const std::string_view seeds[] = {
      R"({"a": [1, -0.5e+3, 0, 1E5, true, false, null], "b": {"c": "\u00e9\ud83d\ude00\\\"\/\b\f\n\r\t"}})",
      R"([[[]], {}, {"": ""}, "é", -0, 10, 1.25])",
      R"("\ud83d")",
      "  123  ",
      "\"\\ude00\"",
      "[1,]",
      "{\"a\":}"};
  constexpr std::string_view kAlphabet = "{}[]\",:\\/u0123456789abcdefnrt.eE+- \n\x01";
  Rng rng(1);
  int valid = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text(seeds[rng.below(std::size(seeds))]);
    for (uint64_t edits = rng.below(4); edits > 0; --edits) {
      const size_t at = rng.below(text.size() + 1);
      if (rng.below(2) == 0) text.erase(at, rng.below(4));
      if (rng.below(2) == 0) text.insert(at, 1, kAlphabet[rng.below(kAlphabet.size())]);
    }
    text = replace_invalid_utf8(text);
    const bool parses = parse_json(text, "text").has_value();
    ASSERT_EQ(scans(text), parses) << text;
    valid += parses ? 1 : 0;
  }
  EXPECT_GT(valid, 10'000);
}

}  // namespace
}  // namespace ferry
