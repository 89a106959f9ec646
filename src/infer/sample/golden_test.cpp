// Adjustments and truncation against transformers' processors (tests/golden/sample).

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"
#include "infer/sample/adjustments.h"
#include "infer/sample/candidates.h"

namespace ferry {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

json::value golden(const std::string& name) {
  const std::string path = std::string(FERRY_SOURCE_DIR) + "/tests/golden/sample/" + name;
  return parse_json(read_file(path).value(), name).value();
}

float number(const json::value& value) {
  return value.is_null() ? kNever : static_cast<float>(value.to_number<double>());
}

float number_or(const json::object& object, std::string_view name, float otherwise) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? otherwise : number(*value);
}

std::vector<float> numbers(const json::value& list) {
  std::vector<float> out;
  for (const json::value& value : list.as_array()) out.push_back(number(value));
  return out;
}

std::vector<TokenId> tokens(const json::object& object, std::string_view name) {
  std::vector<TokenId> out;
  const json::value* list = object.if_contains(name);
  if (list == nullptr) return out;
  for (const json::value& value : list->as_array()) out.push_back(value.to_number<TokenId>());
  return out;
}

std::vector<float> row_of(const json::value& file, const json::object& golden_case) {
  return numbers(file.at("rows").at(golden_case.at("row").as_string()));
}

AdjustmentParams adjustments_of(const json::object& asked) {
  AdjustmentParams params;
  params.presence_penalty = number_or(asked, "presence_penalty", 0);
  params.frequency_penalty = number_or(asked, "frequency_penalty", 0);
  params.repetition_penalty = number_or(asked, "repetition_penalty", 1);
  params.allowed = tokens(asked, "allowed_token_ids");
  if (const json::value* bias = asked.if_contains("logit_bias")) {
    for (const json::value& pair : bias->as_array()) {
      params.logit_bias.emplace_back(pair.at(0).to_number<TokenId>(), number(pair.at(1)));
    }
  }
  if (const json::value* words = asked.if_contains("bad_words")) {
    for (const json::value& word : words->as_array()) {
      params.bad_words.push_back(tokens({{"word", word}}, "word"));
    }
  }
  return params;
}

TEST(SampleGolden, AdjustmentsAreThoseOfTransformers) {
  const json::value file = golden("adjustments.json");
  for (const json::value& item : file.at("cases").as_array()) {
    const json::object& asked = item.as_object();
    SCOPED_TRACE(to_json(item).substr(0, 200));
    std::vector<float> logits = row_of(file, asked);
    std::vector<float> expected = logits;
    if (asked.contains("allowed_token_ids")) {
      expected.assign(logits.size(), kNever);
      for (const TokenId token : tokens(asked, "allowed_token_ids")) {
        expected[static_cast<size_t>(token)] = logits[static_cast<size_t>(token)];
      }
    }
    for (const json::value& change : asked.at("changed").as_array()) {
      expected[change.at(0).to_number<size_t>()] = number(change.at(1));
    }

    const std::vector<TokenId> answer = tokens(asked, "answer");
    Adjustments adjustments(adjustments_of(asked), tokens(asked, "prompt"));
    for (const TokenId token : answer) adjustments.accept(token);
    const bool too_early = number_or(asked, "min_tokens", 0) > static_cast<float>(answer.size());
    const std::vector<float> before = logits;
    adjustments.apply(logits, too_early ? tokens(asked, "end_tokens") : std::vector<TokenId>());
    for (size_t i = 0; i < logits.size(); ++i) {
      if (expected[i] == kNever) {
        EXPECT_EQ(logits[i], kNever) << i;
      } else {
        EXPECT_NEAR(logits[i], expected[i], 1e-5) << i;
        EXPECT_EQ(adjustments.original(logits, static_cast<TokenId>(i)), before[i]) << i;
      }
    }
  }
}

// The draw inverts the cumulative distribution in the order of ids: numbers just inside a token's part of
// [0, 1) must give that token. So each part's place and size are checked, and with them the truncation.
TEST(SampleGolden, TruncationIsThatOfTransformers) {
  constexpr double kMargin = 2e-6;
  const json::value file = golden("truncation.json");
  Candidates candidates;
  LogitRow row;
  for (const json::value& item : file.at("cases").as_array()) {
    const json::object& asked = item.as_object();
    SCOPED_TRACE(to_json(item).substr(0, 120));
    const std::vector<float> logits = row_of(file, asked);
    row.read(logits);
    candidates.choose(row, {.temperature = number_or(asked, "temperature", 1),
                            .top_p = number_or(asked, "top_p", 1),
                            .top_k = static_cast<int32_t>(number_or(asked, "top_k", 0)),
                            .min_p = number_or(asked, "min_p", 0),
                            .typical_p = number_or(asked, "typical_p", 1)});
    double before = 0;
    int checked = 0;
    for (const json::value& left : asked.at("left").as_array()) {
      const auto token = left.at(0).to_number<TokenId>();
      const double probability = left.at(1).to_number<double>();
      if (probability > 3 * kMargin) {
        EXPECT_EQ(candidates.draw(row, before + kMargin), token);
        EXPECT_EQ(candidates.draw(row, before + probability - kMargin), token);
        ++checked;
      }
      before += probability;
    }
    EXPECT_GE(checked, 1);
    EXPECT_NEAR(before, 1, 1e-6);
  }
}

}  // namespace
}  // namespace ferry
