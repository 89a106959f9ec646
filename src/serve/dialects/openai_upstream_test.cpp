// OpenAI's API as an upstream: requests written and patched, answers, streams and errors read.

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/openai_reading.h"
#include "serve/dialects/openai_writing.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

constexpr std::string_view kMembers[] = {
    R"("temperature": 0.7)",
    R"("top_p": 0.5)",
    R"("top_k": 4)",
    R"("min_p": 0.25)",
    R"("typical_p": 0.5)",
    R"("presence_penalty": -1)",
    R"("frequency_penalty": 0.5)",
    R"("repetition_penalty": 1.5)",
    R"("seed": -4)",
    R"("logit_bias": {"7": 1.5, "50": -100})",
    R"("bad_words": ["x"])",
    R"("allowed_token_ids": [4, 5])",
    R"("max_tokens": 50, "min_tokens": 4)",
    R"("stop": ["a", "b"])",
    R"("stop_token_ids": [1, 2])",
    R"("ignore_eos": true)",
    R"("include_stop_str_in_output": true)",
    R"("response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object"}}})",
    R"("response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "key_order": "schema"}})",
    R"("tools": [{"type": "function", "function": {"name": "f", "x": 1}}, {"type": "custom", "custom": {"name": "c"}}])",
    R"("parallel_tool_calls": false, "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {"type": "function", "function": {"name": "f"}})",
    R"("reasoning_effort": "high")",
    R"("thinking_token_budget": 5)",
    R"("reasoning_format": "none", "include_reasoning": false)",
    R"("logprobs": true, "top_logprobs": 3)",
    R"("echo": true, "return_token_ids": true, "return_prompt_text": true)",
    R"("skip_special_tokens": false, "return_tokens_as_token_ids": true)",
    R"("add_special_tokens": false, "truncate_prompt_tokens": 9, "truncation_side": "right")",
    R"("chat_template_kwargs": {"a": [1]}, "documents": [{"text": "x"}])",
    R"("continue_final_message": true)",
    R"("add_generation_prompt": false)",
    R"("stream": true, "stream_options": {"include_usage": true, "include_obfuscation": false})",
    R"("stream": true, "prompt_logprobs": 2)",
    R"("priority": 3, "cache_salt": "s", "request_id": "r")",
    R"("user": "u", "metadata": {"k": "v"}, "service_tier": "flex")",
    R"("n": 3)",
    R"("frobnicate": {"deep": [1, {"a": null}]})",
    R"("web_search_options": {"a": 1})",
    R"("modalities": ["text", "audio"], "audio": {"voice": "x"})",
    R"("guided_choice": ["a", "b"])",
};

constexpr std::string_view kMessages[] = {
    R"({"role": "system", "content": "s"})",
    R"({"role": "developer", "content": [{"type": "text", "text": "d", "cache_control": {"type": "ephemeral"}}]})",
    R"({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}], "name": "ann"})",
    R"({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}], "odd": 1})",
    R"({"role": "tool", "tool_call_id": "c", "content": "42"})",
    R"({"role": "assistant", "content": "x", "reasoning_content": "t", "thinking_blocks": [{"type": "thinking", "thinking": "t", "signature": "s"}]})",
    R"({"role": "robot", "beep": true})",
};

// One member of a name only: with two, parsers disagree.
std::string random_chat(uint64_t seed) {
  Rng rng(seed);
  json::object body{{"model", "m"}};
  std::string messages = R"({"role": "user", "content": "hi"})";
  for (const std::string_view message : kMessages) {
    if (rng.below(3) == 0) messages += fmt::format(",{}", message);
  }
  body["messages"] = parse_json(fmt::format("[{}]", messages), "messages").value();
  for (const std::string_view member : kMembers) {
    if (rng.below(6) != 0) continue;
    const json::value parsed = parse_json(fmt::format("{{{}}}", member), "member").value();
    bool is_new = true;
    for (const auto& m : parsed.get_object()) is_new &= !body.contains(m.key());
    // Both say what the answer must be; the other two exclude each other.
    if (parsed.get_object().contains("guided_choice") && body.contains("response_format")) continue;
    if (parsed.get_object().contains("add_generation_prompt") && body.contains("continue_final_message"))
      continue;
    for (const auto& m : parsed.get_object()) {
      if (is_new) body.emplace(m.key(), m.value());
    }
  }
  return to_json(body);
}

const WriteOptions kPlain{.model = "upstream", .include_usage = false};

// Same dialect, written anew: as when a text in it was redacted.
TEST(OpenAiRequest, WrittenAnewSaysTheSame) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const std::string body = random_chat(seed);
    SCOPED_TRACE(body);
    const auto first = read_openai_chat(body);
    ASSERT_TRUE(first) << first.error().error.message;
    const std::string written = kOpenAiChat.write_request(*first, kPlain)->body;
    const auto second = read_openai_chat(written);
    ASSERT_TRUE(second) << second.error().error.message << written;
    // Nothing is lost: whoever reads either sees the same members, but for those of no meaning.
    const json::object before = parse_json(body, "body").value().get_object();
    const json::object after = parse_json(written, "written").value().get_object();
    for (const auto& [name, value] : before) {
      if (name == "model" || name == "max_tokens" || name == "documents" || name == "chat_template_kwargs" ||
          name == "guided_choice" || name == "temperature" || name == "presence_penalty")
        continue;
      ASSERT_TRUE(after.contains(name)) << name;
      EXPECT_EQ(after.at(name), value) << name;
    }
    EXPECT_EQ(kOpenAiChat.write_request(*second, kPlain)->body, written);
    ASSERT_EQ(features_of(*first).size(), features_of(*second).size());
    EXPECT_EQ(second->sampling.temperature, first->sampling.temperature);
    EXPECT_EQ(second->sampling.presence_penalty, first->sampling.presence_penalty);
    EXPECT_EQ(second->stop.max_tokens, first->stop.max_tokens);
    EXPECT_EQ(second->prompt.template_arguments, first->prompt.template_arguments);
    EXPECT_EQ(second->format.has_value(), first->format.has_value());
  }
}

TEST(OpenAiRequest, ACompletionWrittenAnew) {
  const auto request = read_openai_completion(
      R"({"model": "m", "prompt": ["a", "b"], "best_of": 3, "n": 2, "logprobs": 2, "x": 1})");
  EXPECT_EQ(
      kOpenAiCompletions.write_request(*request, kPlain)->body,
      R"({"model":"upstream","prompt":["a","b"],"n":2,"best_of":3,"max_tokens":16,"logprobs":2,"x":1})");
  const auto tokens = read_openai_completion(R"({"model": "m", "prompt": [1, 2], "suffix": "s"})");
  EXPECT_EQ(kOpenAiCompletions.write_request(*tokens, kPlain)->body,
            R"({"model":"upstream","prompt":[1,2],"suffix":"s","max_tokens":16})");
}

TEST(OpenAiRequest, OlderNames) {
  const auto request = read_openai_chat(
      R"({"model": "m", "max_completion_tokens": 5, "messages": [{"role": "developer", "content": "x"}]})");
  EXPECT_EQ(kOpenAiChat.write_request(*request, {.model = "u", .older_names = true})->body,
            R"({"model":"u","messages":[{"role":"system","content":"x"}],"max_tokens":5})");
}

std::string patched(std::string_view body, bool include_usage = true) {
  const auto request = read_openai_chat(body);
  EXPECT_TRUE(request) << request.error().error.message;
  return kOpenAiChat.patch_request(body, *request, {.model = "u\"p", .include_usage = include_usage})->body;
}

TEST(OpenAiRequest, PatchedInPlace) {
  constexpr std::string_view kTail =
      R"( , "messages":[ {"content" : "\u0041 model","role":"user"}],"x": 1.50e0 })";
  const auto with = [&](std::string_view middle) {
    return fmt::format(R"({{ "model":"m"{}{})", middle, kTail);
  };
  const auto expected = [&](std::string_view middle, std::string_view end = "") {
    std::string out = fmt::format(R"({{ "model":"u\"p"{}{})", middle, kTail);
    return out.insert(out.size() - 1, end);
  };
  EXPECT_EQ(patched(with("")), expected("")) << "no stream";
  EXPECT_EQ(patched(with(R"(,"stream":true)")),
            expected(R"(,"stream":true)", R"(,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(patched(with(R"(,"stream":true)"), false), expected(R"(,"stream":true)"));
  EXPECT_EQ(patched(with(R"(,"stream":true, "stream_options" : { "include_usage" :true })")),
            expected(R"(,"stream":true, "stream_options" : { "include_usage" :true })"));
  EXPECT_EQ(patched(with(R"(,"stream":true, "stream_options" : { "include_usage" :false, "a":1 })")),
            expected(R"(,"stream":true, "stream_options" : { "include_usage" :true, "a":1 })"));
  EXPECT_EQ(patched(with(R"(,"stream":true, "stream_options" :null)")),
            expected(R"(,"stream":true, "stream_options" :{"include_usage":true})"));
}

TEST(OpenAiAnswer, ReadsWhatWeWrite) {
  GenerationResult result;
  result.choices.push_back({.thought = "hm",
                            .text = "hi",
                            .calls = {{.id = "c", .name = "f", .arguments = "{\"a\":1}"}},
                            .logprobs = {{.chosen = {.id = -1, .text = "\xE2\x80", .logprob = -0.5f},
                                          .top = {{.id = -1, .text = "x", .logprob = -1}}}},
                            .finish = FinishReason::tool_calls,
                            .cause = {},
                            .prompt = {},
                            .seals = {{.text = "hm", .signature = "sig"}, {.redacted = "xx"}},
                            .refusal = "no"});
  result.choices.push_back(
      {.text = "b", .finish = FinishReason::stop, .cause = std::string("END"), .prompt = {}});
  result.choices.push_back({.text = "c", .finish = FinishReason::content_filter, .cause = {}, .prompt = {}});
  result.usage = {.prompt_tokens = 10,
                  .completion_tokens = 5,
                  .cached_tokens = 4,
                  .thought_tokens = 2,
                  .cache_written_tokens = 3};
  GenerationRequest request;
  request.report.top_logprobs = 1;
  const ExchangeIdentity identity{.id = "chatcmpl-1", .created = 7, .model = "m", .fingerprint = {}};
  const std::string body = kOpenAiChat.write_answer(identity, result, request);
  const auto read = kOpenAiChat.read_answer(body);
  ASSERT_TRUE(read) << read.error().error.message;
  EXPECT_EQ(read->id, "chatcmpl-1");
  EXPECT_EQ(read->model, "m");
  EXPECT_EQ(read->result.usage, result.usage);
  EXPECT_EQ(kOpenAiChat.write_answer(identity, read->result, request), body);
  EXPECT_EQ(kOpenAiChat.patch_answer(body, "n"),
            kOpenAiChat.write_answer({.id = "chatcmpl-1", .created = 7, .model = "n", .fingerprint = {}},
                                     result, request));

  request.thought.report = false;
  const std::string silent = kOpenAiChat.write_answer(identity, result, request);
  EXPECT_EQ(silent.find("reasoning_content"), std::string::npos);
  EXPECT_EQ(silent.find("thinking_blocks"), std::string::npos);
}

TEST(OpenAiAnswer, OfServersThatDiffer) {
  const auto read = kOpenAiChat.read_answer(
      R"({"choices": [{"message": {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
          "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]}, "finish_reason": "eos"}],
          "usage": {"prompt_tokens": 7, "prompt_cache_hit_tokens": 3, "completion_tokens": -1}})");
  ASSERT_TRUE(read) << read.error().error.message;
  const GenerationChoice& choice = read->result.choices.at(0);
  EXPECT_EQ(choice.text, "ab");
  EXPECT_EQ(choice.calls.at(0).arguments, R"({"x":1})");
  EXPECT_EQ(choice.finish, FinishReason::stop);
  EXPECT_EQ(read->result.usage, (Usage{.prompt_tokens = 7, .cached_tokens = 3}));
}

TEST(OpenAiAnswer, Legacy) {
  const auto read = kOpenAiCompletions.read_answer(
      R"({"id": "cmpl-1", "choices": [{"index": 0, "text": "ab", "finish_reason": "length", "logprobs":
          {"tokens": ["a", "b"], "token_logprobs": [null, -0.5], "top_logprobs": [null, {"b": -0.5, "c": -2}]}}]})");
  ASSERT_TRUE(read) << read.error().error.message;
  const GenerationChoice& choice = read->result.choices.at(0);
  EXPECT_EQ(choice.text, "ab");
  EXPECT_EQ(choice.finish, FinishReason::length);
  ASSERT_EQ(choice.logprobs.size(), 2u);
  EXPECT_TRUE(choice.logprobs[0].is_first);
  EXPECT_EQ(choice.logprobs[1].top.at(1).text, "c");
}

TEST(OpenAiAnswer, WhatIsNoAnswer) {
  for (const std::string_view body : {"", "<html>", "[]", "{}", R"({"choices": []})", R"({"choices": {}})",
                                      R"({"choices": [{"index": 5}]})"}) {
    const auto read = kOpenAiChat.read_answer(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::unreadable) << body;
  }
  const auto failed =
      kOpenAiChat.read_answer(R"({"error": {"message": "slow down", "code": "rate_limit_exceeded"}})");
  EXPECT_EQ(failed.error().kind, ErrorKind::rate_limited);
}

struct Stream {
  GenerationResult result;
  std::optional<Usage> usage;
  std::optional<ApiError> error;
  bool ended = false;
  std::string id;
};

Stream read_stream(const WireDialect& dialect, std::span<const std::string> events) {
  Stream stream;
  const auto reader = dialect.read_events();
  for (const std::string& event : events) {
    EventReading reading = reader->read("", event);
    for (GenerationDelta& delta : reading.deltas) append(stream.result, std::move(delta));
    if (reading.usage) stream.usage = reading.usage;
    stream.error = reading.error;
    stream.ended = reading.ended;
    if (stream.error || stream.ended) break;
  }
  stream.id = reader->id();
  return stream;
}

TEST(OpenAiStream, ReadsWhatWeWrite) {
  GenerationRequest request;
  request.stream_usage = true;
  request.n = 2;
  const ExchangeIdentity identity{.id = "chatcmpl-1", .created = 7, .model = "m", .fingerprint = {}};
  std::vector<std::string> events;
  const auto emit = [&](std::string_view data, std::string_view) { events.emplace_back(data); };
  const auto writer = kOpenAiChat.write_events(identity, request);
  writer->begin(emit);
  writer->delta({.thought = "h"}, emit);
  writer->delta({.thought = "m", .seal = ThoughtSeal{.text = "hm", .signature = "sig"}}, emit);
  writer->delta({.seal = ThoughtSeal{.redacted = "zz"}}, emit);
  writer->delta({.text = "Hel"}, emit);
  writer->delta({.index = 1, .text = "other"}, emit);
  writer->delta({.text = "lo"}, emit);
  writer->delta({.calls = {{.index = 0, .id = "c", .name = "f", .arguments = "{"}}}, emit);
  writer->delta(
      {.calls = {{.index = 0, .arguments = "}"}, {.index = 1, .id = "d", .name = "g", .arguments = "{}"}}},
      emit);
  writer->delta({.refusal = "no"}, emit);
  writer->delta({.finish = FinishReason::tool_calls}, emit);
  writer->delta({.index = 1, .finish = FinishReason::length}, emit);
  const Usage usage{.prompt_tokens = 3, .completion_tokens = 4};
  writer->end(usage, emit);
  const Stream stream = read_stream(kOpenAiChat, events);
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(stream.id, "chatcmpl-1");
  EXPECT_EQ(stream.usage, usage);
  ASSERT_EQ(stream.result.choices.size(), 2u);
  const GenerationChoice& choice = stream.result.choices[0];
  EXPECT_EQ(choice.thought, "hm");
  ASSERT_EQ(choice.seals.size(), 2u);
  EXPECT_EQ(choice.seals[0].signature, "sig");
  EXPECT_EQ(choice.seals[0].text, "hm");
  EXPECT_EQ(choice.seals[1].redacted, "zz");
  EXPECT_EQ(choice.text, "Hello");
  ASSERT_EQ(choice.calls.size(), 2u);
  EXPECT_EQ(choice.calls[0].arguments, "{}");
  EXPECT_EQ(choice.calls[1].name, "g");
  EXPECT_EQ(choice.refusal, "no");
  EXPECT_EQ(choice.finish, FinishReason::tool_calls);
  EXPECT_EQ(stream.result.choices[1].text, "other");
  EXPECT_EQ(stream.result.choices[1].finish, FinishReason::length);
}

TEST(OpenAiStream, CallsOfServersThatDiffer) {
  // No index; every call whole, as number 0; id and name repeated with each piece.
  const std::vector<std::string> events = {
      R"({"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"}"}}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"[1]"}}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"h","arguments":"[2"}}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"h","arguments":"]"}}]},"finish_reason":"tool_calls"}]})",
      R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1}})",
      "[DONE]"};
  const Stream stream = read_stream(kOpenAiChat, events);
  ASSERT_TRUE(stream.ended);
  const auto& calls = stream.result.choices.at(0).calls;
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].arguments, "{}");
  EXPECT_EQ(calls[1].name, "g");
  EXPECT_EQ(calls[2].name, "h");
  EXPECT_EQ(calls[2].arguments, "[2]");
}

TEST(OpenAiStream, OneFinishForEachChoice) {
  const auto reader = kOpenAiChat.read_events();
  EXPECT_TRUE(reader->read("", R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").deltas.at(0).finish);
  EXPECT_FALSE(reader->read("", R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").deltas.at(0).finish);
}

TEST(OpenAiStream, AUsageAloneIsToldApart) {
  const auto reader = kOpenAiChat.read_events();
  EXPECT_TRUE(reader->read("", R"({"choices":[],"usage":{"prompt_tokens":1}})").only_usage);
  const EventReading both =
      reader->read("", R"({"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}})");
  EXPECT_FALSE(both.only_usage);
  EXPECT_EQ(both.usage->prompt_tokens, 1);
}

TEST(OpenAiStream, ErrorsWithinAStream) {
  const auto read = [](std::string_view data) { return kOpenAiChat.read_events()->read("", data).error; };
  EXPECT_EQ(read(R"({"error":{"message":"x","type":"server_error"}})")->kind, ErrorKind::server);
  EXPECT_EQ(read(R"({"error":{"message":"x","type":"overloaded_error"}})")->kind, ErrorKind::overloaded);
  EXPECT_EQ(read(R"({"error":{"message":"x","code":429}})")->kind, ErrorKind::rate_limited);
  EXPECT_EQ(read(R"({"error":"boom"})")->error.message, "boom");
  EXPECT_EQ(read("not json")->kind, ErrorKind::unreadable);
  EXPECT_EQ(read("[]")->kind, ErrorKind::unreadable);
  EXPECT_EQ(read(R"({"choices":[{"index":-1}]})")->kind, ErrorKind::unreadable);
  EXPECT_EQ(read(R"({"choices":[{"index":100000000}]})")->kind, ErrorKind::unreadable);
}

TEST(OpenAiErrors, KindsAndWords) {
  const auto read = [](int status, std::string_view body, WireHeaders headers = {}) {
    return kOpenAiChat.read_error(status, headers, body);
  };
  const ApiError limited =
      read(429, R"({"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}})",
           {{"retry-after", "7"}});
  EXPECT_EQ(limited.kind, ErrorKind::rate_limited);
  EXPECT_EQ(limited.retry_after_s, 7);
  EXPECT_EQ(limited.error.message, "slow");
  EXPECT_EQ(limited.error.code, ErrorCode::overloaded);
  EXPECT_EQ(limited.upstream_status, 429);
  EXPECT_EQ(read(429, "", {{"retry-after-ms", "1500"}, {"retry-after", "9"}}).retry_after_s, 1.5);
  EXPECT_EQ(read(429, "", {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}).retry_after_s, 0);
  EXPECT_EQ(read(429, "", {{"retry-after", "1e300"}}).retry_after_s, 86400);
  EXPECT_EQ(read(429, R"({"error":{"message":"no money","code":"insufficient_quota"}})").kind,
            ErrorKind::billing);
  const ApiError context =
      read(400, R"({"error":{"message":"m","code":"context_length_exceeded","param":"messages"}})");
  EXPECT_EQ(context.kind, ErrorKind::context_too_long);
  EXPECT_EQ(context.reason, "context_length_exceeded");
  EXPECT_EQ(context.param, "messages");
  EXPECT_EQ(
      read(400, R"({"object":"error","message":"This model's maximum context length is 8 tokens"})").kind,
      ErrorKind::context_too_long);
  EXPECT_EQ(read(400, R"({"error":{"message":"m","code":"content_filter"}})").kind,
            ErrorKind::content_filter);
  EXPECT_EQ(read(422, R"({"detail":"bad"})").error.message, "bad");
  EXPECT_EQ(read(422, R"({"detail":"bad"})").kind, ErrorKind::bad_request);
  // The caller's own words do not blame the upstream.
  EXPECT_EQ(read(400, R"({"error":{"message":"no such value: 'billing insufficient_quota'"}})").kind,
            ErrorKind::bad_request);
  EXPECT_EQ(read(401, "").kind, ErrorKind::authentication);
  EXPECT_EQ(read(403, "").kind, ErrorKind::permission);
  EXPECT_EQ(read(404, "").kind, ErrorKind::not_found);
  EXPECT_EQ(read(408, "").kind, ErrorKind::timeout);
  EXPECT_EQ(read(413, "").kind, ErrorKind::too_large);
  EXPECT_EQ(read(500, "<html>").error.message, "the upstream answered with status 500");
  EXPECT_EQ(read(503, "").kind, ErrorKind::overloaded);
  EXPECT_LE(read(500, fmt::format(R"({{"error":{{"message":"{}"}}}})", std::string(9999, 'x')))
                .error.message.size(),
            2000u);
}

TEST(OpenAiForm, OfMessagesFromElsewhere) {
  using Kind = ContentPart::Kind;
  ChatMessage message{.role = "user",
                      .content = {{.text = "look"},
                                  {.kind = Kind::image, .media = {.type = "image/gif", .data = "AA=="}},
                                  {.kind = Kind::image, .media = {.url = "https://x"}},
                                  {.text = "body", .kind = Kind::file, .media = {.name = "T"}},
                                  {.kind = Kind::file, .media = {.type = "application/pdf", .data = "BB=="}}},
                      .name = {},
                      .tool_calls = {},
                      .tool_call_id = {}};
  EXPECT_EQ(to_json(openai_message(message)),
            R"({"role":"user","content":[{"type":"text","text":"look"},)"
            R"({"type":"image_url","image_url":{"url":"data:image/gif;base64,AA=="}},)"
            R"({"type":"image_url","image_url":{"url":"https://x"}},{"type":"text","text":"T\n\nbody"},)"
            R"({"type":"file","file":{"file_data":"data:application/pdf;base64,BB=="}}]})");
  ChatMessage thinks{.role = "assistant",
                     .content = {{.text = "hm", .kind = Kind::thought, .signature = "s"},
                                 {.kind = Kind::redacted_thought, .signature = "r"}},
                     .name = {},
                     .tool_calls = {{.id = "c", .name = "f", .arguments = "{}"}},
                     .tool_call_id = {}};
  EXPECT_EQ(to_json(openai_message(thinks)),
            R"({"role":"assistant","content":null,"reasoning_content":"hm","thinking_blocks":[)"
            R"({"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"r"}],)"
            R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]})");
}

}  // namespace
}  // namespace ferry
