// JSON-Schema-Test-Suite (tests/golden/json_schema): every verdict is right, of the schemas that are taken;
// the others, and what is known to be told apart otherwise, are counted, so that they do not become more
// unnoticed.

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/schema/json_schema.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::Pair;

struct Score {
  int groups = 0;
  int verdicts = 0;
  std::map<std::string, int> refused;  // groups, by file
  std::map<std::string, int> wrong;    // verdicts, by file
};

// Annotations, as the specification has them unless somebody asks for more.
bool is_annotation(const std::string& file) {
  return file.starts_with("optional/format") || file == "optional/content.json";
}

Score score_of(const std::string& draft) {
  Score score;
  const std::string path = std::string(FERRY_SOURCE_DIR) + "/tests/golden/json_schema/" + draft + ".jsonl";
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  for (std::string line; std::getline(in, line);) {
    const json::value group = parse_json(line, path, {.max_depth = 200}).value();
    const std::string file(std::string_view(group.at("file").get_string()));
    if (is_annotation(file)) continue;
    ++score.groups;
    const auto schema = JsonSchema::compile(group.at("schema"));
    if (!schema) {
      ++score.refused[file];
      continue;
    }
    for (const json::value& test : group.at("tests").get_array()) {
      ++score.verdicts;
      const json::value document = parse_json(std::string_view(test.at("text").get_string()), "text").value();
      if (schema->check(document).has_value() != test.at("valid").get_bool()) ++score.wrong[file];
    }
  }
  return score;
}

TEST(SchemaSuite, Draft7) {
  const Score score = score_of("draft7");
  EXPECT_EQ(score.groups, 275);
  EXPECT_EQ(score.verdicts, 971);
  // Two name the draft's own schema on the web, four a long name of a Unicode property.
  EXPECT_THAT(score.refused, ElementsAre(Pair("definitions.json", 1),
                                         Pair("optional/ecmascript-regex.json", 4), Pair("ref.json", 1)));
  // White space beyond ASCII, which \s does not find.
  EXPECT_THAT(score.wrong, ElementsAre(Pair("optional/ecmascript-regex.json", 8)));
}

TEST(SchemaSuite, Draft202012) {
  const Score score = score_of("draft2020-12");
  EXPECT_EQ(score.groups, 390);
  EXPECT_EQ(score.verdicts, 1292);
  EXPECT_THAT(
      score.refused,
      ElementsAre(Pair("defs.json", 1), Pair("dynamicRef.json", 19), Pair("optional/dynamicRef.json", 1),
                  Pair("optional/ecmascript-regex.json", 5), Pair("ref.json", 1),
                  Pair("unevaluatedItems.json", 1), Pair("unevaluatedProperties.json", 1)));
  EXPECT_THAT(score.wrong, ElementsAre(Pair("optional/ecmascript-regex.json", 8)));
}

}  // namespace
}  // namespace ferry
