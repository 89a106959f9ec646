// The local provider on a tiny golden checkpoint: from a request to deltas.

#include "serve/providers/local.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
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
    HostSettings settings;
    settings.engine.max_model_len = 200;
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

  GenerationRequest completion(std::vector<Prompt> prompts, int64_t max_tokens) {
    GenerationRequest request = chat("", max_tokens);
    request.messages.clear();
    request.prompts = std::move(prompts);
    return request;
  }

  GenerationResult result_of(GenerationRequest request) {
    Heard heard;
    provider_->generate(std::move(request), heard.sink());
    heard.wait();
    if (heard.error) ADD_FAILURE() << heard.error->error.message;
    return heard.result;
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
  request.report.top_logprobs = 2;
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

TEST_F(LocalProviderTest, ChoicesDifferAndRepeat) {
  const auto texts = [&](int n, std::vector<Prompt> prompts) {
    GenerationRequest request = completion(std::move(prompts), 20);
    request.n = n;
    request.best_of = n;
    request.sampling.temperature = 1.5;
    request.sampling.seed = 3;
    const GenerationResult result = result_of(std::move(request));
    EXPECT_EQ(result.usage.completion_tokens, 20 * std::ssize(result.choices));
    std::vector<std::string> all;
    for (const GenerationChoice& choice : result.choices) all.push_back(choice.text);
    return all;
  };
  const auto three = texts(3, {"abc"});
  ASSERT_EQ(three.size(), 3u);
  EXPECT_NE(three[0], three[1]);
  EXPECT_EQ(texts(1, {"abc"})[0], three[0]);
  const auto two_prompts = texts(2, {"abc", "abc"});
  ASSERT_EQ(two_prompts.size(), 4u);
  EXPECT_EQ(two_prompts[1], three[1]);
  EXPECT_EQ(two_prompts[2], three[2]);  // number 2 of all choices
}

TEST_F(LocalProviderTest, TheBestOfSeveralHaveTheHighestMeanLogprob) {
  GenerationRequest request = completion({"abc"}, 12);
  request.n = 5;
  request.best_of = 5;
  request.sampling.temperature = 2;
  request.sampling.seed = 8;
  request.report.top_logprobs = 0;
  const GenerationResult all = result_of(request);
  std::vector<std::pair<double, std::string>> ranked;
  for (const GenerationChoice& choice : all.choices) {
    double sum = 0;
    for (const TokenLogprob& token : choice.logprobs) sum += token.chosen.logprob;
    ranked.emplace_back(-sum / static_cast<double>(choice.logprobs.size()), choice.text);
  }
  std::sort(ranked.begin(), ranked.end());
  ASSERT_NE(ranked[0].second, all.choices[0].text) << "choose another seed: the first is the best already";

  request.n = 2;
  request.report.top_logprobs.reset();
  const GenerationResult best = result_of(request);
  ASSERT_EQ(best.choices.size(), 2u);
  EXPECT_EQ(best.choices[0].text, ranked[0].second);
  EXPECT_EQ(best.choices[1].text, ranked[1].second);
  EXPECT_TRUE(best.choices[0].logprobs.empty());
  EXPECT_EQ(best.usage.completion_tokens, 5 * 12);  // all of them were computed
}

TEST_F(LocalProviderTest, EchoShowsThePromptAndItsLogprobs) {
  GenerationRequest request = completion({"abc", std::vector<TokenId>{120, 121}}, 4);
  request.report.echo = true;
  request.report.top_logprobs = 2;
  request.n = 2;
  request.best_of = 2;
  const GenerationResult result = result_of(request);
  ASSERT_EQ(result.choices.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    const GenerationChoice& choice = result.choices[i];
    const std::string prompt = i < 2 ? "abc" : "xy";
    EXPECT_TRUE(choice.text.starts_with(prompt));
    ASSERT_EQ(choice.logprobs.size(), prompt.size() + 4);
    EXPECT_TRUE(choice.logprobs[0].is_first);
    EXPECT_EQ(choice.logprobs[1].chosen.text, prompt.substr(1, 1));
    EXPECT_LT(choice.logprobs[1].chosen.logprob, 0);
    EXPECT_EQ(choice.logprobs[1].top.size(), 2u);
  }
  // Nothing but the prompt.
  request.stop.max_tokens = 0;
  const GenerationResult only = result_of(request);
  EXPECT_EQ(only.choices[0].text, "abc");
  EXPECT_EQ(only.choices[0].finish, FinishReason::length);
  EXPECT_EQ(only.choices[0].logprobs.size(), 3u);
  EXPECT_EQ(only.choices[0].logprobs[2].chosen.logprob, result.choices[0].logprobs[2].chosen.logprob);
  EXPECT_EQ(only.usage.completion_tokens, 0);
  EXPECT_EQ(only.usage.prompt_tokens, 5);
}

TEST_F(LocalProviderTest, ReportsOnPromptAndTokens) {
  GenerationRequest request = completion({"abc"}, 6);
  request.report.token_ids = true;
  request.report.prompt_logprobs = 1;
  const GenerationResult result = result_of(request);
  const GenerationChoice& choice = result.choices.at(0);
  ASSERT_TRUE(choice.prompt);
  EXPECT_EQ(choice.prompt->token_ids, (std::vector<TokenId>{97, 98, 99}));
  ASSERT_EQ(choice.prompt->logprobs.size(), 3u);
  EXPECT_TRUE(choice.prompt->logprobs[0].is_first);
  EXPECT_EQ(choice.prompt->logprobs[1].chosen.id, 98);
  EXPECT_GE(choice.prompt->logprobs[1].chosen.rank, 1);
  ASSERT_EQ(choice.prompt->logprobs[1].top.size(), 1u);
  EXPECT_EQ(choice.prompt->logprobs[1].top[0].rank, 1);
  ASSERT_EQ(choice.token_ids.size(), 6u);

  // A token that ends the answer is reported, and named as the cause.
  request.stop.token_ids = {choice.token_ids[3]};
  request.report.top_logprobs = 0;
  const GenerationChoice ended = result_of(request).choices.at(0);
  const auto first = std::find(choice.token_ids.begin(), choice.token_ids.end(), choice.token_ids[3]);
  EXPECT_EQ(ended.token_ids, std::vector<TokenId>(choice.token_ids.begin(), first + 1));
  EXPECT_EQ(ended.logprobs.size(), ended.token_ids.size());
  EXPECT_EQ(ended.cause, StopCause(choice.token_ids[3]));
  EXPECT_EQ(ended.finish, FinishReason::stop);
}

TEST_F(LocalProviderTest, AStopStringIsNamedAsTheCause) {
  GenerationRequest request = completion({"abc"}, 20);
  const std::string free = result_of(request).choices.at(0).text;
  request.stop.strings = {free.substr(6, 3)};
  const GenerationChoice stopped = result_of(request).choices.at(0);
  EXPECT_EQ(stopped.cause, StopCause(free.substr(6, 3)));
  EXPECT_EQ(stopped.text, free.substr(0, free.find(request.stop.strings[0])));
  request.stop.include_in_text = true;
  EXPECT_EQ(result_of(request).choices.at(0).text, stopped.text + request.stop.strings[0]);
}

TEST_F(LocalProviderTest, BadWordsAndAllowedTokensHold) {
  GenerationRequest request = completion({"abc"}, 20);
  const std::string free = result_of(request).choices.at(0).text;
  request.sampling.bad_words = {free.substr(4, 2)};
  const std::string changed = result_of(request).choices.at(0).text;
  EXPECT_EQ(changed.find(free.substr(4, 2)), std::string::npos);
  EXPECT_EQ(changed.substr(0, 4), free.substr(0, 4));
  request.sampling.bad_words.clear();
  request.sampling.allowed_tokens = {'x', 'y'};
  EXPECT_EQ(result_of(request).choices.at(0).text.find_first_not_of("xy"), std::string::npos);
}

TEST_F(LocalProviderTest, TruncatesWhereItIsAskedTo) {
  GenerationRequest request = completion({"abcdef"}, 2);
  request.report.echo = true;
  request.prompt.truncate = 3;
  EXPECT_EQ(result_of(request).choices.at(0).text.substr(0, 3), "def");
  request.prompt.truncate_side = PromptRequest::Side::right;
  EXPECT_EQ(result_of(request).choices.at(0).text.substr(0, 3), "abc");
  GenerationRequest huge = completion({std::string(1000, 'x')}, 30);
  huge.prompt.truncate = -1;
  EXPECT_EQ(result_of(huge).usage.prompt_tokens, 200 - 30);
}

TEST_F(LocalProviderTest, AChatMayContinueItsLastMessage) {
  GenerationRequest request = chat("hi");
  ChatMessage begun;
  begun.role = "assistant";
  begun.content = {{"It is"}};
  begun.raw = json::object{{"role", "assistant"}, {"content", "It is"}};
  request.messages.push_back(begun);
  request.prompt.continue_final_message = true;
  request.report.prompt_text = true;
  request.report.echo = true;
  const GenerationChoice choice = result_of(request).choices.at(0);
  EXPECT_EQ(choice.prompt->text, "<|start|>user:hi<|start|>assistant:It is");
  EXPECT_TRUE(choice.text.starts_with("It is"));
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

TEST_F(LocalProviderTest, TokensThatDoNotExistAreRefusedByField) {
  const auto param = [&](auto change) {
    GenerationRequest request = completion({"abc"}, 2);
    change(request);
    Heard heard;
    provider_->generate(std::move(request), heard.sink());
    heard.wait();
    return heard.error ? heard.error->param : "accepted";
  };
  EXPECT_EQ(param([](auto& r) { r.stop.token_ids = {160}; }), "stop_token_ids");
  EXPECT_EQ(param([](auto& r) { r.sampling.allowed_tokens = {1, 160}; }), "allowed_token_ids");
  EXPECT_EQ(param([](auto& r) { r.sampling.logit_bias = {{1000, 1.0f}}; }), "logit_bias");
  EXPECT_EQ(param([](auto& r) { r.prompts = {std::vector<TokenId>{3, 160}}; }), "prompt");
  EXPECT_EQ(param([](auto& r) { r.prompts = {""}; }), "prompt");
  // More than the queue holds, however empty it is.
  EXPECT_EQ(param([](auto& r) { r.prompts.resize(1089, "a"); }), "prompt");
}

TEST_F(LocalProviderTest, TellsTheTokensOfPromptsAndChats) {
  const auto tokens_of = [&](GenerationRequest request) {
    std::promise<ApiResult<TokenizedPrompt>> told;
    provider_->tokenize(std::move(request), [&](auto result) { told.set_value(std::move(result)); });
    return told.get_future().get();
  };
  const TokenizedPrompt plain = tokens_of(completion({"a b"}, 1)).value();
  EXPECT_EQ(plain.tokens, (std::vector<TokenId>{'a', ' ', 'b'}));
  EXPECT_EQ(plain.texts, (std::vector<std::string>{"a", "Ġ", "b"}));
  // The template's own text may be special tokens, what the message says never is.
  const TokenizedPrompt rendered = tokens_of(chat("<|end|>")).value();
  EXPECT_EQ(rendered.tokens.front(), 158);
  EXPECT_EQ(rendered.texts.front(), "<|start|>");
  EXPECT_EQ(rendered.tokens.size(), 1 + std::string_view("user:<|end|>").size());
  EXPECT_TRUE(tokens_of(completion({""}, 1)).value().tokens.empty());
  // However long it is: only an answer would have to fit.
  EXPECT_EQ(tokens_of(completion({std::string(1000, 'x')}, 1)).value().tokens.size(), 1000u);
  GenerationRequest elsewhere = completion({"a"}, 1);
  elsewhere.model = "other";
  EXPECT_EQ(tokens_of(elsewhere).error().error.code, ErrorCode::not_found);
}

TEST_F(LocalProviderTest, TellsTheTextOfTokens) {
  const auto text_of_tokens = [&](std::vector<TokenId> tokens, const char* model = "tiny") {
    std::promise<ApiResult<std::string>> told;
    provider_->detokenize(model, std::move(tokens), [&](auto result) { told.set_value(std::move(result)); });
    return told.get_future().get();
  };
  EXPECT_EQ(text_of_tokens({'a', ' ', 'b', 159}).value(), "a b<|end|>");
  EXPECT_EQ(text_of_tokens({}).value(), "");
  for (const TokenId none : {-1, 160}) {
    EXPECT_EQ(text_of_tokens({'a', none}).error().param, "tokens") << none;
  }
  EXPECT_EQ(text_of_tokens({'a'}, "other").error().error.code, ErrorCode::not_found);
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
  while (deltas == 0) std::this_thread::yield();
  running->cancel();  // waits for the call that is under way, which uses what this function owns
  const Engine& engine = *host_->find("tiny")->engine;
  while (engine.status().kv_pages_free != engine.status().kv_pages) std::this_thread::yield();
  EXPECT_EQ(deltas, 1);
}

}  // namespace
}  // namespace ferry
