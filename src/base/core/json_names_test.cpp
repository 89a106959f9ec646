#include "base/core/json_names.h"

#include <array>
#include <utility>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

Result<void> check(std::string_view text) {
  return check_unique_names(text, parse_json(text, "body").value(), "body");
}

TEST(JsonNames, AreCountedOutsideOfStrings) {
  for (const std::string_view text :
       {R"({})", R"([])", R"("a:b")", R"({"a:":":\":","b\\":{"c":[{"d":1},{"d":2}]}})",
        R"([[{"\\\"":{}}]])"}) {
    EXPECT_EQ(count_names(text), count_members(parse_json(text, "text").value())) << text;
    EXPECT_TRUE(check(text)) << text;
  }
}

TEST(JsonNames, OneThatComesAgainIsRefusedWithItsPlace) {
  struct Case {
    std::string_view text;
    std::string_view message;
  };
  for (const Case& one : {
           Case{R"({"a":1,"a":2})", R"(body:1:8: the name "a" comes twice in one object)"},
           Case{R"({"a":[{"x":1},{"x":1,"y":{"x":2},"x":3}]})",
                R"(body:1:34: the name "x" comes twice in one object)"},
           Case{"{\"messages\":1,\n\"\\u006dessages\":2}",
                R"(body:2:1: the name "messages" comes twice in one object)"},
       }) {
    const auto checked = check(one.text);
    ASSERT_FALSE(checked) << one.text;
    EXPECT_EQ(checked.error().message, one.message);
  }
}

std::string random_json(Rng& rng, int depth, bool& repeats) {
  constexpr std::string_view kStrings[] = {R"("a")", R"("b:")", R"("\"c")", R"("\\")", R"("{")"};
  if (depth == 0 || rng.below(3) == 0) return std::string(kStrings[rng.below(5)]);
  const bool is_object = rng.below(2) == 0;
  std::string out(1, is_object ? '{' : '[');
  std::array<bool, 5> used{};
  for (uint64_t i = rng.below(4); i > 0; --i) {
    if (is_object) {
      const size_t name = rng.below(5);
      repeats |= std::exchange(used[name], true);
      out += std::string(kStrings[name]) + " : ";
    }
    out += random_json(rng, depth - 1, repeats);
    if (i > 1) out += ",";
  }
  return out + (is_object ? '}' : ']');
}

TEST(JsonNames, AreUniqueExactlyWhereNoneComesTwice) {
  Rng rng(1);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    bool repeats = false;
    const std::string text = random_json(rng, 4, repeats);
    EXPECT_EQ(check(text).has_value(), !repeats) << text;
    refused += repeats;
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace ferry
