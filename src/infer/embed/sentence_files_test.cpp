#include "infer/embed/sentence_files.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/core/file.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("ferry_sentence_files_{}", getpid());
    fs::create_directories(folder_ / "1_Pooling");
    write("modules.json", R"([{"type": "sentence_transformers.models.Transformer", "path": ""},
                              {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}])");
    write("1_Pooling/config.json", R"({"word_embedding_dimension": 8, "pooling_mode_cls_token": true,
                                       "pooling_mode_mean_tokens": false})");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const char* name, std::string_view text) {
    ASSERT_TRUE(write_file_atomic(folder_ / name, text));
  }
  SentenceFiles read() const {
    auto files = read_sentence_files(folder_);
    EXPECT_TRUE(files) << files.error().message;
    return files.value_or(SentenceFiles{});
  }
  std::string error() const {
    const auto files = read_sentence_files(folder_);
    EXPECT_FALSE(files);
    return files ? "" : files.error().message;
  }

  fs::path folder_;
};

TEST_F(Files, SayThePoolingTheLengthAndWhetherVectorsAreNormalised) {
  write("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": false})");
  const SentenceFiles files = read();
  EXPECT_TRUE(files.present);
  EXPECT_EQ(files.pooling, Pooling::cls);
  EXPECT_FALSE(files.normalize);
  EXPECT_EQ(files.max_tokens, 256);
}

TEST_F(Files, AlsoInTheNewerSpelling) {
  write("modules.json", R"([{"type": "sentence_transformers.base.modules.Transformer", "path": ""},
                            {"type": "sentence_transformers.sentence_transformer.modules.Pooling", "path": "1_Pooling"},
                            {"type": "sentence_transformers.sentence_transformer.modules.Normalize", "path": ""}])");
  write("1_Pooling/config.json", R"({"pooling_mode": "lasttoken"})");
  const SentenceFiles files = read();
  EXPECT_EQ(files.pooling, Pooling::last);
  EXPECT_TRUE(files.normalize);
  EXPECT_EQ(files.max_tokens, 0);
}

TEST_F(Files, WithoutThemVectorsAreMeansOfLengthOne) {
  fs::remove(folder_ / "modules.json");
  const SentenceFiles files = read();
  EXPECT_FALSE(files.present);
  EXPECT_EQ(files.pooling, Pooling::mean);
  EXPECT_TRUE(files.normalize);
}

TEST_F(Files, NameThePromptAndTheLengthsToCutTo) {
  write("config_sentence_transformers.json",
        R"({"prompts": {"query": "query: ", "document": "passage: "}, "default_prompt_name": "document"})");
  write("config.json", R"({"matryoshka_dimensions": [4, 2]})");
  EXPECT_EQ(read().prompt, "passage: ");
  EXPECT_THAT(read().dimensions, ElementsAre(4, 2));
  EXPECT_FALSE(read().any_dimensions);
  write("config.json", R"({"is_matryoshka": true})");
  EXPECT_TRUE(read().any_dimensions);
}

TEST_F(Files, LeaveTheLengthToTheTokenizerWhereTheyDoNotSayIt) {
  write("tokenizer_config.json", R"({"model_max_length": 300})");
  EXPECT_EQ(read().max_tokens, 300);
  write("sentence_bert_config.json", R"({"max_seq_length": null})");
  EXPECT_EQ(read().max_tokens, 300);
  write("sentence_bert_config.json", R"({"max_seq_length": 256})");
  EXPECT_EQ(read().max_tokens, 256);
  write("sentence_bert_config.json", "{}");
  write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(read().max_tokens, 0);
}

TEST_F(Files, SayWhatBecomesOfALogit) {
  EXPECT_EQ(read().sigmoid, std::nullopt);
  write("config.json", R"({"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"})");
  EXPECT_EQ(read().sigmoid, false);
  write("config.json", R"({"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity",
                           "sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}})");
  EXPECT_EQ(read().sigmoid, true);
  write("config_sentence_transformers.json", R"({"activation_fn": "torch.nn.modules.linear.Identity"})");
  EXPECT_EQ(read().sigmoid, false);
  write("config_sentence_transformers.json", R"({"activation_fn": "torch.nn.modules.activation.Tanh"})");
  EXPECT_THAT(error(), HasSubstr("Tanh"));
}

TEST_F(Files, WhatWouldMakeOtherVectorsIsRefusedByName) {
  write("1_Pooling/config.json", R"({"pooling_mode": "mean", "include_prompt": false})");
  EXPECT_EQ(read().pooling, Pooling::mean);  // there is no prompt
  write("config_sentence_transformers.json", R"({"prompts": {"q": "query: "}, "default_prompt_name": "q"})");
  EXPECT_THAT(error(), HasSubstr("include_prompt"));
  write("1_Pooling/config.json", R"({"pooling_mode_max_tokens": true})");
  EXPECT_THAT(error(), HasSubstr("\"max_tokens\""));
  write("1_Pooling/config.json", R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true})");
  EXPECT_THAT(error(), HasSubstr("2 pooling modes"));
  write("modules.json", R"([{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}])");
  EXPECT_THAT(error(), HasSubstr("\"Dense\""));
  write("modules.json", R"([{"type": "sentence_transformers.models.Transformer", "path": ""}])");
  write("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": true})");
  EXPECT_THAT(error(), HasSubstr("do_lower_case"));
}

TEST_F(Files, ThatAreWrongAreErrorsAndNoWayOutOfTheFolder) {
  for (const char* modules : {"{}", "[1]", "[{}]", R"([{"type": 1, "path": ""}])", "["}) {
    write("modules.json", modules);
    EXPECT_THAT(error(), HasSubstr("modules.json")) << modules;
  }
  for (const char* path : {"../1_Pooling", "/etc", "1_Pooling/../../x"}) {
    write("modules.json", fmt::format(R"([{{"type": "x.Pooling", "path": "{}"}}])", path));
    EXPECT_THAT(error(), HasSubstr("leads out")) << path;
  }
  write("modules.json", R"([{"type": "x.Transformer", "path": ""}])");
  write("sentence_bert_config.json", R"({"max_seq_length": 0})");
  EXPECT_THAT(error(), HasSubstr("max_seq_length"));
  write("sentence_bert_config.json", "{}");
  write("config_sentence_transformers.json", R"({"prompts": {}, "default_prompt_name": "query"})");
  EXPECT_THAT(error(), HasSubstr("query"));
}

}  // namespace
}  // namespace ferry
