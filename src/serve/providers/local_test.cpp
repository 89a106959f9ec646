// The local provider on a tiny golden checkpoint: from a request to deltas.

#include "serve/providers/local.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/core/file.h"
#include "infer/engine/test_tokenizer.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// A whole model folder: the golden weights, a tokenizer, a template and defaults.
class LocalProviderTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / fmt::format("ferry_local_test_{}", getpid());
    fs::create_directories(folder_);
    const fs::path golden = fs::path(FERRY_SOURCE_DIR) / "tests/golden/model/llama3";
    for (const char* file : {"config.json", "model.safetensors"}) {
      fs::copy_file(golden / file, folder_ / file, fs::copy_options::overwrite_existing);
    }
    write("tokenizer.json", test_tokenizer_json());
    write("chat_template.jinja", "{% for m in messages %}<|start|>{{ m.role }}:{{ m.content }}{% endfor %}");
    write("generation_config.json", R"({"do_sample": false})");
    LocalModel source;
    source.name = "tiny";
    source.path = folder_;
    EngineSettings settings;
    settings.max_model_len = 200;
    auto model = load_model(source, settings);
    ASSERT_TRUE(model) << model.error().message;
    host_ = std::make_unique<Host>();
    host_->add(*model);
  }
  static void TearDownTestSuite() {
    host_.reset();
    fs::remove_all(folder_);
  }
  static void write(const char* name, std::string_view text) {
    ASSERT_TRUE(write_file_atomic(folder_ / name, text));
  }

  // Everything that the sink hears of one exchange.
  struct Heard {
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false;
    bool ended = false;
    GenerationResult result;
    std::optional<ApiError> error;

    AnswerSink sink() {
      return {
          .started =
              [this] {
                const std::lock_guard lock(mutex);
                EXPECT_TRUE(!started && !ended);
                started = true;
              },
          .delta =
              [this](GenerationDelta delta) {
                const std::lock_guard lock(mutex);
                EXPECT_TRUE(started && !ended);
                append(result, std::move(delta));
              },
          .finished =
              [this](Usage usage) {
                const std::lock_guard lock(mutex);
                EXPECT_TRUE(started && !ended);
                result.usage = usage;
                ended = true;
                changed.notify_all();
              },
          .failed =
              [this](ApiError failure) {
                const std::lock_guard lock(mutex);
                EXPECT_FALSE(ended);
                error = std::move(failure);
                ended = true;
                changed.notify_all();
              },
      };
    }
    void wait() {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return ended; });
    }
  };

  GenerationRequest chat(std::string_view content, int64_t max_tokens = 8) {
    GenerationRequest request;
    request.model = "tiny";
    ChatMessage message;
    message.role = "user";
    message.content = {{std::string(content)}};
    message.raw = json::object{{"role", "user"}, {"content", content}};
    request.messages.push_back(std::move(message));
    request.stop.max_tokens = max_tokens;
    request.stop.ignore_eos = true;
    return request;
  }

  static inline fs::path folder_;
  static inline std::unique_ptr<Host> host_;
  std::unique_ptr<Provider> provider_ = make_local_provider(*host_);
};

TEST_F(LocalProviderTest, AnswersAChatGreedilyByTheModelsDefaults) {
  Heard first;
  Heard second;
  provider_->generate(chat("hello"), first.sink());
  provider_->generate(chat("hello"), second.sink());
  first.wait();
  second.wait();
  ASSERT_FALSE(first.error) << first.error->error.message;
  ASSERT_EQ(first.result.choices.size(), 1u);
  EXPECT_EQ(first.result.choices[0].text, second.result.choices[0].text);
  EXPECT_EQ(first.result.choices[0].finish, FinishReason::length);
  EXPECT_EQ(first.result.usage.prompt_tokens, 1 + 10);  // <|start|>user:hello
  EXPECT_EQ(first.result.usage.completion_tokens, 8);
}

TEST_F(LocalProviderTest, ContentInPartsIsJoinedForTheTemplate) {
  GenerationRequest request = chat("");
  request.messages[0].content = {{"he"}, {"llo"}};
  request.messages[0].raw = parse_json(R"({"role":"user","content":[{"type":"text","text":"he"},)"
                                       R"({"type":"text","text":"llo"}]})",
                                       "test")
                                .value();
  Heard heard;
  provider_->generate(std::move(request), heard.sink());
  heard.wait();
  ASSERT_FALSE(heard.error) << heard.error->error.message;
  EXPECT_EQ(heard.result.usage.prompt_tokens, 1 + 11);  // <|start|>user:he\nllo
}

TEST_F(LocalProviderTest, AnswersSeveralPromptsWithLogprobs) {
  GenerationRequest request = chat("", 5);
  request.messages.clear();
  request.prompts = {std::string("abc"), std::vector<TokenId>{97, 98, 99}, std::string("xyz")};
  request.top_logprobs = 2;
  Heard heard;
  provider_->generate(std::move(request), heard.sink());
  heard.wait();
  ASSERT_FALSE(heard.error);
  ASSERT_EQ(heard.result.choices.size(), 3u);
  EXPECT_EQ(heard.result.choices[0].text, heard.result.choices[1].text);
  EXPECT_EQ(heard.result.usage.prompt_tokens, 9);
  EXPECT_EQ(heard.result.usage.completion_tokens, 15);
  for (const GenerationChoice& choice : heard.result.choices) {
    ASSERT_EQ(choice.logprobs.size(), 5u);
    EXPECT_EQ(choice.logprobs[0].top.size(), 2u);
    EXPECT_EQ(choice.logprobs[0].top[0].id, choice.logprobs[0].chosen.id);
  }
}

TEST_F(LocalProviderTest, SeedsRepeat) {
  const auto sampled = [&](std::optional<int64_t> seed) {
    GenerationRequest request = chat("hi", 30);
    request.sampling.temperature = 1.5;
    request.sampling.seed = seed;
    Heard heard;
    provider_->generate(std::move(request), heard.sink());
    heard.wait();
    return heard.result.choices.at(0).text;
  };
  EXPECT_EQ(sampled(7), sampled(7));
  EXPECT_NE(sampled(7), sampled(8));
  EXPECT_NE(sampled({}), sampled({}));
}

TEST_F(LocalProviderTest, RefusalsNameTheField) {
  const auto refusal = [&](GenerationRequest request) {
    Heard heard;
    provider_->generate(std::move(request), heard.sink());
    heard.wait();
    EXPECT_TRUE(heard.error && !heard.started);
    return heard.error.value_or(ApiError{});
  };
  GenerationRequest unknown = chat("x");
  unknown.model = "gpt-9";
  EXPECT_EQ(refusal(unknown).reason, "model_not_found");
  EXPECT_EQ(refusal(unknown).error.code, ErrorCode::not_found);
  const ApiError too_long = refusal(chat(std::string(300, 'x')));
  EXPECT_EQ(too_long.reason, "context_length_exceeded");
  EXPECT_EQ(too_long.param, "messages");
  EXPECT_EQ(too_long.error.code, ErrorCode::invalid_argument);
  EXPECT_NE(too_long.error.message.find("306"), std::string::npos) << too_long.error.message;
}

// One prompt of several that is refused takes the others with it, and no engine work is left behind.
TEST_F(LocalProviderTest, AllPromptsOrNone) {
  GenerationRequest request = chat("", 50);
  request.messages.clear();
  request.prompts = {std::string("fits"), std::string(300, 'x')};
  Heard heard;
  provider_->generate(std::move(request), heard.sink());
  heard.wait();
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->param, "prompt");
  const Engine& engine = *host_->find("tiny")->engine;
  while (engine.status().kv_pages_free != engine.status().kv_pages) std::this_thread::yield();
}

TEST_F(LocalProviderTest, CancellingFromWithinTheSinkIsFine) {
  Heard heard;
  AnswerSink sink = heard.sink();
  std::shared_ptr<RunningExchange> running;
  std::atomic<int> deltas = 0;
  std::mutex handed_over;
  sink.delta = [&](const GenerationDelta&) {
    ++deltas;
    const std::lock_guard lock(handed_over);
    running->cancel();
  };
  sink.finished = [](Usage) { ADD_FAILURE(); };
  sink.failed = [](const ApiError&) { ADD_FAILURE(); };
  {
    const std::lock_guard lock(handed_over);
    running = provider_->generate(chat("hi", 100), sink);
  }
  const Engine& engine = *host_->find("tiny")->engine;
  while (deltas == 0 || engine.status().kv_pages_free != engine.status().kv_pages) std::this_thread::yield();
  EXPECT_EQ(deltas, 1);
}

}  // namespace
}  // namespace ferry
