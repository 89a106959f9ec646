// Prompts with a gap, family by family, as the reference tokenizers encode what the models' authors wrote
// down (tests/golden/fim/make.py).

#include "infer/tokenizer/fim_prompt.h"

#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using Ids = std::vector<TokenId>;

const fs::path& golden_folder() {
  static const fs::path folder = fs::path(FERRY_SOURCE_DIR) / "tests/golden";
  return folder;
}

Ids ids_of(const json::value& value) {
  Ids ids;
  for (const json::value& id : value.as_array()) ids.push_back(static_cast<TokenId>(id.as_int64()));
  return ids;
}

std::string text_of(const json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

std::shared_ptr<const Tokenizer> with_added(std::string_view base, const json::array& added) {
  const std::string text = read_file(golden_folder() / "tokenizer" / std::string(base)).value();
  json::value document = parse_json(text, base).value();
  json::array& tokens = document.as_object().at("added_tokens").as_array();
  tokens.insert(tokens.end(), added.begin(), added.end());
  return Tokenizer::from_json(to_json(document), base).value();
}

std::vector<json::object> families() {
  std::vector<json::object> all;
  std::istringstream lines(read_file(golden_folder() / "fim/prompts.jsonl").value());
  for (std::string line; std::getline(lines, line);)
    all.push_back(parse_json(line, "prompts.jsonl").value().as_object());
  return all;
}

std::shared_ptr<const Tokenizer> family_tokenizer(const json::object& family) {
  return with_added(family.at("base").as_string(), family.at("added").as_array());
}

std::shared_ptr<const Tokenizer> family_tokenizer(std::string_view name) {
  for (const json::object& family : families()) {
    if (family.at("family").as_string() == name) return family_tokenizer(family);
  }
  ADD_FAILURE() << name;
  return nullptr;
}

FimText text_of_case(const json::object& c) {
  FimText text{.prefix = text_of(c.at("prefix")), .suffix = text_of(c.at("suffix"))};
  for (const json::value& file : c.at("files").as_array())
    text.files.push_back({text_of(file.as_array()[0]), text_of(file.as_array()[1])});
  return text;
}

TEST(FimPrompt, IsWhatEachFamilyWasTrainedOn) {
  size_t cases = 0;
  for (const json::object& family : families()) {
    SCOPED_TRACE(text_of(family.at("family")));
    const auto tokenizer = family_tokenizer(family);
    ASSERT_EQ(tokenizer->fim().missing(), "");
    for (const json::value& value : family.at("cases").as_array()) {
      const json::object& c = value.as_object();
      EXPECT_EQ(fim_prompt(*tokenizer, text_of_case(c)).tokens, ids_of(c.at("ids"))) << to_json(c);
      ++cases;
    }
  }
  EXPECT_GE(cases, 150u);
}

// Also where the model's own file does not call them special.
TEST(FimPrompt, TextOfUsersNeverBecomesOneOfTheTokens) {
  for (const json::object& family : families()) {
    SCOPED_TRACE(text_of(family.at("family")));
    const auto tokenizer = family_tokenizer(family);
    const Ids empty = fim_prompt(*tokenizer, {.prefix = "", .suffix = ""}).tokens;
    for (const json::value& value : family.at("plain").as_array()) {
      const std::string text = text_of(value.as_array()[0]);
      const Ids plain = ids_of(value.as_array()[1]);
      EXPECT_EQ(tokenizer->encode(text, {.add_special = false, .parse_special = false}), plain) << text;
      const FimPrompt prompt = fim_prompt(*tokenizer, {.prefix = text, .suffix = ""});
      EXPECT_EQ(Ids(prompt.tokens.begin() + static_cast<std::ptrdiff_t>(prompt.prefix_begin),
                    prompt.tokens.begin() + static_cast<std::ptrdiff_t>(prompt.prefix_end)),
                plain);
      EXPECT_EQ(prompt.tokens.size(), empty.size() + plain.size());
    }
  }
}

TEST(FimPrompt, TokensOfThePrefixStandAsTheyAre) {
  const auto tokenizer = family_tokenizer("glm");
  const FimPrompt text = fim_prompt(*tokenizer, {.prefix = "def f(", .suffix = ")"});
  const Ids prefix = tokenizer->encode("def f(", {.add_special = false});
  EXPECT_EQ(fim_prompt(*tokenizer, {.prefix = prefix, .suffix = ")"}).tokens, text.tokens);
  // The model's own beginning, unless it is not wanted; never what ends a text.
  const Ids bare = fim_prompt(*tokenizer, {.prefix = prefix, .suffix = ")"}, {.add_special = false}).tokens;
  EXPECT_EQ(text.tokens.size(), bare.size() + 1);
  EXPECT_EQ(text.tokens.front(), tokenizer->leading_tokens().front());
  EXPECT_EQ(text.tokens.back(), tokenizer->fim().middle);
}

TEST(FimPrompt, TrimsFilesFirstAndThenWhatIsFarthestFromTheGap) {
  const auto tokenizer = family_tokenizer("granite");  // a token for each digit
  const FimTokens& fim = tokenizer->fim();
  const auto encode = [&](std::string_view text) {
    return tokenizer->encode(text, {.add_special = false, .parse_special = false});
  };
  FimText text{.prefix = "0123456789", .suffix = "9876543210", .files = {{"a", "first"}, {"b", "last"}}};
  const size_t plain = fim_prompt(*tokenizer, {.prefix = text.prefix, .suffix = text.suffix}).tokens.size();
  const Ids whole = fim_prompt(*tokenizer, text).tokens;
  const auto most = [&](size_t tokens) {
    return fim_prompt(*tokenizer, text, {.most_tokens = tokens}).tokens;
  };
  EXPECT_EQ(most(whole.size()), whole);
  Ids without_first = encode("\n\n--- b ---\n\nlast");
  const size_t last_size = without_first.size();
  const Ids bare = fim_prompt(*tokenizer, {.prefix = text.prefix, .suffix = text.suffix}).tokens;
  without_first.insert(without_first.end(), bare.begin(), bare.end());
  EXPECT_EQ(most(whole.size() - 1), without_first);
  EXPECT_EQ(most(plain + last_size - 1), bare);
  // Room for eight: six of the prefix' end and two of the suffix' beginning.
  const Ids prefix = encode("0123456789");
  const Ids suffix = encode("9876543210");
  ASSERT_EQ(prefix.size(), 10u);
  ASSERT_EQ(suffix.size(), 10u);
  Ids trimmed{*fim.prefix};
  trimmed.insert(trimmed.end(), prefix.end() - 6, prefix.end());
  trimmed.push_back(*fim.suffix);
  trimmed.insert(trimmed.end(), suffix.begin(), suffix.begin() + 2);
  trimmed.push_back(*fim.middle);
  EXPECT_EQ(most(11), trimmed);
  // What one does not need is the other's.
  text.prefix = "0";
  EXPECT_EQ(most(11).size(), 11u);
  text.suffix = "";
  text.prefix = "0123456789";
  EXPECT_EQ(most(11).size(), 11u);
  // Never less than the tokens that make it a prompt.
  EXPECT_THAT(most(0), ElementsAre(*fim.prefix, *fim.suffix, *fim.middle));
}

TEST(FimTokens, EndAMiddle) {
  const auto tokenizer = family_tokenizer("qwen");
  std::vector<std::string_view> ends;
  for (const TokenId id : tokenizer->fim().ends) ends.push_back(tokenizer->token_text(id));
  EXPECT_THAT(
      ends, testing::UnorderedElementsAre("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>",
                                          "<|repo_name|>", "<|file_sep|>", "<|endoftext|>"));
  const auto llama = family_tokenizer("codellama");
  EXPECT_THAT(llama->fim().ends, testing::Contains(*llama->find("▁<EOT>")));
}

TEST(FimTokens, NamesWhatIsMissing) {
  const auto tokenizer = with_added("gpt2.json", {});
  EXPECT_EQ(tokenizer->fim().missing(), "prefix, suffix and middle");
  EXPECT_FALSE(tokenizer->fim().usable());
  EXPECT_THAT(tokenizer->fim().ends, IsEmpty());
  const json::value some = parse_json(R"([{"id":900,"content":"<fim_prefix>","special":true},
                                          {"id":901,"content":"<fim_suffix>","special":true}])",
                                      "some")
                               .value();
  EXPECT_EQ(with_added("gpt2.json", some.as_array())->fim().missing(), "middle");
  // Words that are no added tokens do not count: they can stand in any text.
  const auto words = Tokenizer::from_json(
      R"({"model":{"type":"BPE","vocab":{"<fim_prefix>":0,"<fim_suffix>":1,"<fim_middle>":2},"merges":[]}})",
      "words");
  EXPECT_FALSE((*words)->fim().usable());
}

TEST(EncodeOptions, ATextThatContinuesHasNothingPutBeforeIt) {
  for (const char* name : {"llama2.json", "metaspace_first.json", "metaspace_always.json", "roberta.json"}) {
    SCOPED_TRACE(name);
    const auto tokenizer = with_added(name, {});
    const auto encode = [&](const std::string& text, bool continues) {
      return tokenizer->encode(text, {.add_special = false, .parse_special = false, .continues = continues});
    };
    EXPECT_NE(encode("fox", true), encode("fox", false));
    EXPECT_EQ(encode(" fox", true), encode("fox", false));
    EXPECT_THAT(encode("", true), IsEmpty());
    std::string spelled;
    for (const TokenId id : encode("fox", true)) spelled += tokenizer->token_bytes(id);
    EXPECT_EQ(spelled, "fox");
  }
}

// Real ones, as llama.cpp has them.
TEST(FimPrompt, WithStarCoder2sVocabulary) {
  const fs::path path = fs::path(FERRY_DATA_DIR) / "vocabs/ggml-vocab-starcoder.gguf";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Tokenizer::open(path).value();
  const FimPrompt prompt =
      fim_prompt(*tokenizer, {.prefix = "def add(a, b):\n    ", .suffix = "\n\nprint(add(1, 2))\n"});
  EXPECT_EQ(tokenizer->decode(prompt.tokens, false),
            "<fim_prefix>def add(a, b):\n    <fim_suffix>\n\nprint(add(1, 2))\n<fim_middle>");
  EXPECT_EQ(prompt.tokens.front(), tokenizer->find("<fim_prefix>"));
  EXPECT_EQ(tokenizer->encode(tokenizer->decode(prompt.tokens, false), {.add_special = false}),
            prompt.tokens);
  const FimPrompt files = fim_prompt(*tokenizer, {.prefix = "x", .suffix = "", .files = {{"a.py", "y"}}});
  EXPECT_EQ(tokenizer->decode(files.tokens, false),
            "<repo_name>myproject<file_sep>a.py\ny<file_sep><fim_prefix>x<fim_suffix><fim_middle>");
  for (const char* other :
       {"gpt-2", "llama-bpe", "llama-spm", "phi-3", "qwen2", "deepseek-llm", "bert-bge"}) {
    const auto vocab =
        Tokenizer::open(fs::path(FERRY_DATA_DIR) / fmt::format("vocabs/ggml-vocab-{}.gguf", other)).value();
    EXPECT_EQ(vocab->fim().missing(), "prefix, suffix and middle") << other;
  }
}

}  // namespace
}  // namespace ferry
