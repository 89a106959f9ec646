// The vocabularies of real models (not part of the repository): IDs as their authors' tokenizers give them.

#include <charconv>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {
namespace {

std::vector<std::string> split(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<TokenId> parse_ids(const std::string& line) {
  std::vector<TokenId> ids;
  for (const std::string& word : split(line, " ")) {
    TokenId id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error == std::errc()) ids.push_back(id);
  }
  return ids;
}

class RealVocab : public testing::TestWithParam<const char*> {};

TEST_P(RealVocab, GivesTheExpectedIds) {
  const auto path =
      std::filesystem::path(FERRY_DATA_DIR) / "vocabs" / fmt::format("ggml-vocab-{}.gguf", GetParam());
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Tokenizer::open(path);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const auto items = split(read_file(path.string() + ".inp").value(), "\n__ggml_vocab_test__\n");
  const auto expected = split(read_file(path.string() + ".out").value(), "\n");
  ASSERT_GE(expected.size(), items.size());
  ASSERT_GT(items.size(), 40u);
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ((*tokenizer)->encode(items[i], {.add_special = false}), parse_ids(expected[i])) << items[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Gguf, RealVocab,
                         testing::Values("bert-bge", "deepseek-llm", "gpt-2", "llama-bpe", "llama-spm",
                                         "phi-3", "qwen2", "starcoder"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace ferry
