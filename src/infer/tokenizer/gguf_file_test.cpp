#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "infer/formats/gguf_writer.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {
namespace {

using testing::HasSubstr;

// A vocabulary of SentencePiece's kind, as a file; each test spoils one thing.
struct Vocabulary {
  std::string model = "llama";
  std::vector<std::string_view> tokens{"<unk>", "a", "b", "ab"};
  std::vector<int32_t> types{2, 1, 1, 1};
  std::vector<float> scores{0, -1, -2, -3};
  std::vector<std::string_view> merges{};
  uint32_t unknown = 0;
  std::vector<std::pair<std::string, uint32_t>> keys{};  // tokenizer.ggml.*_token_id

  Result<std::shared_ptr<const Tokenizer>> load() const {
    GgufWriter writer;
    writer.add_string("general.architecture", "llama");
    writer.add_string("tokenizer.ggml.model", model);
    writer.add_strings("tokenizer.ggml.tokens", tokens);
    writer.add_int32s("tokenizer.ggml.token_type", types);
    writer.add_float32s("tokenizer.ggml.scores", scores);
    if (!merges.empty()) writer.add_strings("tokenizer.ggml.merges", merges);
    writer.add_uint32("tokenizer.ggml.unknown_token_id", unknown);
    for (const auto& [name, id] : keys)
      writer.add_uint32(fmt::format("tokenizer.ggml.{}_token_id", name), id);
    writer.add_bool("tokenizer.ggml.add_space_prefix", false);
    writer.add_bool("tokenizer.ggml.add_bos_token", false);
    const auto path = std::filesystem::path(testing::TempDir()) / "ferry_gguf_vocabulary.gguf";
    if (auto written = writer.write(path); !written) return tl::unexpected(written.error());
    return Tokenizer::open(path);
  }
};

void expect_error(const Vocabulary& vocabulary, std::string_view part) {
  const auto tokenizer = vocabulary.load();
  ASSERT_FALSE(tokenizer);
  EXPECT_THAT(tokenizer.error().message, HasSubstr(std::string(part)));
  EXPECT_THAT(tokenizer.error().message, HasSubstr("ferry_gguf_vocabulary.gguf"));
}

TEST(GgufTokenizer, LoadsWhatTheOthersSpoil) {
  const auto tokenizer = Vocabulary{}.load();
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_THAT((*tokenizer)->encode("aab"), testing::ElementsAre(1, 3));
}

TEST(GgufTokenizer, CountsMustAgree) {
  expect_error({.types = {2, 1, 1}}, "4 tokens, but 3 token types");
  expect_error({.scores = {0, -1}}, "4 tokens, but 2 scores");
}

TEST(GgufTokenizer, TokensThatAreNotThere) {
  expect_error({.unknown = 4}, "tokenizer.ggml.unknown_token_id is 4, but there are 4 tokens");
  expect_error({.model = "gpt2", .merges = {"a c"}}, "merge 0 (\"a c\") names a token that is not in");
  expect_error({.model = "gpt2", .merges = {"a b", "ab"}}, "merge 1 (\"ab\") is not two tokens");
}

// Each pair of halves would be looked up: a file of one megabyte could keep a core busy for minutes.
TEST(GgufTokenizer, TokensHaveALengthThatTheyCanHave) {
  const std::string longest(4096, 'a');
  EXPECT_TRUE((Vocabulary{.tokens = {"<unk>", longest, "b", "ab"}}).load());
  const std::string longer(4097, 'a');
  expect_error({.tokens = {"<unk>", longer, "b", "ab"}}, "token 1 has 4097 bytes");
}

// CodeLlama's files have its tokens for fill-in-the-middle as ordinary words, made by merges like others.
TEST(GgufTokenizer, TextDoesNotBecomeATokenOfFillInTheMiddle) {
  Vocabulary vocabulary{
      .tokens = {"<unk>", "\u2581", "<", "P", ">", "\u2581<", "\u2581<PRE", "\u2581<PRE>", "\u2581<SUF>",
                 "\u2581<MID>", "R", "E", "\u2581<EOT>", "\u2581<P", "\u2581<PR"},
      .types = {2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
      .scores = {0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14}};
  const auto tokenizer = vocabulary.load().value();
  const FimTokens& fim = tokenizer->fim();
  EXPECT_EQ(fim.prefix, 7);
  EXPECT_EQ(fim.suffix, 8);
  EXPECT_EQ(fim.middle, 9);
  EXPECT_THAT(fim.ends, testing::ElementsAre(7, 8, 9, 12));
  EXPECT_THAT(tokenizer->encode(" <PRE>", {.parse_special = false}), testing::ElementsAre(6, 4));
  // Without the others it is a word like any.
  vocabulary.tokens[9] = "m";
  const auto word = vocabulary.load().value();
  EXPECT_EQ(word->fim().missing(), "prefix, suffix and middle");
  EXPECT_THAT(word->encode(" <PRE>", {.parse_special = false}), testing::ElementsAre(7));
}

TEST(GgufTokenizer, KeysNameTheTokensOfFillInTheMiddle) {
  Vocabulary vocabulary{.tokens = {"<unk>", "a", "b", "ab", "aa", "bb"},
                        .types = {2, 1, 1, 1, 1, 1},
                        .scores = {0, -1, -2, -3, -4, -5},
                        .keys = {{"prefix", 3}, {"suffix", 4}}};
  EXPECT_EQ(vocabulary.load().value()->fim().missing(), "middle");
  vocabulary.keys = {{"prefix", 1}, {"fim_pre", 3}, {"fim_suf", 4}, {"fim_mid", 5}, {"fim_sep", 0}};
  const auto tokenizer = vocabulary.load().value();
  const FimTokens& fim = tokenizer->fim();
  EXPECT_TRUE(fim.usable());
  EXPECT_EQ(fim.prefix, 3);
  EXPECT_EQ(fim.suffix, 4);
  EXPECT_EQ(fim.middle, 5);
  EXPECT_EQ(fim.files, FimTokens::Files::separated);
  EXPECT_THAT(tokenizer->encode("abaabb", {.parse_special = false}), testing::ElementsAre(1, 2, 1, 1, 2, 2));
  expect_error({.keys = {{"fim_mid", 4}}}, "tokenizer.ggml.fim_mid_token_id is 4, but there are 4 tokens");
}

TEST(GgufTokenizer, ModelsThatItDoesNotKnow) {
  expect_error({.model = "t5"},
               "tokenizer.ggml.model \"t5\" is not supported, only gpt2, llama and bert are");
}

}  // namespace
}  // namespace ferry
