// Anthropic's answers: read from an upstream, written to a client, and from one dialect to the other.

#include "serve/dialects/anthropic_answer.h"

#include <gtest/gtest.h>

#include "serve/dialects/anthropic_reading.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

struct Event {
  std::string name;
  std::string data;
};

struct Stream {
  GenerationResult result;
  Usage usage;
  std::optional<ApiError> error;
  bool ended = false;
  std::string id;
};

Stream read_stream(const std::vector<Event>& events) {
  Stream stream;
  const auto reader = kAnthropicMessages.read_events();
  for (const Event& event : events) {
    EventReading reading = reader->read(event.name, event.data);
    for (GenerationDelta& delta : reading.deltas) append(stream.result, std::move(delta));
    if (reading.usage) stream.usage = *reading.usage;
    stream.error = reading.error;
    stream.ended = reading.ended;
    if (stream.error || stream.ended) break;
  }
  stream.id = reader->id();
  return stream;
}

// As the API streams thought, words and a call.
const std::vector<Event> kEvents = {
    {"message_start",
     R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},"output_tokens":1}}})"},
    {"content_block_start",
     R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})"},
    {"ping", R"({"type":"ping"})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":0})"},
    {"content_block_start",
     R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"xx"}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":1})"},
    {"content_block_start",
     R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hel"}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"lo"}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":2})"},
    {"content_block_start",
     R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})"},
    {"content_block_delta",
     R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"1}"}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":3})"},
    {"content_block_start",
     R"({"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":4})"},
    {"message_delta",
     R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20,"output_tokens_details":{"thinking_tokens":4}}})"},
    {"message_stop", R"({"type":"message_stop"})"}};

const Usage kUsage{.prompt_tokens = 18,
                   .completion_tokens = 20,
                   .cached_tokens = 3,
                   .thought_tokens = 4,
                   .cache_written_tokens = 5,
                   .cache_written_1h_tokens = 2};

void expect_the_answer(const GenerationResult& result) {
  ASSERT_EQ(result.choices.size(), 1u);
  const GenerationChoice& choice = result.choices[0];
  EXPECT_EQ(choice.thought, "hm");
  ASSERT_EQ(choice.seals.size(), 2u);
  EXPECT_EQ(choice.seals[0].text, "hm");
  EXPECT_EQ(choice.seals[0].signature, "sig");
  EXPECT_EQ(choice.seals[1].redacted, "xx");
  EXPECT_EQ(choice.text, "Hello");
  ASSERT_EQ(choice.calls.size(), 2u);
  EXPECT_EQ(choice.calls[0].id, "t1");
  EXPECT_EQ(choice.calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(choice.calls[1].name, "g");
  EXPECT_EQ(choice.calls[1].arguments, "{}");
  EXPECT_EQ(choice.finish, FinishReason::tool_calls);
}

TEST(AnthropicStream, IsRead) {
  const Stream stream = read_stream(kEvents);
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(stream.id, "msg_1");
  EXPECT_EQ(stream.usage, kUsage);
  expect_the_answer(stream.result);
}

TEST(AnthropicAnswer, IsReadAsItsStream) {
  const auto answer = kAnthropicMessages.read_answer(
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
          {"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"},
          {"type":"text","text":"Hello"},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}},
          {"type":"tool_use","id":"t2","name":"g","input":{}}],
          "stop_reason":"tool_use","stop_sequence":null,
          "usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,"output_tokens":20,
          "cache_creation":{"ephemeral_1h_input_tokens":2},"output_tokens_details":{"thinking_tokens":4}}})");
  ASSERT_TRUE(answer) << answer.error().error.message;
  EXPECT_EQ(answer->id, "msg_1");
  EXPECT_EQ(answer->model, "claude");
  EXPECT_EQ(answer->result.usage, kUsage);
  expect_the_answer(answer->result);
}

GenerationRequest with_thoughts() {
  GenerationRequest request;
  request.thought.report = true;
  return request;
}

const ExchangeIdentity kIdentity{.id = "msg_1", .created = 7, .model = "claude", .fingerprint = {}};

std::vector<Event> write_stream(const WireDialect& dialect, const std::vector<Event>& upstream,
                                const GenerationRequest& request) {
  std::vector<Event> events;
  const auto emit = [&](std::string_view data, std::string_view name) {
    events.push_back({std::string(name), std::string(data)});
  };
  const auto reader = kAnthropicMessages.read_events();
  const auto writer = dialect.write_events(kIdentity, request);
  Usage usage;
  writer->begin(emit);
  for (const Event& event : upstream) {
    const EventReading reading = reader->read(event.name, event.data);
    for (const GenerationDelta& delta : reading.deltas) writer->delta(delta, emit);
    if (reading.usage) usage = *reading.usage;
    if (reading.ended) writer->end(usage, emit);
  }
  return events;
}

TEST(AnthropicStream, WrittenAnewSaysTheSame) {
  const std::vector<Event> written = write_stream(kAnthropicMessages, kEvents, with_thoughts());
  const Stream stream = read_stream(written);
  EXPECT_TRUE(stream.ended);
  expect_the_answer(stream.result);
  Usage usage = kUsage;
  usage.cache_written_1h_tokens = 0;  // not told again
  EXPECT_EQ(stream.usage, usage);
  // Block by block as the API has them; only what says nothing is not sent again.
  std::vector<std::string> data;
  for (const Event& event : kEvents) {
    const bool says = event.name != "ping" && event.data.find(R"("partial_json":"")") == std::string::npos;
    if (says && event.name.starts_with("content_block")) data.push_back(event.data);
  }
  std::vector<std::string> again;
  for (const Event& event : written) {
    EXPECT_EQ(parse_json(event.data, "event").value().at("type").as_string(), event.name);
    if (event.name.starts_with("content_block")) again.push_back(event.data);
  }
  // A call without arguments gets them as one piece.
  data.insert(
      data.end() - 1,
      R"({"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{}"}})");
  EXPECT_EQ(again, data);
}

TEST(AnthropicAnswer, WrittenAnewSaysTheSame) {
  GenerationResult result = read_stream(kEvents).result;
  result.usage = kUsage;
  const std::string body = kAnthropicMessages.write_answer(kIdentity, result, with_thoughts());
  const auto read = kAnthropicMessages.read_answer(body);
  ASSERT_TRUE(read) << read.error().error.message;
  expect_the_answer(read->result);
  EXPECT_EQ(kAnthropicMessages.write_answer(kIdentity, read->result, with_thoughts()), body);
  EXPECT_EQ(
      body,
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[)"
      R"({"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"},)"
      R"({"type":"text","text":"Hello"},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}},)"
      R"({"type":"tool_use","id":"t2","name":"g","input":{}}],"stop_reason":"tool_use","stop_sequence":null,)"
      R"("usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,)"
      R"("output_tokens":20,"output_tokens_details":{"thinking_tokens":4}}})");
}

TEST(AnthropicAnswer, WithoutThinkingThereIsNoThought) {
  GenerationRequest request;
  request.thought.report = false;
  const std::vector<Event> written = write_stream(kAnthropicMessages, kEvents, request);
  for (const Event& event : written)
    EXPECT_EQ(event.data.find("thinking\""), std::string::npos) << event.data;
  EXPECT_EQ(read_stream(written).result.choices.at(0).text, "Hello");
}

TEST(AnthropicAnswer, EachReasonToStop) {
  struct Case {
    FinishReason finish;
    StopCause cause;
    std::string_view written;
  };
  for (const Case& c :
       {Case{FinishReason::stop, {}, R"("stop_reason":"end_turn","stop_sequence":null)"},
        Case{FinishReason::stop, std::string("END"),
             R"("stop_reason":"stop_sequence","stop_sequence":"END")"},
        Case{FinishReason::stop, TokenId{5}, R"("stop_reason":"end_turn","stop_sequence":null)"},
        Case{FinishReason::length, {}, R"("stop_reason":"max_tokens","stop_sequence":null)"},
        Case{FinishReason::content_filter, {}, R"("stop_reason":"refusal","stop_sequence":null)"},
        Case{FinishReason::pause, {}, R"("stop_reason":"pause_turn","stop_sequence":null)"}}) {
    GenerationResult result;
    result.choices.push_back({.text = "x", .finish = c.finish, .cause = c.cause, .prompt = {}});
    const std::string body = kAnthropicMessages.write_answer(kIdentity, result, {});
    EXPECT_NE(body.find(c.written), std::string::npos) << body;
    EXPECT_EQ(kAnthropicMessages.read_answer(body)->result.choices[0].finish, c.finish);
  }
}

// A client of OpenAI's, a model of Anthropic's.
TEST(AnthropicToOpenAi, AStream) {
  GenerationRequest request;
  request.stream_usage = true;
  const std::vector<Event> written = write_stream(kOpenAiChat, kEvents, request);
  GenerationResult result;
  Usage usage;
  const auto reader = kOpenAiChat.read_events();
  bool ended = false;
  for (const Event& event : written) {
    EXPECT_EQ(event.name, "");
    EventReading reading = reader->read("", event.data);
    ASSERT_FALSE(reading.error) << event.data;
    for (GenerationDelta& delta : reading.deltas) append(result, std::move(delta));
    if (reading.usage) usage = *reading.usage;
    ended |= reading.ended;
  }
  EXPECT_TRUE(ended);
  expect_the_answer(result);
  Usage expected = kUsage;
  expected.cache_written_1h_tokens = 0;
  EXPECT_EQ(usage, expected);
}

TEST(AnthropicAnswer, ArgumentsThatWereCutAreMarked) {
  GenerationResult result;
  result.choices.push_back({.text = {},
                            .calls = {{.id = "", .name = "f", .arguments = "{\"a\":"}},
                            .finish = FinishReason::length,
                            .cause = {},
                            .prompt = {}});
  const std::string body = kAnthropicMessages.write_answer(kIdentity, result, {});
  EXPECT_NE(body.find(R"("id":"toolu_msg_1_0","name":"f","input":{"INVALID_JSON":"{\"a\":"})"),
            std::string::npos)
      << body;
}

TEST(AnthropicStream, CallsInTurnsEndIt) {
  std::vector<Event> events;
  const auto emit = [&](std::string_view data, std::string_view name) {
    events.push_back({std::string(name), std::string(data)});
  };
  const auto writer = kAnthropicMessages.write_events(kIdentity, {});
  writer->begin(emit);
  writer->delta({.calls = {{.index = 0, .id = "a", .name = "f"}, {.index = 1, .id = "b", .name = "g"}}},
                emit);
  writer->delta({.calls = {{.index = 0, .arguments = "{}"}}}, emit);
  writer->end({}, emit);
  EXPECT_EQ(events.back().name, "error");
  EXPECT_TRUE(read_stream(events).error);
}

TEST(AnthropicStream, PartsThatOnlyItKnows) {
  const std::vector<Event> events = {
      {"",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}})"},
      {"",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}})"},
      {"",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}})"},
      {"", R"({"type":"content_block_stop","index":0})"},
      {"", R"({"type":"something_new"})"}};
  const Stream stream = read_stream(events);
  EXPECT_FALSE(stream.error);
  ASSERT_EQ(stream.result.choices.at(0).others.size(), 1u);
  EXPECT_EQ(to_json(stream.result.choices[0].others[0]),
            R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}})");
  const std::string body = kAnthropicMessages.write_answer(kIdentity, stream.result, {});
  EXPECT_NE(body.find(R"("input":{"q":1})"), std::string::npos);
}

TEST(AnthropicStream, WhatContradictsItIsUnreadable) {
  for (const std::string_view data :
       {"", "nonsense", "[]", "{}",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}})",
        R"({"type":"content_block_stop","index":0})", R"({"type":"content_block_start","index":0})"}) {
    const auto reading = kAnthropicMessages.read_events()->read("", data);
    ASSERT_TRUE(reading.error) << data;
    EXPECT_EQ(reading.error->kind, ErrorKind::unreadable);
  }
}

TEST(AnthropicErrors, BothWays) {
  struct Case {
    int status;
    std::string_view type;
    ErrorKind kind;
  };
  for (const Case& c :
       {Case{400, "invalid_request_error", ErrorKind::bad_request},
        Case{401, "authentication_error", ErrorKind::authentication},
        Case{402, "billing_error", ErrorKind::billing}, Case{403, "permission_error", ErrorKind::permission},
        Case{404, "not_found_error", ErrorKind::not_found},
        Case{413, "request_too_large", ErrorKind::too_large},
        Case{429, "rate_limit_error", ErrorKind::rate_limited}, Case{500, "api_error", ErrorKind::server},
        Case{504, "timeout_error", ErrorKind::timeout},
        Case{529, "overloaded_error", ErrorKind::overloaded}}) {
    const std::string body =
        fmt::format(R"({{"type":"error","error":{{"type":"{}","message":"m"}}}})", c.type);
    const ApiError read = kAnthropicMessages.read_error(c.status, {{"retry-after", "3"}}, body);
    EXPECT_EQ(read.kind, c.kind);
    EXPECT_EQ(read.error.message, "m");
    EXPECT_EQ(read.retry_after_s, 3);
    EXPECT_EQ(read.upstream_status, c.status);
    EXPECT_EQ(kAnthropicMessages.write_error(c.status, read), body);
    // Ours, without a kind: the status decides.
    EXPECT_EQ(kAnthropicMessages.write_error(
                  c.status, {.error = {ErrorCode::internal, "m"}, .param = {}, .reason = {}}),
              body);
    // The same within a stream.
    EXPECT_EQ(kAnthropicMessages.read_events()->read("error", body).error->kind, c.kind);
  }
  const auto said = [](std::string_view message) {
    return kAnthropicMessages.read_error(
        400, {},
        fmt::format(R"({{"type":"error","error":{{"type":"invalid_request_error","message":"{}"}}}})",
                    message));
  };
  EXPECT_EQ(said("prompt is too long: 201000 tokens > 200000 maximum").kind, ErrorKind::context_too_long);
  EXPECT_EQ(said("Your credit balance is too low").kind, ErrorKind::billing);
  EXPECT_EQ(kAnthropicMessages.read_error(502, {}, "<html>").kind, ErrorKind::server);
}

TEST(AnthropicAnswer, TheModelsNameInPlace) {
  EXPECT_EQ(kAnthropicMessages.patch_answer(R"({"id":"x", "model" : "claude" })", "mine"),
            R"({"id":"x", "model" : "mine" })");
  const std::string start = kAnthropicMessages.patch_event(kEvents[0].data, "mine");
  std::string expected = kEvents[0].data;
  expected.replace(expected.find("\"claude\""), 8, "\"mine\"");
  EXPECT_EQ(start, expected);
  for (size_t i = 1; i < kEvents.size(); ++i)
    EXPECT_EQ(kAnthropicMessages.patch_event(kEvents[i].data, "mine"), kEvents[i].data);
  EXPECT_EQ(kAnthropicMessages.patch_event("no json", "mine"), "no json");
}

TEST(AnthropicCount, BothWays) {
  EXPECT_EQ(write_anthropic_token_count(7), R"({"input_tokens":7})");
  EXPECT_EQ(read_anthropic_token_count(R"({"input_tokens":7})"), 7);
  EXPECT_FALSE(read_anthropic_token_count("{}"));
  EXPECT_FALSE(read_anthropic_token_count("x"));
}

}  // namespace
}  // namespace ferry
