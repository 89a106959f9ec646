#include "serve/dialects/json_span.h"

#include <gtest/gtest.h>

#include "base/core/json.h"
#include "base/core/rng.h"

namespace ferry {
namespace {

TEST(JsonSpan, OnlyTheMembersValueChanges) {
  EXPECT_EQ(
      with_member(R"( { "a" : [1, {"model": 2}], "model"	:"x" , "b":"model" } )", "model", R"("y")")
          .value(),
      R"( { "a" : [1, {"model": 2}], "model"	:"y" , "b":"model" } )");
  EXPECT_EQ(with_member(R"({"model":{"a":"}"}})", "model", "1").value(), R"({"model":1})");
  EXPECT_EQ(with_member(R"({"model":-1.5e3})", "model", "1").value(), R"({"model":1})");
}

TEST(JsonSpan, NamesAreComparedDecodedAndEachOfThemCounts) {
  EXPECT_EQ(with_member(R"({"mod\u0065l":1,"model":2,"m\"odel":3})", "model", "0").value(),
            R"({"mod\u0065l":0,"model":0,"m\"odel":3})");
}

TEST(JsonSpan, AMissingMemberIsAddedAtTheEnd) {
  EXPECT_EQ(with_member("{}", "a\"b", "1").value(), R"({"a\"b":1})");
  EXPECT_EQ(with_member("{ }\n", "a", "1").value(), "{ \"a\":1}\n");
  EXPECT_EQ(with_member(R"({"b": 2 })", "a", "1").value(), R"({"b": 2 ,"a":1})");
  EXPECT_EQ(with_member_replaced(R"({"b": 2 })", "a", "1").value(), R"({"b": 2 })");
}

TEST(JsonSpan, WhatIsNoObjectIsAnError) {
  for (const char* text : {"", "[]", "1", "{", R"({"a")", R"({"a":)", R"({"a":1)", R"({"a":1,)", R"({"a":"\)",
                           R"({"a":[1})", R"({"a":1} x)", R"({"a":1 "b":2})", R"({a:1})"}) {
    EXPECT_FALSE(with_member(text, "a", "1") && parse_json(with_member(text, "a", "1").value(), "x")) << text;
  }
  const std::string deep = R"({"a":)" + std::string(64, '[') + std::string(64, ']') + "}";
  EXPECT_FALSE(parse_json(deep, "deep"));
  EXPECT_FALSE(find_members(deep, "a"));
  const std::string allowed = R"({"a":)" + std::string(63, '[') + std::string(63, ']') + "}";
  EXPECT_TRUE(parse_json(allowed, "allowed"));
  EXPECT_TRUE(find_members(allowed, "a"));
}

// A document of a few members, with whatever white space, escapes and nesting.
class Documents {
 public:
  explicit Documents(uint64_t seed) : rng_(seed) {}

  std::string object(int depth) {
    std::string out = "{" + space();
    const size_t members = pick(5);
    for (size_t i = 0; i < members; ++i) {
      if (i > 0) out += "," + space();
      out += name() + space() + ":" + space() + value(depth) + space();
    }
    return out + "}";
  }

 private:
  size_t pick(size_t count) { return static_cast<size_t>(rng_.next() % count); }
  std::string space() { return std::string(pick(3), " \n\t"[pick(3)]); }
  std::string name() {
    const char* names[] = {R"("model")", R"("mod\u0065l")", R"("a\"b")", R"("")", R"("{")", R"("\\")"};
    return names[pick(6)];
  }
  std::string value(int depth) {
    const char* values[] = {"null", "true", "-1.5e-3", R"("model\\\"}")", R"("]")", "[]", "{}"};
    if (depth == 0 || pick(2) == 0) return values[pick(7)];
    if (pick(2) == 0) return object(depth - 1);
    return "[" + space() + value(depth - 1) + space() + "," + value(depth - 1) + "]";
  }

  Rng rng_;
};

TEST(JsonSpan, FindsWhatAParserFinds) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const std::string text = Documents(seed).object(4);
    const json::object object = parse_json(text, "document").value().get_object();
    const ObjectSpans found = find_members(text, "model").value();
    const json::value* member = object.if_contains("model");
    ASSERT_EQ(member != nullptr, !found.values.empty()) << text;
    if (member == nullptr) continue;
    ASSERT_EQ(parse_json(found.values.back().of(text), "value").value(), *member) << text;
    const json::value changed = parse_json(with_member(text, "model", "17").value(), "changed").value();
    ASSERT_EQ(changed.at("model"), json::value(17)) << text;
    ASSERT_EQ(changed.get_object().size(), object.size()) << text;
  }
}

}  // namespace
}  // namespace ferry
