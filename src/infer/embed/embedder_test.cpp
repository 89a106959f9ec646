// Texts' vectors and pairs' scores are those of transformers with sentence-transformers' pooling, and nobody
// has to wait for ever.

#include "infer/embed/embedder.h"

#include <condition_variable>
#include <future>

#include <gmock/gmock.h>

#include "infer/embed/pooling.h"
#include "infer/model/test_checkpoint.h"
#include "infer/model/test_encoders.h"

namespace ferry {
namespace {

using testing::HasSubstr;

struct Loaded {
  std::shared_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Embedder> embedder;
};

Loaded load(const std::filesystem::path& path, EngineSettings engine = {}, EmbedSettings settings = {}) {
  Loaded loaded;
  loaded.tokenizer = Tokenizer::open(path).value();
  auto embedder = Embedder::load(path, *loaded.tokenizer, engine, settings);
  EXPECT_TRUE(embedder) << embedder.error().message;
  loaded.embedder = std::move(embedder).value();
  return loaded;
}

EngineSettings exact() {
  EngineSettings settings;
  settings.threads = 2;
  settings.arithmetic = "f32";
  settings.kv_type = "f32";
  return settings;
}

Result<EmbedVectors> embed(Embedder& embedder, std::vector<EmbedInput> inputs) {
  std::promise<Result<EmbedVectors>> promise;
  const auto submitted = embedder.submit(
      std::move(inputs), [&](Result<EmbedVectors> vectors) { promise.set_value(std::move(vectors)); });
  if (!submitted) return tl::unexpected(submitted.error());
  return promise.get_future().get();
}

std::vector<float> floats_of(const json::value& list) {
  std::vector<float> out;
  for (const json::value& item : list.as_array()) out.push_back(item.to_number<float>());
  return out;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
  return worst;
}

class Texts : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Goldens, Texts,
                         testing::Values("bert_mean", "bert_cls", "roberta_mean", "distilbert_mean",
                                         "qwen3_last"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Texts, EmbeddingsAreThoseOfTheReference) {
  const Loaded loaded = load(encoder_folder() / GetParam(), exact());
  std::vector<EmbedInput> inputs;
  std::vector<std::vector<float>> expected;
  const json::object golden = encoder_golden(GetParam());
  for (const json::value& item : golden.at("texts").as_array()) {
    inputs.push_back(loaded.tokenizer->frame(item.at("text").as_string()));
    EXPECT_EQ(inputs.back().ids, ints_of(item.at("tokens")));
    expected.push_back(floats_of(item.at("embedding")));
  }
  const EmbedVectors vectors = embed(*loaded.embedder, inputs).value();
  ASSERT_EQ(vectors.size(), expected.size());
  for (size_t i = 0; i < vectors.size(); ++i)
    EXPECT_LT(largest_difference(vectors[i], expected[i]), 2e-5) << i;
}

// With room for fewer pages than a batch has texts, the vectors are the same.
TEST(Decoders, VectorsDoNotDependOnTheCachesSize) {
  const std::filesystem::path path = encoder_folder() / "qwen3_last";
  EngineSettings settings = exact();
  const Loaded large = load(path, settings);
  settings.max_step_tokens = 40;  // two pages
  settings.max_model_len = 40;
  const Loaded small = load(path, settings);
  std::vector<EmbedInput> inputs;
  for (int32_t i = 0; i < 9; ++i) inputs.push_back({{i + 10, i + 20, 5}, {}});
  EXPECT_EQ(embed(*large.embedder, inputs).value(), embed(*small.embedder, inputs).value());
}

class Pairs : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Goldens, Pairs, testing::Values("bert_rank", "roberta_rank"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Pairs, ScoresAreThoseOfTheReference) {
  const Loaded loaded = load(encoder_folder() / GetParam(), exact());
  ASSERT_TRUE(loaded.embedder->is_classifier());
  const json::object golden = encoder_golden(GetParam());
  for (const json::value& item : golden.at("pairs").as_array()) {
    const std::string_view first = item.at("first").as_string();
    const std::string_view second = item.at("second").as_string();
    const FramedText pair = loaded.tokenizer->frame_pair(first, second).value();
    EXPECT_EQ(pair.ids, ints_of(item.at("tokens")));
    EXPECT_EQ(pair.types, ints_of(item.at("types")));
    EXPECT_EQ(loaded.tokenizer->frame_pair(first, second, 24).value().ids, ints_of(item.at("cut_to_24")));
    const EmbedVectors scores = embed(*loaded.embedder, {pair}).value();
    EXPECT_NEAR(scores.at(0).at(0), item.at("score").to_number<float>(), 1e-5);
  }
}

TEST(Scores, AreSigmoidsForOneLabelWhereNothingElseIsSaid) {
  const auto tokenizer = Tokenizer::open(encoder_folder() / "bert_rank").value();
  Checkpoint checkpoint = Checkpoint::read(encoder_folder() / "bert_rank");
  const auto score = [&] {
    const TestFolder folder;
    checkpoint.write(folder.path());
    const auto embedder = Embedder::load(folder.path(), *tokenizer, exact(), {}).value();
    return embed(*embedder, {{{5, 6, 7}, {}}}).value()[0][0];
  };
  const float logit = score();
  checkpoint.config.erase("sbert_ce_default_activation_function");
  EXPECT_FLOAT_EQ(score(), sigmoid(logit));
}

// A decoder's hidden states, pooled: the same in one batch, in chunks through the cache, and in company.
TEST(Decoders, VectorsDoNotDependOnChunksOrCompany) {
  const std::filesystem::path path = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model/qwen3";
  const auto tokenizer = Tokenizer::open(encoder_folder() / "bert_mean").value();  // small enough: 110 tokens
  std::vector<EmbedInput> inputs;
  for (const int32_t length : {300, 7, 40}) {
    EmbedInput& input = inputs.emplace_back();
    for (int32_t i = 0; i < length; ++i) input.ids.push_back((i * 37 + length) % 150);
  }
  for (const char* pooling : {"mean", "last", "cls"}) {
    SCOPED_TRACE(pooling);
    EngineSettings small = exact();
    small.max_step_tokens = 64;
    const auto whole = Embedder::load(path, *tokenizer, exact(), {pooling}).value();
    const auto chunked = Embedder::load(path, *tokenizer, small, {pooling}).value();
    const EmbedVectors all = embed(*whole, inputs).value();
    const EmbedVectors cut = embed(*chunked, inputs).value();
    for (size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(all[i], cut[i]) << i;
      EXPECT_EQ(all[i], embed(*whole, {inputs[i]}).value()[0]) << i;
      EXPECT_NEAR(cosine(all[i], all[i]), 1, 1e-6);
    }
    EXPECT_LT(cosine(all[0], all[1]), 0.999);
  }
}

// As transformers stores a model of the class without a head: without "model." before the names, too.
TEST(Decoders, NeedNoHead) {
  const std::filesystem::path path = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model/qwen3";
  const auto tokenizer = Tokenizer::open(encoder_folder() / "bert_mean").value();
  const auto vectors = [&](const std::filesystem::path& model) {
    const auto embedder = Embedder::load(model, *tokenizer, exact(), {"last"}).value();
    return embed(*embedder, {{{5, 6, 7}, {}}}).value();
  };
  const Checkpoint whole = Checkpoint::read(path);
  Checkpoint bare;
  bare.config = whole.config;
  bare.config["architectures"] = json::array{"Qwen3Model"};
  for (const auto& [name, tensor] : whole.tensors) {
    if (name.starts_with("model.")) bare.tensors[name.substr(std::strlen("model."))] = tensor;
  }
  const TestFolder folder;
  bare.write(folder.path());
  EXPECT_TRUE(is_embedding_model(folder.path(), {}).value());
  EXPECT_EQ(vectors(folder.path()), vectors(path));
}

TEST(Decoders, ALongInputIsGivenUpWhenItIsCancelled) {
  const std::filesystem::path path = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model/qwen3";
  const auto tokenizer = Tokenizer::open(encoder_folder() / "bert_mean").value();
  EngineSettings settings;
  settings.max_step_tokens = 1;
  const auto embedder = Embedder::load(path, *tokenizer, settings, {"last"}).value();
  const std::vector<EmbedInput> inputs(20, EmbedInput{std::vector<TokenId>(500, 7), {}});
  const auto id = embedder->submit(inputs, [](Result<EmbedVectors>) { FAIL() << "cancelled"; }).value();
  std::promise<void> answered;  // between two tokens of the first
  embedder->probe([&] { answered.set_value(); });
  answered.get_future().get();
  embedder->cancel(id);
  EXPECT_EQ(embed(*embedder, {{{5, 6}, {}}}).value().size(), 1u);
}

TEST(Inputs, ThatCannotBeComputedAreRefusedWithTheNumbers) {
  const Loaded loaded = load(encoder_folder() / "bert_mean");
  EXPECT_EQ(loaded.embedder->max_tokens(), 280);  // max_seq_length of sentence_bert_config.json
  const auto error = [&](std::vector<EmbedInput> inputs) {
    const auto result = embed(*loaded.embedder, std::move(inputs));
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().message;
  };
  EXPECT_THAT(error({}), HasSubstr("no input"));
  EXPECT_THAT(error({{{5}, {}}, {}}), HasSubstr("input 1 is empty"));
  EXPECT_THAT(error({{std::vector<TokenId>(281, 5), {}}}),
              HasSubstr("has 281 tokens, but the model takes 280"));
  EXPECT_THAT(error({{{110}, {}}}), HasSubstr("token 110, but the vocabulary ends at 109"));
  EXPECT_THAT(error({{{-1}, {}}}), HasSubstr("token -1"));
  EXPECT_THAT(error({{{5}, {2}}}), HasSubstr("types"));
  EXPECT_THAT(error({{{5, 5}, {1}}}), HasSubstr("types"));
  const Loaded untyped = load(encoder_folder() / "distilbert_mean");
  EXPECT_FALSE(embed(*untyped.embedder, {{{5}, {0}}}));
  EXPECT_TRUE(embed(*untyped.embedder, {{{5}, {}}}));
}

TEST(Inputs, TheLengthIsASetting) {
  EngineSettings settings;
  settings.max_model_len = 300;
  EXPECT_EQ(load(encoder_folder() / "bert_mean", settings).embedder->max_tokens(), 300);
  settings.max_model_len = 301;
  const auto tokenizer = Tokenizer::open(encoder_folder() / "bert_mean").value();
  const auto refused = Embedder::load(encoder_folder() / "bert_mean", *tokenizer, settings, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("300 positions"));
}

// Keeps the embedder's thread from its next step until it is destroyed.
class Hold {
 public:
  explicit Hold(Embedder& embedder) {
    std::promise<void> reached;
    embedder.probe([&reached, open = open_.get_future().share()] {
      reached.set_value();
      open.wait();
    });
    reached.get_future().get();
  }
  ~Hold() { open_.set_value(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::promise<void> open_;
};

// Small requests behind a large one come back before it does: all take turns.
TEST(Queue, ASmallRequestDoesNotWaitForALargeOne) {
  const Loaded loaded = load(encoder_folder() / "bert_mean");
  const EmbedInput line{std::vector<TokenId>(200, 7), {}};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> order;
  const auto note = [&](const char* name) {
    return [&, name](Result<EmbedVectors>) {
      const std::lock_guard lock(mutex);
      order.emplace_back(name);
      changed.notify_all();
    };
  };
  {
    const Hold hold(*loaded.embedder);
    ASSERT_TRUE(loaded.embedder->submit(std::vector<EmbedInput>(200, line), note("large")));
    ASSERT_TRUE(loaded.embedder->submit({line}, note("small")));
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return order.size() == 2; });
  EXPECT_EQ(order.front(), "small");
}

TEST(Queue, IsBoundedAndEmptiesAgain) {
  EngineSettings settings;
  settings.max_waiting = 4;
  const Loaded loaded = load(encoder_folder() / "bert_mean", settings);
  const std::vector<EmbedInput> many(40, EmbedInput{std::vector<TokenId>(200, 7), {}});
  std::promise<void> done;
  {
    const Hold hold(*loaded.embedder);
    ASSERT_TRUE(loaded.embedder->submit(many, [&](Result<EmbedVectors>) { done.set_value(); }));
    const auto refused = loaded.embedder->submit({many[0]}, [](Result<EmbedVectors>) { FAIL(); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  }
  done.get_future().get();
  EXPECT_TRUE(embed(*loaded.embedder, {many[0]}));
  const EngineStatus status = loaded.embedder->status();
  EXPECT_EQ(status.waiting, 0u);
  EXPECT_EQ(status.prompt_tokens, 41u * 200);
  EXPECT_EQ(loaded.embedder->metrics().finished[0].value(), 41u);
}

TEST(Queue, WhatIsCancelledOrLeftIsNotComputed) {
  Loaded loaded = load(encoder_folder() / "bert_mean");
  const std::vector<EmbedInput> many(2000, EmbedInput{std::vector<TokenId>(250, 7), {}});
  {
    const Hold hold(*loaded.embedder);
    const auto id =
        loaded.embedder->submit(many, [](Result<EmbedVectors>) { FAIL() << "cancelled"; }).value();
    loaded.embedder->cancel(id);
    loaded.embedder->cancel(id);
    loaded.embedder->cancel(12345);
    EXPECT_EQ(loaded.embedder->status().waiting, 0u);
  }

  std::promise<Result<EmbedVectors>> left;
  ASSERT_TRUE(
      loaded.embedder->submit(many, [&](Result<EmbedVectors> result) { left.set_value(std::move(result)); }));
  loaded.embedder.reset();
  const Result<EmbedVectors> result = left.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(Queue, ProbesAreAnsweredWhileIdleAndWhileBusy) {
  const Loaded loaded = load(encoder_folder() / "bert_mean");
  const auto ask = [&] {
    std::promise<void> answered;
    loaded.embedder->probe([&] { answered.set_value(); });
    answered.get_future().get();
  };
  const uint64_t before = loaded.embedder->status().steps;
  ask();
  EXPECT_GT(loaded.embedder->status().steps, before);
  const auto id = loaded.embedder
                      ->submit(std::vector<EmbedInput>(2000, EmbedInput{std::vector<TokenId>(250, 7), {}}),
                               [](Result<EmbedVectors>) {})
                      .value();
  ask();
  loaded.embedder->cancel(id);
}

TEST(Kind, IsWhatTheModelTheFilesOrTheSettingsSay) {
  const std::filesystem::path decoder = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model/qwen3";
  EXPECT_TRUE(is_embedding_model(encoder_folder() / "bert_mean", {}).value());
  EXPECT_TRUE(is_embedding_model(encoder_folder() / "bert_rank", {}).value());
  EXPECT_FALSE(is_embedding_model(decoder, {}).value());
  EXPECT_TRUE(is_embedding_model(decoder, {"last"}).value());
}

}  // namespace
}  // namespace ferry
