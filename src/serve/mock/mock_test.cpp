// The mock over the wire. The real clients' tests are tests/e2e's.

#include <gmock/gmock.h>

#include "base/net/sse_reader.h"
#include "base/net/test_client.h"
#include "base/net/test_upstream.h"
#include "serve/mock/server.h"

namespace ferry::mock {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kChat =
    R"({"model":"gpt","messages":[{"role":"user","content":"Hello there"}]EXTRA})";
constexpr std::string_view kMessages =
    R"({"model":"claude","max_tokens":100,"messages":[{"role":"user","content":"Hello there"}]EXTRA})";

std::string with(std::string_view body, std::string_view extra) {
  std::string text(body);
  return text.replace(text.find("EXTRA"), 5, extra.empty() ? "" : "," + std::string(extra));
}

class Mock {
 public:
  explicit Mock(ServiceSettings settings = {}) : server_(start(std::move(settings))) {}

  std::shared_ptr<TestSink> post(std::string target, std::string body, HttpHeaders headers = {}) {
    HttpPoolCall call = test_.call_to(server_->url(), std::move(target));
    call.method = "POST";
    call.headers = std::move(headers);
    call.body = std::make_shared<const std::string>(std::move(body));
    call.deadlines = deadlines;
    return test_.run(std::move(call));
  }
  std::shared_ptr<TestSink> get(std::string target, HttpHeaders headers = {}) {
    HttpPoolCall call = test_.call_to(server_->url(), std::move(target));
    call.headers = std::move(headers);
    return test_.run(std::move(call));
  }
  json::value chat(std::string_view extra = "", HttpHeaders headers = {}) {
    return document(*post("/v1/chat/completions", with(kChat, extra), std::move(headers)));
  }
  json::value messages(std::string_view extra = "") {
    return document(*post("/v1/messages", with(kMessages, extra)));
  }
  json::value stats() { return parse_json(server_->stats(), "stats").value(); }

  static json::value document(TestSink& sink) {
    const auto failure = sink.wait();
    EXPECT_FALSE(failure) << failure->message;
    auto parsed = parse_json(sink.body(), "answer");
    EXPECT_TRUE(parsed) << sink.body();
    return parsed.value();
  }

  const Server& server() const { return *server_; }
  HttpDeadlines deadlines;

 private:
  static std::unique_ptr<Server> start(ServiceSettings settings) {
    auto started = Server::start({.service = std::move(settings)});
    EXPECT_TRUE(started) << started.error().message;
    return std::move(started).value();
  }

  const std::unique_ptr<Server> server_;
  TestPool test_;
};

std::string at(const json::value& document, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = document.find_pointer(pointer, error);
  return found == nullptr ? "nothing" : to_json(*found);
}

// The data of a stream's events.
std::vector<std::string> data_of(const TestSink& sink) {
  std::vector<std::string> all;
  SseReader reader;
  std::string_view rest = sink.body();
  while (const SseEvent* event = reader.next(rest)) all.emplace_back(event->data);
  EXPECT_FALSE(reader.in_event());
  return all;
}

TEST(Mock, AnswersChats) {
  Mock mock({.behaviour = {.tokens = 3, .cached_tokens = 2}});
  const json::value answer = mock.chat();
  EXPECT_EQ(at(answer, "/object"), "\"chat.completion\"");
  EXPECT_EQ(at(answer, "/model"), "\"gpt\"");
  EXPECT_EQ(at(answer, "/choices/0/message/content"), "\"The ferry crosses\"");
  EXPECT_EQ(at(answer, "/choices/0/finish_reason"), "\"stop\"");
  EXPECT_EQ(at(answer, "/usage/completion_tokens"), "3");
  EXPECT_EQ(at(answer, "/usage/prompt_tokens_details/cached_tokens"), "2");
  EXPECT_EQ(at(mock.chat(R"("max_tokens":1)"), "/choices/0/finish_reason"), "\"length\"");
  EXPECT_EQ(at(mock.chat(R"("n":2)"), "/choices/1/index"), "1");
  EXPECT_EQ(at(mock.chat(R"("logprobs":true)"), "/choices/0/logprobs/content/2/token"), "\" crosses\"");
  EXPECT_EQ(at(mock.chat("", {{"X-Mock-Echo", "true"}}), "/choices/0/message/content"), "\"Hello there\"");
  EXPECT_EQ(at(mock.chat("", {{"x-mock-text", "Good day"}}), "/choices/0/message/content"), "\"Good day\"");
}

TEST(Mock, StreamsChats) {
  Mock mock({.behaviour = {.tokens = 2}});
  const auto sink = mock.post("/v1/chat/completions",
                              with(kChat, R"("stream":true,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(sink->head().header("content-type"), "text/event-stream; charset=utf-8");
  const std::vector<std::string> data = data_of(*sink);
  ASSERT_EQ(data.size(), 6u);
  EXPECT_THAT(data[0], HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  EXPECT_THAT(data[2], HasSubstr(R"("delta":{"content":" ferry"})"));
  EXPECT_THAT(data[3], HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(data[4], HasSubstr(R"("choices":[],"usage":{)"));
  EXPECT_EQ(data[5], "[DONE]");
  EXPECT_EQ(data_of(*mock.post("/v1/chat/completions", with(kChat, R"("stream":true)"))).size(), 5u);
}

constexpr std::string_view kOpenAiTools =
    R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"weather",)"
    R"("parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2},)"
    R"("unit":{"enum":["C","F"]},"unused":{"type":"string"}},"required":["city","days","unit"]}}}])";

TEST(Mock, CallsToolsWhereItMust) {
  Mock mock;
  const std::string tools(kOpenAiTools);
  const json::value forced =
      mock.chat(tools + R"(,"tool_choice":{"type":"function","function":{"name":"weather"}})");
  EXPECT_EQ(at(forced, "/choices/0/finish_reason"), "\"tool_calls\"");
  EXPECT_EQ(at(forced, "/choices/0/message/content"), "null");
  EXPECT_EQ(at(forced, "/choices/0/message/tool_calls/0/function/name"), "\"weather\"");
  EXPECT_EQ(at(forced, "/choices/0/message/tool_calls/0/function/arguments"),
            R"("{\"city\":\"ferry\",\"days\":2,\"unit\":\"C\"}")");
  EXPECT_EQ(
      at(mock.chat(tools + R"(,"tool_choice":"required")"), "/choices/0/message/tool_calls/0/function/name"),
      "\"a\"");
  EXPECT_EQ(at(mock.chat(tools), "/choices/0/finish_reason"), "\"stop\"");
  EXPECT_EQ(at(mock.chat(tools, {{"x-mock-call-tools", "true"}}), "/choices/0/finish_reason"),
            "\"tool_calls\"");

  const auto sink =
      mock.post("/v1/chat/completions", with(kChat, tools + R"(,"stream":true,"tool_choice":"required")"));
  std::string arguments;
  for (const std::string& data : data_of(*sink)) {
    if (data == "[DONE]") continue;
    boost::system::error_code error;
    const json::value chunk = parse_json(data, "chunk").value();
    const json::value* piece = chunk.find_pointer("/choices/0/delta/tool_calls/0/function/arguments", error);
    if (piece != nullptr) arguments += piece->as_string();
  }
  EXPECT_EQ(arguments, "{}");
}

TEST(Mock, AnswersCompletionsAndEmbeddings) {
  Mock mock({.behaviour = {.tokens = 2}});
  const json::value completion =
      Mock::document(*mock.post("/v1/completions", R"({"model":"m","prompt":"once","logprobs":1})"));
  EXPECT_EQ(at(completion, "/choices/0/text"), "\"The ferry\"");
  EXPECT_EQ(at(completion, "/choices/0/logprobs/tokens/1"), "\" ferry\"");
  EXPECT_EQ(data_of(*mock.post("/v1/completions", R"({"model":"m","prompt":"once","stream":true})")).size(),
            4u);

  const json::value floats =
      Mock::document(*mock.post("/v1/embeddings", R"({"model":"m","input":["a","b","a"],"dimensions":3})"));
  EXPECT_EQ(floats.at("data").as_array().size(), 3u);
  EXPECT_EQ(at(floats, "/data/0/embedding"), at(floats, "/data/2/embedding"));
  EXPECT_NE(at(floats, "/data/0/embedding"), at(floats, "/data/1/embedding"));
  const json::value packed = Mock::document(
      *mock.post("/v1/embeddings", R"({"model":"m","input":"a","dimensions":3,"encoding_format":"base64"})"));
  EXPECT_EQ(packed.at("data").at(0).at("embedding").as_string().size(), 16u);
}

TEST(Mock, AnswersMessages) {
  Mock mock({.behaviour = {.tokens = 2, .cached_tokens = 1}});
  const json::value answer = mock.messages();
  EXPECT_EQ(at(answer, "/content/0"), R"({"type":"text","text":"The ferry"})");
  EXPECT_EQ(at(answer, "/stop_reason"), "\"end_turn\"");
  EXPECT_EQ(at(answer, "/usage/cache_read_input_tokens"), "1");
  const json::value called = mock.messages(
      R"("tool_choice":{"type":"any"},"tools":[{"name":"w","input_schema":{"type":"object"}}],"thinking":{"type":"enabled"})");
  EXPECT_EQ(at(called, "/content/0/type"), "\"thinking\"");
  EXPECT_EQ(at(called, "/content/1/input"), "{}");
  EXPECT_EQ(at(called, "/stop_reason"), "\"tool_use\"");
  EXPECT_EQ(at(Mock::document(*mock.post("/v1/messages/count_tokens", with(kMessages, ""))), "/input_tokens"),
            "4");

  const auto sink = mock.post("/v1/messages", with(kMessages, R"("stream":true)"));
  std::vector<std::string> types;
  for (const std::string& data : data_of(*sink))
    types.push_back(at(parse_json(data, "event").value(), "/type"));
  EXPECT_THAT(types, testing::ElementsAre("\"message_start\"", "\"ping\"", "\"content_block_start\"",
                                          "\"content_block_delta\"", "\"content_block_delta\"",
                                          "\"content_block_stop\"", "\"message_delta\"", "\"message_stop\""));
}

TEST(Mock, FollowsAJsonSchema) {
  Mock mock;
  const json::value answer = mock.chat(
      R"("response_format":{"type":"json_schema","json_schema":{"schema":{"$defs":{"p":{"const":7}},"type":"object",)"
      R"("properties":{"a":{"type":"array","items":{"$ref":"#/$defs/p"},"minItems":2},"b":{"anyOf":[{"type":"null"}]}},)"
      R"("required":["a","b"]}}})");
  EXPECT_EQ(at(answer, "/choices/0/message/content"), R"("{\"a\":[7,7],\"b\":null}")");
  EXPECT_EQ(at(mock.chat(R"("response_format":{"type":"json_object"})"), "/choices/0/message/content"),
            "\"{}\"");
  const json::value message =
      mock.messages(R"("output_config":{"format":{"type":"json_schema","schema":{"const":[7]}}})");
  EXPECT_EQ(at(message, "/content/0/text"), "\"[7]\"");
  // Without end in itself.
  const json::value endless = mock.chat(
      R"("response_format":{"type":"json_schema","json_schema":{"schema":{"type":"array","items":{"$ref":"#"},"minItems":9}}})");
  EXPECT_THAT(at(endless, "/choices/0/message/content"), StartsWith("\"[[["));
}

TEST(Mock, ListsModels) {
  Mock mock({.models = {"one", "two"}});
  EXPECT_EQ(at(Mock::document(*mock.get("/v1/models")), "/data/1/id"), "\"two\"");
  EXPECT_EQ(
      at(Mock::document(*mock.get("/v1/models", {{"anthropic-version", "2023-06-01"}})), "/data/0/type"),
      "\"model\"");
  EXPECT_EQ(at(Mock::document(*mock.get("/v1/models/one")), "/id"), "\"one\"");
}

TEST(Mock, WantsAKeyWhereItHasSome) {
  Mock mock({.keys = {"sk-1"}});
  EXPECT_EQ(mock.get("/v1/models")->head().status, 401);
  EXPECT_EQ(mock.get("/v1/models", {{"Authorization", "Bearer sk-2"}})->head().status, 401);
  EXPECT_EQ(mock.get("/v1/models", {{"Authorization", "Bearer sk-1"}})->head().status, 200);
  EXPECT_EQ(mock.get("/v1/models", {{"x-api-key", "sk-1"}})->head().status, 200);
  EXPECT_THAT(mock.post("/v1/messages", "{}")->body(),
              StartsWith(R"({"type":"error","error":{"type":"authentication)"));
}

TEST(Mock, SaysWhatItDoesNotUnderstand) {
  Mock mock;
  const auto message = [&](std::string target, std::string body, HttpHeaders headers = {}) {
    const auto sink = mock.post(std::move(target), std::move(body), std::move(headers));
    return fmt::format("{} {}", sink->head().status, at(Mock::document(*sink), "/error/message"));
  };
  EXPECT_THAT(message("/v1/chat/completions", "{"), StartsWith("400"));
  EXPECT_THAT(message("/v1/chat/completions", "[]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(message("/v1/chat/completions", "{}"), HasSubstr("model"));
  EXPECT_THAT(message("/v1/messages", R"({"model":"m","messages":[]})"), HasSubstr("messages"));
  EXPECT_THAT(message("/v1/nothing", "{}"), StartsWith("404"));
  EXPECT_THAT(message("/v1/chat/completions", with(kChat, ""), {{"x-mock-fault", "nope"}}),
              HasSubstr("there are status_400"));
  EXPECT_THAT(message("/v1/chat/completions", with(kChat, ""), {{"x-mock-fault", "refuse:2"}}),
              HasSubstr("0 to 1"));
  EXPECT_THAT(message("/v1/chat/completions", with(kChat, ""), {{"x-mock-speed", "1"}}),
              HasSubstr("no behaviour"));
  EXPECT_EQ(mock.get("/v1/chat/completions")->head().status, 405);
}

TEST(Mock, FailsAsItIsTold) {
  Mock mock;
  const auto failed = [&](std::string fault, bool stream) -> std::string {
    // Only what never comes may be waited for with a clock.
    mock.deadlines = {};
    if (fault == "stall_head") mock.deadlines.first_byte = milliseconds(100);
    if (fault == "stall_stream") mock.deadlines.idle = milliseconds(100);
    const auto sink = mock.post("/v1/chat/completions", with(kChat, stream ? R"("stream":true)" : ""),
                                {{"x-mock-fault", fault}});
    const auto failure = sink->wait();
    return failure ? std::string(to_string(failure->kind)) : std::to_string(sink->head().status);
  };
  for (const bool stream : {false, true}) {
    SCOPED_TRACE(stream);
    EXPECT_EQ(failed("status_400", stream), "400");
    EXPECT_EQ(failed("status_401", stream), "401");
    EXPECT_EQ(failed("status_429", stream), "429");
    EXPECT_EQ(failed("status_529", stream), "529");
    EXPECT_EQ(failed("refuse", stream), "closed_before_head");
    EXPECT_EQ(failed("stall_head", stream), "timeout_first_byte");
    EXPECT_EQ(failed("cut_head", stream), "closed_before_head");
    EXPECT_EQ(failed("stall_stream", stream), "timeout_idle");
    EXPECT_EQ(failed("cut_stream", stream), "cut");
    EXPECT_EQ(failed("garbage", stream), "malformed");
    EXPECT_EQ(failed("huge_line", stream), stream ? "200" : "too_large");
    EXPECT_EQ(failed("lying_length", stream), "cut");
    EXPECT_EQ(failed("error_event", stream), stream ? "200" : "500");
    EXPECT_EQ(failed("refuse:0", stream), "200");
  }
  const json::value faults = mock.stats().at("by_fault");
  EXPECT_EQ(at(faults, "/cut_stream"), "2");
  EXPECT_EQ(at(faults, "/error_event"), "2");
  const auto busy = mock.post("/v1/chat/completions", with(kChat, ""),
                              {{"x-mock-fault", "status_503"}, {"x-mock-retry-after", "7"}});
  EXPECT_EQ(busy->head().header("retry-after"), "7");
}

TEST(Mock, DripsByteByByte) {
  Mock mock;
  mock.deadlines.total = milliseconds(300);
  const auto sink = mock.post("/v1/chat/completions", with(kChat, ""), {{"x-mock-fault", "slow_drip"}});
  EXPECT_EQ(sink->wait()->kind, HttpFailure::timeout_total);
  EXPECT_TRUE(sink->wait()->response_begun);
}

TEST(Mock, BreaksAStreamOffInEitherDialect) {
  Mock mock;
  const auto openai = data_of(
      *mock.post("/v1/chat/completions", with(kChat, R"("stream":true)"), {{"x-mock-fault", "error_event"}}));
  EXPECT_THAT(openai.back(), StartsWith(R"({"error":{"message")"));
  const auto anthropic = data_of(
      *mock.post("/v1/messages", with(kMessages, R"("stream":true)"), {{"x-mock-fault", "error_event"}}));
  EXPECT_THAT(anthropic.back(), StartsWith(R"({"type":"error","error":{"type":"overloaded_error")"));
}

TEST(Mock, AModelsNameCanSayHowItIsTreated) {
  Mock mock;
  std::string body(with(kChat, ""));
  body.replace(body.find("gpt"), 3, "gpt?tokens=1&cached-tokens=1");
  const json::value answer = Mock::document(*mock.post("/v1/chat/completions", body));
  EXPECT_EQ(at(answer, "/model"), "\"gpt\"");
  EXPECT_EQ(at(answer, "/choices/0/message/content"), "\"The\"");
}

TEST(Mock, TakesItsTime) {
  Mock mock({.behaviour = {.latency = milliseconds(30), .token_latency = milliseconds(5), .tokens = 8}});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(mock.post("/v1/chat/completions", with(kChat, R"("stream":true)"))->wait());
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(30 + 7 * 5));
}

TEST(Mock, RemembersWhatCame) {
  Mock mock({.record = 2, .record_bodies = true});
  for (const char* content : {"one", "two", "three"}) {
    mock.post("/v1/completions", fmt::format(R"({{"model":"m","prompt":"{}"}})", content), {{"X-Tag", "t"}});
  }
  const json::value stats = mock.stats();
  EXPECT_EQ(at(stats, "/by_path/~1v1~1completions"), "3");
  EXPECT_EQ(at(stats, "/by_status/200"), "3");
  EXPECT_EQ(stats.at("recorded").as_array().size(), 2u);
  EXPECT_EQ(at(stats, "/recorded/1/body"), R"("{\"model\":\"m\",\"prompt\":\"three\"}")");
  EXPECT_EQ(at(stats, "/recorded/1/headers/X-Tag"), "\"t\"");
  // printf '{"model":"m","prompt":"three"}' | sha256sum
  EXPECT_EQ(at(stats, "/recorded/1/sha256"),
            "\"ec4d9b9e7e6a3fbcacf328dbffc0bd93beddbb48f952c580517345581073083b\"");
  EXPECT_EQ(Mock::document(*mock.get("/mock/stats")), stats);
  mock.post("/mock/reset", "");
  EXPECT_EQ(mock.stats().at("recorded").as_array().size(), 0u);
}

TEST(Mock, CountsClientsThatLeave) {
  Mock mock;
  {
    RawClient client(mock.server().port());
    const std::string body = with(kChat, R"("stream":true)");
    client.send(
        fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nx-mock-token-latency: 10s\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    body.size(), body));
    client.read_until("assistant");
  }
  for (int i = 0; i < 1000 && at(mock.stats(), "/disconnects") == "0"; ++i)
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(at(mock.stats(), "/disconnects"), "1");
}

TEST(Mock, AnswersManyRequestsThatComeAtOnce) {
  Mock mock;
  RawClient client(mock.server().port());
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
  std::thread writer([&] { client.send(many); });
  const std::string all = client.read_until("\"ok\"", 2000);
  writer.join();
  client.send("nonsense\r\n\r\n");
  EXPECT_THAT(client.read_all(), HasSubstr("HTTP/1.1 400"));
}

TEST(MockBehaviour, TheSameSeedDrawsTheSameFaults) {
  Behaviour behaviour;
  ASSERT_TRUE(behaviour.set_all("fault=cut_stream:0.2,status_500:0.1&seed=42"));
  const Behaviour again = behaviour;
  int cut = 0, status = 0;
  for (uint64_t i = 0; i < 10000; ++i) {
    const auto fault = behaviour.draw(i);
    EXPECT_EQ(fault, again.draw(i));
    cut += fault == Fault::cut_stream;
    status += fault == Fault::status_500;
  }
  EXPECT_NEAR(cut, 2000, 150);
  EXPECT_NEAR(status, 1000, 120);
  EXPECT_FALSE(behaviour.set("tokens", "-1"));
  EXPECT_FALSE(behaviour.set("tokens", "x"));
  EXPECT_FALSE(behaviour.set_all("tokens"));
}

TEST(MockBehaviour, EveryFaultHasItsName) {
  for (size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(parse_fault(to_string(fault)), fault);
    EXPECT_EQ(status_of(fault).has_value(), to_string(fault).starts_with("status_"));
  }
}

}  // namespace
}  // namespace ferry::mock
