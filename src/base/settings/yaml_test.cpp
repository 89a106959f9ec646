#include "base/settings/yaml.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

YamlNode parsed(std::string_view text) {
  auto node = parse_yaml(text);
  EXPECT_TRUE(node) << (node ? "" : node.error().message);
  return node ? *std::move(node) : YamlNode();
}

std::string error_of(std::string_view text, const YamlLimits& limits = {}) {
  const auto node = parse_yaml(text, limits);
  return node ? "" : std::to_string(node.error().line) + ": " + node.error().message;
}

TEST(Yaml, IsATreeWithLines) {
  const YamlNode root = parsed("a: 1\nb:\n  - x\n  - {c: \"2\", d: }\ne: null\n");
  ASSERT_TRUE(root.is_map());
  ASSERT_EQ(root.members.size(), 3u);
  EXPECT_EQ(root.members[0].key, "a");
  EXPECT_EQ(root.find("a")->text, "1");
  EXPECT_FALSE(root.find("a")->quoted);
  const YamlNode& list = *root.find("b");
  EXPECT_EQ(list.line, 3);
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0].text, "x");
  EXPECT_EQ(list.items[1].line, 4);
  EXPECT_TRUE(list.items[1].find("c")->quoted);
  EXPECT_TRUE(list.items[1].find("d")->is_null());
  EXPECT_TRUE(root.find("e")->is_null());
  EXPECT_EQ(root.find("f"), nullptr);
  EXPECT_TRUE(parsed("").is_null());
  EXPECT_TRUE(parsed("# nothing\n").is_null());
}

TEST(Yaml, AliasesStandForCopies) {
  const YamlNode root = parsed("a: &x {n: 1}\nb: *x\nc: &name d\n*name : 2\n");
  EXPECT_EQ(root.find("b")->find("n")->text, "1");
  EXPECT_EQ(root.find("b")->line, 2);
  EXPECT_EQ(root.find("d")->text, "2");
  EXPECT_EQ(error_of("a: &x [*x]\n"), "1: an alias stands within what it stands for");
  EXPECT_TRUE(error_of("a: *nobody\n").starts_with("1: not valid YAML"));
}

TEST(Yaml, AliasesOfAliasesDoNotGrowWithoutLimit) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) laughs += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += "]\n";
  }
  EXPECT_NE(error_of(laughs).find("there are more than 200000 values"), std::string::npos);
  EXPECT_NE(error_of("a: &a " + std::string(3000, 'x') + "\nb: [*a, *a, *a]\n", {.max_expanded_bytes = 8000})
                .find("more than 8000 bytes"),
            std::string::npos);
}

TEST(Yaml, RefusesWhatProgramsDifferIn) {
  EXPECT_EQ(error_of("a: &x {n: 1}\nb:\n  <<: *x\n"),
            "3: merge keys (<<) are not supported: write the fields out, or use an alias for a whole value");
  EXPECT_EQ(error_of("a: !!binary aGk=\n"), "1: tags (\"tag:yaml.org,2002:binary\") are not supported");
  EXPECT_EQ(error_of("? [a]\n: 1\n"), "1: a key must be a plain name, not a list");
  EXPECT_EQ(error_of("a: 1\n---\nb: 2\n"), "3: there is a second document; one file is one document");
  EXPECT_EQ(error_of(std::string("a: \0", 4)), "0: not valid YAML: it is not UTF-8 text");
  EXPECT_EQ(error_of("a: \xff"), "0: not valid YAML: it is not UTF-8 text");
}

TEST(Yaml, LimitsHold) {
  EXPECT_EQ(error_of("a: 1\n", {.max_bytes = 4}), "0: not valid YAML: it has more than 4 bytes");
  EXPECT_EQ(error_of("a: {b: {c: 1}}\n", {.max_depth = 3}), "1: it is nested deeper than 3 levels");
  EXPECT_EQ(error_of("a: {b: {c: 1}}\n", {.max_depth = 4}), "");
  EXPECT_EQ(error_of("[1, 2, 3]", {.max_nodes = 3}), "1: there are more than 3 values");
  EXPECT_NE(error_of(std::string(100000, '[')), "");
  EXPECT_NE(error_of(std::string(100000, '{')), "");
  EXPECT_NE(error_of("a:\n - b: [\n"), "");
}

}  // namespace
}  // namespace ferry
