#include "infer/formats/gguf.h"

#include <filesystem>

#include <gmock/gmock.h>

namespace ferry {
namespace {

using testing::HasSubstr;

const std::filesystem::path kVocabs = std::filesystem::path(FERRY_DATA_DIR) / "vocabs";

TEST(GgufRealFiles, OpenAndGiveTheirVocabulary) {
  if (!std::filesystem::exists(kVocabs)) GTEST_SKIP() << "no real vocabularies in " << kVocabs;
  const auto file = GgufFile::open(kVocabs / "ggml-vocab-llama-bpe.gguf");
  ASSERT_TRUE(file) << file.error().message;
  const GgufFile& llama = **file;
  EXPECT_EQ(llama.require<std::string_view>("general.architecture").value(), "llama");
  EXPECT_EQ(llama.require<int64_t>("llama.block_count").value(), 32);
  const auto tokens = llama.require<std::vector<std::string_view>>("tokenizer.ggml.tokens").value();
  ASSERT_EQ(tokens.size(), 128256u);
  EXPECT_EQ(tokens[0], "!");
  EXPECT_EQ(tokens[128000], "<|begin_of_text|>");
  EXPECT_EQ(llama.require<std::vector<int64_t>>("tokenizer.ggml.token_type").value()[128000], 3);
  EXPECT_TRUE(llama.tensors().empty());
}

TEST(GgufRealFiles, EveryVocabularyOpens) {
  if (!std::filesystem::exists(kVocabs)) GTEST_SKIP() << "no real vocabularies in " << kVocabs;
  for (const auto& entry : std::filesystem::directory_iterator(kVocabs)) {
    if (entry.path().extension() != ".gguf") continue;
    const auto file = GgufFile::open(entry.path());
    ASSERT_TRUE(file) << file.error().message;
    for (const GgufEntry& e : (*file)->metadata()) {
      EXPECT_FALSE(gguf_value_text(e).empty()) << e.key;
    }
  }
}

}  // namespace
}  // namespace ferry
