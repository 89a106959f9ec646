// The wire format, byte for byte, against tests/golden/dialects. Set FERRY_UPDATE_GOLDEN=1 to write the files
// anew, then let validate.py there check them against the official client's types.

#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/openai_error.h"
#include "serve/dialects/openai_models.h"

namespace ferry {
namespace {

void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(FERRY_SOURCE_DIR) + "/tests/golden/dialects/" + name;
  if (std::getenv("FERRY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(path, actual));
  }
  const auto expected = read_file(path);
  ASSERT_TRUE(expected) << expected.error().message;
  EXPECT_EQ(actual, *expected) << name;
}

ExchangeIdentity identity(std::string id) {
  return {.id = std::move(id), .created = 1795320271, .model = "pilot", .fingerprint = "fp_7"};
}

// "Hé" in three tokens: the second and third are halves of a character.
std::vector<TokenLogprob> logprobs() {
  return {
      {.chosen = {72, "H", -0.25f}, .top = {{72, "H", -0.25f}, {104, "h", -1.5f}}},
      {.chosen = {195, "\xC3", -0.125f}, .top = {{195, "\xC3", -0.125f}, {33, "!", -2.5f}}},
      {.chosen = {169, "\xA9", -std::numeric_limits<float>::infinity()},
       .top = {{46, ".", -0.5f}, {46, ".", -3.0f}}},
  };
}

GenerationRequest request(bool with_logprobs, bool with_usage, size_t prompts = 1) {
  GenerationRequest r;
  if (with_logprobs) r.report.top_logprobs = 2;
  r.stream = true;
  r.stream_usage = with_usage;
  r.prompts.resize(prompts);
  return r;
}

OpenAiAnswerFormat format(bool with_logprobs) {
  return OpenAiAnswerFormat(request(with_logprobs, false));
}

// Two choices, as pieces: text lags behind the logprobs where a character is not whole yet.
std::vector<GenerationDelta> deltas(bool with_logprobs) {
  const auto l = with_logprobs ? logprobs() : std::vector<TokenLogprob>(3);
  const auto some = [&](size_t i) {
    return with_logprobs ? std::vector<TokenLogprob>{l[i]} : std::vector<TokenLogprob>();
  };
  return {{.text = "H", .logprobs = some(0)},
          {.logprobs = some(1)},
          {.text = "\xC3\xA9", .logprobs = some(2), .finish = FinishReason::stop}};
}

// Everything that vLLM's clients may ask to be told beside.
GenerationRequest curious() {
  GenerationRequest r = request(true, false);
  r.report.prompt_logprobs = 1;
  r.report.token_ids = true;
  r.report.prompt_text = true;
  r.report.tokens_as_ids = true;
  return r;
}

std::vector<GenerationDelta> told_everything() {
  std::vector<GenerationDelta> pieces = deltas(true);
  pieces[0].prompt = PromptReport{.token_ids = {5, 6},
                                  .logprobs = {{.chosen = {.id = 5, .text = "a"}, .is_first = true},
                                               {.chosen = {6, "b", -1.5f, 3}, .top = {{7, "c", -0.5f, 1}}}},
                                  .text = "ab"};
  pieces[0].token_ids = {72};
  pieces[1].token_ids = {195};
  pieces[2].token_ids = {169, 2};
  pieces[2].cause = 2;
  return pieces;
}

GenerationResult result(bool with_logprobs) {
  GenerationResult r;
  for (GenerationDelta& delta : deltas(with_logprobs)) append(r, std::move(delta));
  r.usage = {.prompt_tokens = 11, .completion_tokens = 3, .cached_tokens = 8};
  return r;
}

template <class Stream>
std::string stream_text(Stream stream, const std::vector<GenerationDelta>& pieces) {
  std::string out;
  const auto emit = [&out](std::string_view data) { out.append(data).append("\n"); };
  if constexpr (requires { stream.begin(emit); }) stream.begin(emit);
  for (const GenerationDelta& piece : pieces) stream.delta(piece, emit);
  stream.end({.prompt_tokens = 11, .completion_tokens = 3, .cached_tokens = 8}, emit);
  return out;
}

TEST(OpenAiAnswer, Chat) {
  expect_golden("chat.json", openai_chat_response(identity("chatcmpl-1"), result(false), format(false)));
  expect_golden("chat_logprobs.json",
                openai_chat_response(identity("chatcmpl-1"), result(true), format(true)));
}

TEST(OpenAiAnswer, ChatCutAtTheLimitWithoutFingerprint) {
  GenerationResult r = result(false);
  r.choices[0].finish = FinishReason::length;
  r.choices[0].text = "quote \" and\nline\x01";
  ExchangeIdentity nameless = identity("chatcmpl-2");
  nameless.fingerprint.clear();
  expect_golden("chat_length.json", openai_chat_response(nameless, r, format(false)));
}

TEST(OpenAiAnswer, ChatStream) {
  expect_golden("chat_stream.jsonl",
                stream_text(OpenAiChatStream(identity("chatcmpl-1"), request(false, false)), deltas(false)));
  expect_golden("chat_stream_full.jsonl",
                stream_text(OpenAiChatStream(identity("chatcmpl-1"), request(true, true)), deltas(true)));
}

// A thought, words, two calls, of which the second comes in pieces.
std::vector<GenerationDelta> thoughtful() {
  return {{.thought = "Hm, "},
          {.thought = "rain?", .text = "I "},
          {.text = "look.", .calls = {{0, "call_1", "weather", R"({"city": "Zürich"})"}}},
          {.calls = {{1, "call_2", "now", ""}}},
          {.calls = {{.index = 1, .arguments = "{}"}}, .finish = FinishReason::tool_calls}};
}

TEST(OpenAiAnswer, ChatThatThinksAndCalls) {
  GenerationResult r;
  for (GenerationDelta& delta : thoughtful()) append(r, std::move(delta));
  r.usage = {.prompt_tokens = 11, .completion_tokens = 30, .cached_tokens = 8, .thought_tokens = 4};
  expect_golden("chat_tools.json", openai_chat_response(identity("chatcmpl-1"), r, format(false)));
  r.choices[0].text.clear();
  r.choices[0].thought.clear();
  expect_golden("chat_tools_only.json", openai_chat_response(identity("chatcmpl-1"), r, format(false)));
  expect_golden("chat_tools_stream.jsonl",
                stream_text(OpenAiChatStream(identity("chatcmpl-1"), request(false, false)), thoughtful()));
}

TEST(OpenAiAnswer, Completion) {
  expect_golden("completion.json",
                openai_completion_response(identity("cmpl-1"), result(false), format(false)));
  GenerationResult two = result(true);
  append(two, {.index = 1, .text = "second", .finish = FinishReason::length});
  expect_golden("completion_two.json", openai_completion_response(identity("cmpl-1"), two, format(true)));
}

TEST(OpenAiAnswer, CompletionStream) {
  std::vector<GenerationDelta> pieces = deltas(false);
  pieces.insert(pieces.begin() + 1, {.index = 1, .text = "second", .finish = FinishReason::length});
  expect_golden("completion_stream.jsonl",
                stream_text(OpenAiCompletionStream(identity("cmpl-1"), request(false, false, 2)), pieces));
  expect_golden("completion_stream_full.jsonl",
                stream_text(OpenAiCompletionStream(identity("cmpl-1"), request(true, true)), deltas(true)));
}

TEST(OpenAiAnswer, WhatVllmsClientsAskFor) {
  GenerationResult r;
  for (GenerationDelta& delta : told_everything()) append(r, std::move(delta));
  const OpenAiAnswerFormat everything(curious());
  expect_golden("chat_everything.json", openai_chat_response(identity("chatcmpl-1"), r, everything));
  r.choices[0].cause = "\n";
  expect_golden("completion_everything.json", openai_completion_response(identity("cmpl-1"), r, everything));
  expect_golden("chat_stream_everything.jsonl",
                stream_text(OpenAiChatStream(identity("chatcmpl-1"), curious()), told_everything()));
  expect_golden("completion_stream_everything.jsonl",
                stream_text(OpenAiCompletionStream(identity("cmpl-1"), curious()), told_everything()));
}

TEST(OpenAiAnswer, EchoBeginsWithATokenThatNothingPredicts) {
  GenerationResult r;
  append(r, {.text = "a", .logprobs = {{.chosen = {.id = 5, .text = "a"}, .is_first = true}}});
  append(r, {.text = "b", .logprobs = {{.chosen = {6, "b", -1.5f}}}, .finish = FinishReason::length});
  const std::string json = openai_completion_response(identity("cmpl-1"), r, format(true));
  EXPECT_NE(json.find(R"("token_logprobs":[null,-1.5],"tokens":["a","b"],"top_logprobs":[null,{"b":-1.5}])"),
            std::string::npos)
      << json;
}

TEST(OpenAiAnswer, EveryChoiceOfAStreamHasItsRole) {
  GenerationRequest two = request(false, false);
  two.n = 2;
  std::vector<std::string> chunks;
  OpenAiChatStream(identity("chatcmpl-1"), two).begin([&](std::string_view data) {
    chunks.emplace_back(data);
  });
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_NE(chunks[1].find(R"("index":1,"delta":{"role":"assistant")"), std::string::npos);
}

TEST(OpenAiAnswer, Models) {
  const ModelEntry models[] = {{"pilot", 1795320271, "ferry", 2048}, {"org/other", 0, "org", 0}};
  expect_golden("models.json", openai_model_list_json(models));
  expect_golden("model.json", openai_model_json(models[0]));
}

TEST(OpenAiAnswer, Errors) {
  const ApiError error{{ErrorCode::invalid_argument, "temperature must be 0 to 2, not 3"}, "temperature", ""};
  expect_golden("error.json", openai_error_json(400, error));
  const ApiError missing{{ErrorCode::not_found, "no model \"x\""}, "model", "model_not_found"};
  EXPECT_EQ(openai_error_json(404, missing),
            R"({"error":{"message":"no model \"x\"","type":"invalid_request_error","param":"model",)"
            R"("code":"model_not_found"}})");
  EXPECT_NE(openai_error_json(429, error).find(R"("type":"rate_limit_error")"), std::string::npos);
  EXPECT_NE(openai_error_json(503, error).find(R"("type":"server_error")"), std::string::npos);
}

TEST(OpenAiAnswer, DeltasAddUpToTheResult) {
  const GenerationResult r = result(true);
  ASSERT_EQ(r.choices.size(), 1u);
  EXPECT_EQ(r.choices[0].text, "H\xC3\xA9");
  EXPECT_EQ(r.choices[0].logprobs.size(), 3u);
  EXPECT_EQ(r.choices[0].finish, FinishReason::stop);
}

}  // namespace
}  // namespace ferry
