#include "infer/draft/vocabulary_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::HasSubstr;

// Its tokens, from 0 on; "" is a hole.
std::shared_ptr<const Tokenizer> tokenizer(const std::vector<std::string>& tokens) {
  std::string vocab;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].empty()) vocab += fmt::format("{}\"{}\":{}", vocab.empty() ? "" : ",", tokens[i], i);
  }
  const std::string text = R"({"model":{"type":"BPE","merges":[],"vocab":{)" + vocab + "}}}";
  return Tokenizer::from_json(text, "test").value();
}

TEST(VocabularyMatch, TheSameTokensMatch) {
  EXPECT_TRUE(check_same_vocabulary(*tokenizer({"a", "b"}), "big", *tokenizer({"a", "b"}), "small"));
}

TEST(VocabularyMatch, EndsAndHolesMayDiffer) {
  const auto model = tokenizer({"a", "b", "", "c"});
  EXPECT_TRUE(check_same_vocabulary(*model, "big", *tokenizer({"a", "b"}), "small"));
  EXPECT_TRUE(check_same_vocabulary(*model, "big", *tokenizer({"a", "b", "unused", "c", "pad"}), "small"));
}

TEST(VocabularyMatch, NamesTheFirstTokenThatDiffers) {
  const auto differs = check_same_vocabulary(*tokenizer({"a", "b", "c", "d"}), "big",
                                             *tokenizer({"a", "b", "x", "y"}), "small");
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(differs.error().message,
              HasSubstr("small cannot draft for big: token 2 is \"x\" there and \"c\""));
}

}  // namespace
}  // namespace ferry
