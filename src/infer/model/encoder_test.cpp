// Encoders give the hidden states that transformers gives, whoever shares their batch, and the test can fail.

#include <numeric>

#include "infer/formats/test_files.h"
#include "infer/model/families/family.h"
#include "infer/model/test_checkpoint.h"
#include "infer/model/test_encoders.h"
#include "infer/model/test_models.h"

namespace ferry {
namespace {

using kernels::Arithmetic;

constexpr size_t kWidth = 64;
const std::vector<std::string> kCases = {"bert_mean",       "bert_cls",  "roberta_mean",
                                         "distilbert_mean", "bert_rank", "roberta_rank"};

std::unique_ptr<Model> load(const std::filesystem::path& path, const kernels::KernelTable& table,
                            Arithmetic arithmetic) {
  ThreadPool pool(1);
  return must(
      Model::load(path, {.table = &table, .arithmetic = arithmetic, .max_rows = 512, .progress = {}}, pool));
}

// All rows' hidden states, in one batch.
std::vector<float> encode(Model& model, std::span<const EncoderSequence> sequences, int threads = 2) {
  ThreadPool pool(threads);
  std::vector<int32_t> tokens;
  std::vector<int32_t> types;
  std::vector<BatchSequence> parts;
  for (const EncoderSequence& sequence : sequences) {
    tokens.insert(tokens.end(), sequence.tokens.begin(), sequence.tokens.end());
    types.insert(types.end(), sequence.types.begin(), sequence.types.end());
    parts.push_back({{}, 0, static_cast<int32_t>(sequence.tokens.size())});
  }
  std::vector<int32_t> rows(tokens.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<float> hidden(tokens.size() * kWidth);
  if (model.spec().token_types == 0) types.clear();
  model.hidden_states({tokens, parts, rows, types}, nullptr, pool, hidden.data());
  return hidden;
}

std::vector<float> expected_of(std::span<const EncoderSequence> sequences) {
  std::vector<float> all;
  for (const EncoderSequence& sequence : sequences)
    all.insert(all.end(), sequence.hidden.begin(), sequence.hidden.end());
  return all;
}

class Encoder : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Goldens, Encoder, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Encoder, HiddenStatesAreTransformersWithEveryTable) {
  const auto sequences = encoder_sequences(GetParam(), kWidth);
  for (const kernels::KernelTable* table : supported_tables()) {
    SCOPED_TRACE(table->name);
    const auto exact = load(encoder_folder() / GetParam(), *table, Arithmetic::f32);
    EXPECT_LT(relative_error(encode(*exact, sequences), expected_of(sequences)), 1e-5);
    const auto coarse = load(encoder_folder() / GetParam(), *table, Arithmetic::bf16);
    EXPECT_LT(relative_error(encode(*coarse, sequences), expected_of(sequences)), 0.05);
  }
}

TEST_P(Encoder, BitsDoNotDependOnTheBatchOrTheThreads) {
  const auto sequences = encoder_sequences(GetParam(), kWidth);
  const auto model = load(encoder_folder() / GetParam(), *supported_tables().front(), Arithmetic::bf16);
  const std::vector<float> together = encode(*model, sequences, 3);
  size_t at = 0;
  for (const EncoderSequence& sequence : sequences) {
    const std::vector<float> alone = encode(*model, {&sequence, 1}, 1);
    EXPECT_EQ(std::memcmp(together.data() + at, alone.data(), alone.size() * sizeof(float)), 0)
        << sequence.tokens.size() << " tokens";
    at += alone.size();
  }
}

// Each a mistake in the files, so that the code under test is the code that ships.
TEST(EncoderMutations, EachPartShows) {
  struct Mutation {
    const char* name;
    std::function<void(Checkpoint&)> apply;
  };
  const Mutation mutations[] = {
      {"position_embeddings", [](Checkpoint& c) { c.fill("position_embeddings.weight", 0); }},
      {"token_types", [](Checkpoint& c) { c.fill("token_type_embeddings.weight", 0); }},
      {"embedding_norm_weight", [](Checkpoint& c) { c.scale("embeddings.LayerNorm.weight", 1.1f); }},
      {"embedding_norm_bias", [](Checkpoint& c) { c.fill("embeddings.LayerNorm.bias", 0); }},
      {"q_bias", [](Checkpoint& c) { c.fill("query.bias", 0); }},
      {"k", [](Checkpoint& c) { c.scale("key.weight", 1.1f); }},
      {"v_bias", [](Checkpoint& c) { c.fill("value.bias", 0); }},
      {"attention_out_bias", [](Checkpoint& c) { c.fill("attention.output.dense.bias", 0); }},
      {"attention_norm", [](Checkpoint& c) { c.scale("attention.output.LayerNorm.weight", 1.1f); }},
      {"up_bias", [](Checkpoint& c) { c.fill("intermediate.dense.bias", 0); }},
      {"down_bias", [](Checkpoint& c) { c.fill("output.dense.bias", 0); }},
      {"fewer_heads", [](Checkpoint& c) { c.config["num_attention_heads"] = 2; }},
      {"another_epsilon", [](Checkpoint& c) { c.config["layer_norm_eps"] = 0.1; }},
  };
  const auto sequences = encoder_sequences("bert_mean", kWidth);
  const TestFolder folder;
  for (const Mutation& mutation : mutations) {
    SCOPED_TRACE(mutation.name);
    Checkpoint checkpoint = Checkpoint::read(encoder_folder() / "bert_mean");
    mutation.apply(checkpoint);
    checkpoint.write(folder.path());
    const auto model = load(folder.path(), *kernels::all_tables().back(), Arithmetic::f32);
    EXPECT_GT(relative_error(encode(*model, sequences), expected_of(sequences)), 1e-3);
  }
}

TEST(EncoderFiles, TheHeadOfTheClassIsFoundUnderItsNames) {
  Checkpoint checkpoint = Checkpoint::read(encoder_folder() / "bert_rank");
  EXPECT_TRUE(checkpoint.tensors.contains("bert.embeddings.word_embeddings.weight"));
  const auto model = load(encoder_folder() / "bert_rank", *supported_tables().front(), Arithmetic::f32);
  ASSERT_TRUE(model->spec().classifier);
  EXPECT_EQ(model->spec().classifier->labels, 1);
  checkpoint.tensors.erase("classifier.bias");
  const TestFolder folder;
  checkpoint.write(folder.path());
  ThreadPool pool(1);
  expect_error(Model::load(folder.path(), {.table = supported_tables().front(), .progress = {}}, pool),
               ErrorCode::not_found, {"classifier.bias"});
}

json::object config_of(const std::string& name) {
  const auto path = encoder_folder() / name / "config.json";
  return must(parse_json(must(read_file(path)), path.string())).get_object();
}

TEST(EncoderConfig, IsReadAsTransformersReadsIt) {
  const ArchSpec bert = must(spec_from_config(config_of("bert_mean"), "config.json"));
  EXPECT_FALSE(bert.makes_text());
  EXPECT_EQ(bert.max_positions, 300);
  EXPECT_EQ(bert.position_offset, 0);
  EXPECT_EQ(bert.token_types, 2);
  EXPECT_FLOAT_EQ(bert.norm_eps, 1e-12f);
  const ArchSpec roberta = must(spec_from_config(config_of("roberta_rank"), "config.json"));
  EXPECT_EQ(roberta.max_positions, 300);  // of 302, of which the padding token's ID takes two
  EXPECT_EQ(roberta.position_offset, 2);
}

TEST(EncoderConfig, LabelsAreCounted) {
  json::object config = config_of("bert_rank");
  EXPECT_EQ(must(spec_from_config(config, "config.json")).classifier->labels, 1);
  config["id2label"] = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
  config["num_labels"] = nullptr;
  EXPECT_EQ(must(spec_from_config(config, "config.json")).classifier->labels, 3);
}

TEST(EncoderConfig, WhatChangesTheMathsIsRefusedByName) {
  const std::pair<const char*, json::value> refusals[] = {
      {"hidden_act", "relu"},
      {"position_embedding_type", "relative_key"},
      {"is_decoder", true},
  };
  for (const auto& [key, value] : refusals) {
    json::object config = config_of("bert_rank");
    config[key] = value;
    expect_error(spec_from_config(config, "config.json"), ErrorCode::unsupported, {"config.json", key});
  }
  json::object config = config_of("roberta_mean");
  config["pad_token_id"] = 400;
  expect_error(spec_from_config(config, "config.json"), ErrorCode::invalid_argument,
               {"max_position_embeddings"});
}

}  // namespace
}  // namespace ferry
