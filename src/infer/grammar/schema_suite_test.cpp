// JSON-Schema-Test-Suite: what is admitted must be valid. What is refused, and valid texts that are not
// admitted, are counted, so that they do not become more unnoticed.

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "infer/grammar/test_grammar.h"

namespace ferry {
namespace {

struct Score {
  int groups = 0;
  int refused = 0;
  int valid = 0;
  int false_rejects = 0;
  int invalid = 0;
  int false_accepts = 0;
  std::map<std::string, int> refused_in;
  std::vector<std::string> rejected;
};

Score score_of(const std::string& draft) {
  Score score;
  const std::string path = std::string(FERRY_SOURCE_DIR) + "/tests/golden/json_schema/" + draft + ".jsonl";
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  for (std::string line; std::getline(in, line);) {
    const json::value group = parse_json(line, path, {.max_depth = 200}).value();
    const std::string name = fmt::format("{}: {}", std::string_view(group.at("file").get_string()),
                                         std::string_view(group.at("group").get_string()));
    ++score.groups;
    const auto grammar = compile_grammar(JsonSchemaSource{.schema = group.at("schema")}, byte_vocabulary());
    if (!grammar) {
      const bool no_text = grammar.error().message.find("no text satisfies") != std::string::npos;
      if (!no_text) ++score.refused_in[std::string(group.at("file").get_string())];
      if (!no_text) ++score.refused;
    }
    for (const json::value& test : group.at("tests").get_array()) {
      const std::string_view text = test.at("text").get_string();
      const std::string what =
          fmt::format("{}: {}: {}", name, std::string_view(test.at("description").get_string()), text);
      const bool accepted = grammar && accepts(*grammar, text);
      if (test.at("valid").get_bool()) {
        if (!grammar) continue;
        ++score.valid;
        if (!accepted) score.rejected.push_back(what);
        if (!accepted) ++score.false_rejects;
      } else {
        ++score.invalid;
        EXPECT_FALSE(accepted) << what;
        if (accepted) ++score.false_accepts;
      }
    }
  }
  fmt::print(
      "{}: {} groups, {} refused; of {} valid texts {} not admitted; of {} invalid texts {} admitted\n",
      draft, score.groups, score.refused, score.valid, score.false_rejects, score.invalid,
      score.false_accepts);
  if (std::getenv("FERRY_GRAMMAR_LIST") != nullptr) {
    for (const auto& [file, n] : score.refused_in) fmt::print("refused {} in {}\n", n, file);
    for (const std::string& text : score.rejected) fmt::print("not admitted: {}\n", text);
  }
  return score;
}

TEST(SchemaSuite, Draft7) {
  const Score score = score_of("draft7");
  EXPECT_LE(score.refused, 33);
  EXPECT_LE(score.false_rejects, 53);
}

TEST(SchemaSuite, Draft202012) {
  const Score score = score_of("draft2020-12");
  EXPECT_LE(score.refused, 136);
  EXPECT_LE(score.false_rejects, 78);
}

}  // namespace
}  // namespace ferry
