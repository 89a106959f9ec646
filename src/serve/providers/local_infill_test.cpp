// The local provider on a tiny model whose vocabulary has tokens for a gap.

#include "serve/providers/local_infill.h"

#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/core/file.h"
#include "infer/engine/test_tokenizer.h"
#include "serve/providers/local.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<TokenId>;

constexpr TokenId kPrefix = 150;
constexpr TokenId kSuffix = 151;
constexpr TokenId kMiddle = 152;
constexpr TokenId kPad = 153;

class InfillTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / fmt::format("ferry_infill_test_{}", getpid());
    host_ = std::make_unique<Host>();
    add_model("plain", {});
    add_model("code", {{"<fim_prefix>", kPrefix},
                       {"<fim_suffix>", kSuffix},
                       {"<fim_middle>", kMiddle},
                       {"<fim_pad>", kPad}});
  }
  static void TearDownTestSuite() {
    host_.reset();
    fs::remove_all(folder_);
  }

  static void add_model(const std::string& name, const std::vector<std::pair<const char*, TokenId>>& added) {
    const fs::path folder = folder_ / name;
    fs::create_directories(folder);
    const fs::path golden = fs::path(FERRY_SOURCE_DIR) / "tests/golden/model/llama3";
    for (const char* file : {"config.json", "model.safetensors"}) fs::copy_file(golden / file, folder / file);
    json::value tokenizer = parse_json(test_tokenizer_json(), "tokenizer").value();
    for (const auto& [text, id] : added) {
      tokenizer.as_object()
          .at("added_tokens")
          .as_array()
          .push_back({{"id", id}, {"content", text}, {"special", true}});
    }
    ASSERT_TRUE(write_file_atomic(folder / "tokenizer.json", to_json(tokenizer)));
    ASSERT_TRUE(write_file_atomic(folder / "generation_config.json", R"({"do_sample": false})"));
    LocalModel source;
    source.name = name;
    source.path = folder;
    HostSettings settings;
    settings.engine.max_model_len = 200;
    auto model = load_model(source, settings);
    ASSERT_TRUE(model) << model.error().message;
    host_->add(*model);
  }

  static GenerationRequest request(Prompt prefix, std::string suffix, std::string model = "code") {
    GenerationRequest request;
    request.model = std::move(model);
    request.prompts = {std::move(prefix)};
    request.infill = InfillRequest{.suffix = std::move(suffix), .field = "suffix"};
    request.stop.max_tokens = 8;
    return request;
  }

  static ApiResult<PreparedPrompt> prepare(const GenerationRequest& request) {
    return prepare_infill(request.prompts.at(0), request, *host_->find(request.model));
  }

  static ApiResult<GenerationResult> answer(GenerationRequest request) {
    const auto provider = make_local_provider(*host_);
    GenerationResult result;
    std::promise<ApiResult<GenerationResult>> done;
    AnswerSink sink{.started = [] {},
                    .delta = [&](GenerationDelta delta) { append(result, std::move(delta)); },
                    .finished =
                        [&](Usage usage) {
                          result.usage = usage;
                          done.set_value(std::move(result));
                        },
                    .failed = [&](ApiError error) { done.set_value(tl::unexpected(std::move(error))); }};
    const auto running = provider->generate(std::move(request), std::move(sink));
    return done.get_future().get();
  }

  static inline fs::path folder_;
  static inline std::unique_ptr<Host> host_;
};

TEST_F(InfillTest, ShowsTheModelTheGap) {
  const PreparedPrompt prompt = prepare(request("ab", "c")).value();
  EXPECT_THAT(prompt.tokens, ElementsAre(kPrefix, 'a', 'b', kSuffix, 'c', kMiddle));
  EXPECT_EQ(prompt.echo_begin, 1u);
  EXPECT_EQ(prompt.echo_end, 3u);
  EXPECT_THAT(prepare(request(Ids{97, 98}, "c")).value().tokens, testing::ElementsAreArray(prompt.tokens));
  EXPECT_THAT(prepare(request("", "c")).value().tokens, ElementsAre(kPrefix, kSuffix, 'c', kMiddle));
  // What a user writes is no token.
  EXPECT_EQ(prepare(request("<fim_middle>", "c")).value().tokens.size(), 4u + 12u);
}

TEST_F(InfillTest, EndsWhereTheModelLeavesTheMiddle) {
  GenerationRequest biased = request("ab", "c");
  biased.sampling.logit_bias = {{kPad, 100.0f}};
  const GenerationChoice ended = answer(biased)->choices.at(0);
  EXPECT_EQ(ended.text, "");
  EXPECT_EQ(ended.finish, FinishReason::stop);
  EXPECT_EQ(ended.cause, StopCause());  // the model's own doing
  biased.stop.ignore_eos = true;
  EXPECT_EQ(answer(biased)->choices.at(0).finish, FinishReason::length);
  // Without a gap it is a token like any.
  biased.stop.ignore_eos = false;
  biased.infill.reset();
  EXPECT_EQ(answer(biased)->choices.at(0).finish, FinishReason::length);
}

TEST_F(InfillTest, EchoesThePrefixWithItsOwnLogprobs) {
  GenerationRequest echo = request("ab", "c");
  echo.report.echo = true;
  echo.report.top_logprobs = 1;
  echo.report.prompt_logprobs = 0;
  echo.report.token_ids = true;
  echo.report.prompt_text = true;
  echo.stop.max_tokens = 3;
  echo.stop.ignore_eos = true;
  echo.n = 2;
  echo.best_of = 2;
  const auto result = answer(echo);
  ASSERT_TRUE(result) << result.error().error.message;
  ASSERT_EQ(result->choices.size(), 2u);
  for (const GenerationChoice& choice : result->choices) {
    EXPECT_TRUE(choice.text.starts_with("ab"));
    ASSERT_EQ(choice.logprobs.size(), 2u + 3u);
    EXPECT_EQ(choice.logprobs[0].chosen.id, 'a');
    EXPECT_FALSE(choice.logprobs[0].is_first);  // a token stands before it
    EXPECT_EQ(choice.logprobs[1].chosen.id, 'b');
    EXPECT_THAT(choice.prompt->token_ids, ElementsAre(kPrefix, 'a', 'b', kSuffix, 'c', kMiddle));
    EXPECT_EQ(choice.prompt->logprobs.size(), 6u);
    EXPECT_EQ(choice.prompt->text, "<fim_prefix>ab<fim_suffix>c<fim_middle>");
  }
  EXPECT_EQ(result->usage.prompt_tokens, 6);
}

TEST_F(InfillTest, CutsOnlyWhenAskedTo) {
  const std::string prefix(150, 'p');
  const std::string suffix(150, 's');
  GenerationRequest large = request(prefix, suffix);
  const auto refused = answer(large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "context_length_exceeded");
  large.prompt.truncate = -1;
  EXPECT_EQ(prepare(large).value().tokens.size(), 200u - 8u);
  EXPECT_TRUE(answer(large));
  large.stop.max_tokens.reset();
  EXPECT_EQ(prepare(large).value().tokens.size(), 150u);
  large.prompt.truncate = 23;
  large.report.echo = true;
  const PreparedPrompt cut = prepare(large).value();
  EXPECT_EQ(cut.tokens.size(), 23u);
  EXPECT_EQ(cut.echo, std::string(15, 'p'));  // what the model saw of it
}

TEST_F(InfillTest, RefusesModelsWithoutTheTokens) {
  const auto plain = answer(request("ab", "c", "plain"));
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().param, "suffix");
  EXPECT_EQ(plain.error().error.code, ErrorCode::unsupported);
  EXPECT_THAT(plain.error().error.message, HasSubstr("no token for prefix, suffix and middle of a gap"));
}

}  // namespace
}  // namespace ferry
