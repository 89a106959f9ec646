// The local provider with the encoders' goldens: requests for vectors and scores, and what is refused.

#include "serve/providers/local_embedding.h"

#include <future>

#include <gmock/gmock.h>

#include "infer/embed/pooling.h"
#include "serve/providers/local.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LocalEmbedding : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    host_ = std::make_unique<Host>();
    for (const char* name : {"bert_mean", "bert_rank"}) {
      LocalModel source;
      source.name = name;
      source.path = fs::path(FERRY_SOURCE_DIR) / "tests/golden/encoder" / name;
      HostSettings settings;
      settings.engine.arithmetic = "f32";
      auto model = load_model(source, settings);
      ASSERT_TRUE(model) << model.error().message;
      host_->add(*model);
    }
    provider_ = make_local_provider(*host_);
  }
  static void TearDownTestSuite() {
    provider_.reset();
    host_.reset();
  }

  static ApiResult<EmbeddingResult> embed(EmbeddingRequest request) {
    std::promise<ApiResult<EmbeddingResult>> promise;
    provider_->embed(std::move(request), [&](auto result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  static ApiResult<ScoreResult> score(ScoreRequest request) {
    std::promise<ApiResult<ScoreResult>> promise;
    provider_->score(std::move(request), [&](auto result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  static EmbeddingRequest of(std::vector<Prompt> inputs, const char* model = "bert_mean") {
    EmbeddingRequest request;
    request.model = model;
    request.inputs = std::move(inputs);
    return request;
  }
  static ScoreRequest pairs(const char* model, std::vector<std::string> first,
                            std::vector<std::string> second) {
    ScoreRequest request;
    request.model = model;
    request.first = std::move(first);
    request.second = std::move(second);
    request.first_field = "query";
    request.second_field = "documents";
    return request;
  }
  template <class T>
  static void expect_refused(const ApiResult<T>& result, const char* param, const char* message) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().param, param);
    EXPECT_THAT(result.error().error.message, HasSubstr(message));
  }

  static std::unique_ptr<Host> host_;
  static std::unique_ptr<Provider> provider_;
};
std::unique_ptr<Host> LocalEmbedding::host_;
std::unique_ptr<Provider> LocalEmbedding::provider_;

TEST_F(LocalEmbedding, ATextIsWhatItsTokensAre) {
  const auto tokens = host_->find("bert_mean")->tokenizer->encode("the ferry");
  const EmbeddingResult result = embed(of({"the ferry", tokens})).value();
  ASSERT_EQ(result.vectors.size(), 2u);
  EXPECT_EQ(result.vectors[0], result.vectors[1]);
  EXPECT_EQ(result.prompt_tokens, 2 * std::ssize(tokens));
  EmbeddingRequest bare = of({"the ferry"});
  bare.add_special_tokens = false;
  EXPECT_EQ(embed(bare).value().prompt_tokens, std::ssize(tokens) - 2);
}

TEST_F(LocalEmbedding, WhatATextSpellsAsASpecialTokenIsPlainText) {
  const auto special = host_->find("bert_mean")->tokenizer->find("[SEP]").value();
  EXPECT_NE(embed(of({"boat [SEP] boat"})).value().vectors,
            embed(of({std::vector<TokenId>{2, 100, special, 100, 3}})).value().vectors);
  EXPECT_GT(embed(of({"[SEP]"})).value().prompt_tokens, 3);
}

TEST_F(LocalEmbedding, TooLongIsRefusedOrCutWhereTheRequestSaysSo) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "boat ";
  EmbeddingRequest request = of({"boat", text});
  expect_refused(embed(request), "input", "input[1] has 402 tokens, but the model takes 280");
  EXPECT_EQ(embed(request).error().reason, "context_length_exceeded");
  request.truncate = -1;
  EXPECT_EQ(embed(request).value().prompt_tokens, 3 + 280);
  request.truncate = 10;
  EXPECT_EQ(embed(request).value().prompt_tokens, 3 + 10);
  EXPECT_EQ(embed(request).value().vectors[1],
            embed(of({"boat boat boat boat boat boat boat boat"})).value().vectors[0]);
  request.truncate = 281;
  expect_refused(embed(request), "truncate_prompt_tokens", "280");
  EmbeddingRequest tokens = of({std::vector<TokenId>(400, 5)});
  expect_refused(embed(tokens), "input", "400 tokens");
  tokens.truncate = 7;
  EXPECT_EQ(embed(tokens).value().prompt_tokens, 7);
}

TEST_F(LocalEmbedding, DimensionsAreTheModelsOwn) {
  EmbeddingRequest request = of({"boat"});
  request.dimensions = 64;
  EXPECT_EQ(embed(request).value().vectors[0].size(), 64u);
  request.dimensions = 32;
  expect_refused(embed(request), "dimensions", "64 only");
}

TEST_F(LocalEmbedding, ModelsDoWhatTheyAreFor) {
  expect_refused(embed(of({"boat"}, "bert_rank")), "model", "/v1/rerank");
  expect_refused(embed(of({"boat"}, "none")), "model", "not served");
  expect_refused(embed(of({std::vector<TokenId>{110}})), "input", "vocabulary ends at 109");
  GenerationRequest chat;
  chat.model = "bert_mean";
  chat.prompts.emplace_back("boat");
  std::promise<ApiError> refused;
  provider_->generate(chat, {.started = [] { FAIL(); },
                             .delta = [](GenerationDelta) { FAIL(); },
                             .finished = [](Usage) { FAIL(); },
                             .failed = [&](ApiError error) { refused.set_value(std::move(error)); }});
  const ApiError error = refused.get_future().get();
  EXPECT_EQ(error.param, "model");
  EXPECT_THAT(error.error.message, HasSubstr("/v1/embeddings"));
}

TEST_F(LocalEmbedding, ScoresOfABiEncoderAreCosines) {
  const ScoreResult result = score(pairs("bert_mean", {"the ferry"}, {"the ferry", "invoice"})).value();
  const EmbedVectors vectors = embed(of({"the ferry", "invoice"})).value().vectors;
  EXPECT_NEAR(result.scores[0], 1, 1e-6);
  EXPECT_NEAR(result.scores[1], cosine(vectors[0], vectors[1]), 1e-6);
  EXPECT_LT(result.scores[1], 0.999);
  const ScoreResult each = score(pairs("bert_mean", {"the ferry", "boat"}, {"boat", "boat"})).value();
  EXPECT_NEAR(each.scores[1], 1, 1e-6);
}

TEST_F(LocalEmbedding, ScoresOfACrossEncoderAreItsLabels) {
  const ScoreRequest request = pairs("bert_rank", {"boat"}, {"invoice", "When does the boat leave?"});
  const ScoreResult result = score(request).value();
  ASSERT_EQ(result.scores.size(), 2u);
  EXPECT_NE(result.scores[0], result.scores[1]);
  EXPECT_EQ(score(pairs("bert_rank", {"boat"}, {"invoice"})).value().scores[0], result.scores[0]);
  std::string text;
  for (int i = 0; i < 400; ++i) text += "boat ";
  ScoreRequest too_long = pairs("bert_rank", {"boat"}, {"boat", text});
  expect_refused(score(too_long), "documents", "documents[1] has 404 tokens");
  too_long.truncate = -1;
  EXPECT_TRUE(score(too_long));
}

}  // namespace
}  // namespace ferry
