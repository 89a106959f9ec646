// Anthropic's requests: read, written anew, patched; and between dialects.

#include "serve/dialects/anthropic_request.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/dialects/openai_writing.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

std::string body(std::string_view more = "",
                 std::string_view messages = R"([{"role":"user","content":"hi"}])") {
  return fmt::format(R"({{"model":"m","max_tokens":50,"messages":{}{}{}}})", messages,
                     more.empty() ? "" : ",", more);
}

GenerationRequest read(std::string_view text) {
  auto request = kAnthropicMessages.read_request(text);
  EXPECT_TRUE(request) << request.error().error.message;
  return request ? *std::move(request) : GenerationRequest();
}

TEST(AnthropicRequest, ReadsEachFieldThatItHonours) {
  const GenerationRequest r = read(body(
      R"("system": [{"type": "text", "text": "s1", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                    {"type": "text", "text": "s2"}],
         "stop_sequences": ["END"], "temperature": 0.5, "top_p": 0.9, "top_k": 7, "stream": true,
         "metadata": {"user_id": "u"}, "thinking": {"type": "enabled", "budget_tokens": 2048},
         "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
         "tools": [{"name": "f", "description": "d", "strict": true, "input_schema": {"type": "object"},
                    "cache_control": {"type": "ephemeral"}}],
         "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": true})"));
  EXPECT_EQ(r.dialect, &kAnthropicMessages);
  ASSERT_EQ(r.messages.size(), 2u);
  EXPECT_EQ(r.messages[0].role, "system");
  EXPECT_EQ(r.messages[0].content.at(0).cache->ttl, "1h");
  EXPECT_EQ(text_of(r.messages[0]), "s1\ns2");
  EXPECT_EQ(r.stop.max_tokens, 50);
  EXPECT_EQ(r.stop.strings, std::vector<std::string>{"END"});
  EXPECT_EQ(r.sampling.temperature, 0.5);
  EXPECT_EQ(r.sampling.top_p, 0.9);
  EXPECT_EQ(r.sampling.top_k, 7);
  EXPECT_TRUE(r.stream && r.stream_usage);
  EXPECT_EQ(r.user, "u");
  EXPECT_EQ(r.thought.budget, 2048);
  EXPECT_TRUE(r.thought.report);
  EXPECT_EQ(r.thought.effort, "high");
  EXPECT_EQ(r.format->kind, OutputFormat::Kind::json_schema);
  EXPECT_EQ(r.format->field, "output_config.format");
  ASSERT_EQ(r.tools.tools.size(), 1u);
  EXPECT_EQ(r.tools.tools[0].description, "d");
  EXPECT_TRUE(r.tools.tools[0].strict && r.tools.tools[0].cache);
  EXPECT_EQ(r.tools.choice, ToolRequest::Choice::required);
  EXPECT_EQ(r.tools.allowed, std::vector<std::string>{"f"});
  EXPECT_FALSE(r.tools.parallel);
  EXPECT_TRUE(r.met.empty() && r.foreign.empty());
}

TEST(AnthropicRequest, ThoughtsAreReportedOnlyWhereTheyAreAskedFor) {
  EXPECT_FALSE(read(body()).thought.report);
  EXPECT_FALSE(read(body(R"("thinking": {"type": "disabled"})")).thought.report);
  EXPECT_EQ(read(body(R"("thinking": {"type": "disabled"})")).thought.budget, 0);
  EXPECT_TRUE(read(body(R"("thinking": {"type": "adaptive"})")).thought.adaptive);
}

TEST(AnthropicRequest, ResultsOfToolsAreMessagesOfTheirOwn) {
  const GenerationRequest r = read(body("", R"([
      {"role": "user", "content": "weather?"},
      {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "sig"}, {"type": "redacted_thinking", "data": "xx"},
        {"type": "text", "text": "let me see"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"city": "Bern"}},
        {"type": "tool_use", "id": "t2", "name": "f", "input": {}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "t2", "is_error": true, "content": [
          {"type": "text", "text": "no"}, {"type": "image", "source": {"type": "url", "url": "https://x"}}]},
        {"type": "text", "text": "and now?"}]}])"));
  ASSERT_EQ(r.messages.size(), 5u);
  const ChatMessage& turn = r.messages[1];
  ASSERT_EQ(turn.content.size(), 3u);
  EXPECT_EQ(turn.content[0].kind, Kind::thought);
  EXPECT_EQ(turn.content[0].signature, "sig");
  EXPECT_EQ(turn.content[1].kind, Kind::redacted_thought);
  ASSERT_EQ(turn.tool_calls.size(), 2u);
  EXPECT_EQ(turn.tool_calls[0].arguments, R"({"city":"Bern"})");
  EXPECT_EQ(turn.tool_calls[0].place, 3u);
  EXPECT_EQ(r.messages[2].role, "tool");
  EXPECT_EQ(r.messages[2].tool_call_id, "t1");
  EXPECT_EQ(text_of(r.messages[2]), "rain");
  EXPECT_TRUE(r.messages[3].is_error);
  EXPECT_EQ(r.messages[3].content.at(1).kind, Kind::image);
  EXPECT_EQ(r.messages[4].role, "user");
  EXPECT_EQ(text_of(r.messages[4]), "and now?");
  // For our engine's template the same in OpenAI's form.
  EXPECT_EQ(
      to_json(openai_message(turn)),
      R"({"role":"assistant","content":"let me see","reasoning_content":"hm","thinking_blocks":[)"
      R"({"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"}],)"
      R"("tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"city\":\"Bern\"}"}},)"
      R"({"id":"t2","type":"function","function":{"name":"f","arguments":"{}"}}]})");
}

TEST(AnthropicRequest, ALastMessageOfTheAssistantIsContinued) {
  const GenerationRequest r =
      read(body("", R"([{"role":"user","content":"x"},{"role":"assistant","content":"It is"}])"));
  EXPECT_TRUE(r.prompt.continue_final_message);
  const auto uses = features_of(r);
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(uses[1].feature, Feature::prefill);
}

TEST(AnthropicRequest, WhatIsWrongIsNamed) {
  struct Bad {
    std::string body;
    std::string_view param;
    std::string_view message;
  };
  for (
      const Bad& bad : {
          Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}]})", "max_tokens",
              "max_tokens must be a number of tokens"},
          Bad{R"({"max_tokens":5,"messages":[{"role":"user","content":"x"}]})", "model",
              "model must name a model"},
          Bad{body("", "[]"), "messages", "messages must be an array of at least one message"},
          Bad{body("", "[3]"), "messages[0]", "messages[0] must be an object, not a number"},
          Bad{body("", R"([{"role":"user"}])"), "messages[0].content",
              "messages[0].content must be a string or an array of blocks"},
          Bad{body("", R"([{"role":"user","content":[{"type":"text"}]}])"), "messages[0].content[0].text",
              "messages[0].content[0].text must be a string"},
          Bad{body("", R"([{"role":"user","content":[{"type":"tool_result"}]}])"),
              "messages[0].content[0].tool_use_id", "messages[0].content[0].tool_use_id must be a string"},
          Bad{body(
                  "",
                  R"([{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"x"}]}])"),
              "messages[0].content[0].input", "messages[0].content[0].input must be an object, not a string"},
          Bad{body(R"("temperature": 1.5)"), "temperature", "temperature must be 0 to 1, not 1.5"},
          Bad{body(R"("thinking": {"type": "enabled"})"), "thinking.budget_tokens",
              "thinking.budget_tokens must be a number of tokens"},
          Bad{body(R"("tools": [{"input_schema": {}}])"), "tools[0].name",
              "tools[0].name must name the tool"},
          Bad{body(R"("tools": [{"name": "f"}, {"name": "f"}])"), "tools[1].name",
              "tools[1].name 'f' is also the name of another tool"},
          Bad{body(R"("tool_choice": {"type": "any"})"), "tool_choice.type",
              "tool_choice.type asks for a call, but there are no tools"},
          Bad{body(R"("stop_sequences": [""])"), "stop_sequences",
              "stop_sequences must not hold an empty string"},
          Bad{body(R"("output_config": {"format": {"type": "json_schema"}})"), "output_config.format.schema",
              "output_config.format.schema must be a JSON Schema: an object"},
      }) {
    SCOPED_TRACE(bad.body);
    const auto request = kAnthropicMessages.read_request(bad.body);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().param, bad.param);
    EXPECT_EQ(request.error().error.message, bad.message);
  }
}

TEST(AnthropicRequest, WhatOnlyItsVendorHasIsMet) {
  struct Case {
    std::string body;
    Feature feature;
    std::string_view field;
  };
  for (
      const Case& c : {
          Case{body(R"("tools": [{"type": "web_search_20250305", "name": "web_search"}])"),
               Feature::server_tools, "tools[0].type"},
          Case{body(R"("mcp_servers": [{"name": "x"}])"), Feature::foreign, "mcp_servers"},
          Case{body(R"("thinking": {"type": "between_tools"})"), Feature::foreign, "thinking.type"},
          Case{body(R"("service_tier": "auto")"), Feature::service_tier, "service_tier"},
          Case{body(R"("cache_control": {"type": "ephemeral"})"), Feature::cache_control, "cache_control"},
          Case{body(R"("speed": "fast")"), Feature::hints, "speed"},
          Case{body(R"("frobnicate": 1)"), Feature::unknown, "frobnicate"},
          Case{
              body("", R"([{"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}}]}])"),
              Feature::images, "messages[0].content[0].type"},
          Case{
              body(
                  "",
                  R"([{"role":"user","content":[{"type":"document","source":{"type":"text","data":"u"}}]}])"),
              Feature::files, "messages[0].content[0].type"},
          Case{body("", R"([{"role":"user","content":[{"type":"server_tool_use","id":"x"}]}])"),
               Feature::foreign, "messages[0].content[0].type"},
          Case{body("", R"([{"role":"narrator","content":"x"}])"), Feature::foreign, "messages[0].role"},
      }) {
    SCOPED_TRACE(c.body);
    const GenerationRequest r = read(c.body);
    ASSERT_FALSE(r.met.empty());
    EXPECT_EQ(r.met.front().feature, c.feature);
    EXPECT_EQ(r.met.front().field, c.field);
  }
}

constexpr std::string_view kMembers[] = {
    R"("system": "be kind")",
    R"("system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "t"}])",
    R"("stop_sequences": ["a", "b"])",
    R"("temperature": 0.5)",
    R"("top_p": 0.25)",
    R"("top_k": 4)",
    R"("stream": true)",
    R"("metadata": {"user_id": "u"})",
    R"("metadata": {"user_id": "u", "more": 1})",
    R"("thinking": {"type": "enabled", "budget_tokens": 2048, "display": "omitted"})",
    R"("thinking": {"type": "adaptive"})",
    R"("thinking": {"type": "disabled"})",
    R"("thinking": {"type": "between_tools"})",
    R"("output_config": {"effort": "max"})",
    R"("output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}, "task": 5})",
    R"("tools": [{"name": "f", "input_schema": {"type": "object"}, "defer_loading": true}, {"type": "bash_20250124", "name": "bash"}])",
    R"("tools": [{"name": "f", "description": "d", "input_schema": {"type": "object", "x": 1}, "strict": true, "cache_control": {"type": "ephemeral"}}], "tool_choice": {"type": "any", "disable_parallel_tool_use": true})",
    R"("service_tier": "auto")",
    R"("cache_control": {"type": "ephemeral"})",
    R"("container": "c")",
    R"("frobnicate": [1, {"a": null}])",
};

constexpr std::string_view kTurns[] = {
    R"({"role": "assistant", "content": "plain"})",
    R"({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}]})",
    R"({"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}, {"type": "text", "text": "x", "citations": [{"type": "char_location"}]}]})",
    R"({"role": "user", "content": [{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}, "title": "T", "context": "c", "citations": {"enabled": true}}]})",
    R"({"role": "assistant", "content": [{"type": "text", "text": "call"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": [1.5]}, "caller": {"type": "direct"}}, {"type": "text", "text": "after"}]})",
    R"({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "r"}, {"type": "text", "text": "r2"}], "is_error": true, "cache_control": {"type": "ephemeral", "ttl": "5m"}}, {"type": "text", "text": "go"}]})",
    R"({"role": "assistant", "content": [{"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}, {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}]})",
    R"({"role": "user", "content": [{"type": "document", "source": {"type": "content", "content": "inline"}}]})",
};

// Roles in turns, so that nothing has to be put together.
std::string random_body(uint64_t seed) {
  Rng rng(seed);
  json::object out{{"model", "m"}, {"max_tokens", 50}};
  std::string messages = R"({"role": "user", "content": "hi"})";
  for (size_t i = 0; i + 1 < std::size(kTurns); i += 2) {
    if (rng.below(2) == 0) messages += fmt::format(",{},{}", kTurns[i], kTurns[i + 1]);
  }
  out["messages"] = parse_json(fmt::format("[{}]", messages), "messages").value();
  for (const std::string_view member : kMembers) {
    if (rng.below(4) != 0) continue;
    const json::value parsed = parse_json(fmt::format("{{{}}}", member), "member").value();
    for (const auto& m : parsed.get_object()) out.emplace(m.key(), m.value());
  }
  return to_json(out);
}

const WriteOptions kSame{.model = "m"};

TEST(AnthropicRequest, WrittenAnewSaysTheSame) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const std::string text = random_body(seed);
    const json::object before = parse_json(text, "body").value().get_object();
    // A choice without its tools is refused.
    if (before.contains("tool_choice") && before.at("tools").as_array().size() > 1) continue;
    SCOPED_TRACE(text);
    const auto written = kAnthropicMessages.write_request(read(text), kSame);
    ASSERT_TRUE(written) << written.error().error.message;
    const json::object after = parse_json(written->body, "written").value().get_object();
    ASSERT_TRUE(after == before) << written->body;
    EXPECT_EQ(written->headers, (WireHeaders{{"anthropic-version", "2023-06-01"}}));
  }
}

TEST(AnthropicRequest, PatchedInPlace) {
  constexpr std::string_view text = R"({ "max_tokens":5, "model" : "m", "stream":true,
      "messages":[{"role":"user","content":"model"}] })";
  std::string expected(text);
  expected.replace(expected.find(R"("m")"), 3, R"("claude")");
  EXPECT_EQ(kAnthropicMessages.patch_request(text, read(text), {.model = "claude"})->body, expected);
}

TEST(AnthropicRequest, ACountIsTheSameWithoutAnAnswer) {
  const auto count =
      read_anthropic_count(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"system":"s"})");
  ASSERT_TRUE(count) << count.error().error.message;
  EXPECT_EQ(write_anthropic_count(*count, {.model = "claude"})->body,
            R"({"model":"claude","system":"s","messages":[{"role":"user","content":"hi"}]})");
}

// From OpenAI's dialect, what both know.
std::string from_openai(std::string_view text,
                        const WriteOptions& options = {.model = "claude", .max_tokens = 4096}) {
  auto request = kOpenAiChat.read_request(text);
  EXPECT_TRUE(request) << request.error().error.message;
  const auto applied = apply_features(*request, kAnthropicMessages.expressible, FeaturePolicy::reject);
  if (!applied) return applied.error().error.message;
  const auto written = kAnthropicMessages.write_request(*request, options);
  return written ? written->body : written.error().error.message;
}

TEST(OpenAiToAnthropic, NeighboursOfOneRoleAreOneMessage) {
  EXPECT_EQ(
      from_openai(R"({"model":"m","messages":[
      {"role":"system","content":"s1"},{"role":"developer","content":"s2"},
      {"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":""}]},
      {"role":"assistant","content":null,"tool_calls":[
        {"id":"call.1","type":"function","function":{"name":"f","arguments":"{\"n\": 1.50}"}},
        {"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},
      {"role":"tool","tool_call_id":"call.1","content":"r1"},{"role":"tool","tool_call_id":"c2","content":"r2"},
      {"role":"user","content":"go"}]})"),
      R"({"model":"claude","system":[{"type":"text","text":"s1"},{"type":"text","text":"s2"}],"messages":[)"
      R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"f","input":{"n": 1.50}},)"
      R"({"type":"tool_use","id":"c2","name":"g","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"r1"},)"
      R"({"type":"tool_result","tool_use_id":"c2","content":"r2"},{"type":"text","text":"go"}]}],)"
      R"("max_tokens":4096})");
}

TEST(OpenAiToAnthropic, PartsAndTools) {
  EXPECT_EQ(
      from_openai(R"({"model":"m","max_completion_tokens":9,"stop":"END","user":"u","stream":true,
      "messages":[{"role":"user","content":[
        {"type":"text","text":"look","cache_control":{"type":"ephemeral"}},
        {"type":"image_url","image_url":{"url":"data:image/gif;base64,AA=="}},
        {"type":"image_url","image_url":{"url":"https://x/y.png"}},
        {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BB=="}}]}],
      "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"properties":{}},"strict":true}}],
      "tool_choice":"required","parallel_tool_calls":false,
      "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}})"),
      R"({"model":"claude","messages":[{"role":"user","content":[)"
      R"({"type":"text","text":"look","cache_control":{"type":"ephemeral"}},)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AA=="}},)"
      R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}},)"
      R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BB=="},"title":"a.pdf"}]}],)"
      R"("tools":[{"name":"f","description":"d","input_schema":{"properties":{},"type":"object"},"strict":true}],)"
      R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},)"
      R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},)"
      R"("max_tokens":9,"stop_sequences":["END"],"metadata":{"user_id":"u"},"stream":true})");
}

TEST(OpenAiToAnthropic, EffortBecomesABudget) {
  const auto with = [](std::string_view more, const WriteOptions& options) {
    const std::string text = from_openai(
        fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"x"}}],{}}})", more), options);
    return text.substr(text.find("]") + 2);
  };
  const WriteOptions budget{.model = "c", .max_tokens = 1000};
  EXPECT_EQ(with(R"("reasoning_effort":"low")", budget),
            R"("thinking":{"type":"enabled","budget_tokens":1024},"max_tokens":2024})");
  EXPECT_EQ(with(R"("reasoning_effort":"high","max_tokens":10000)", budget),
            R"("thinking":{"type":"enabled","budget_tokens":5000},"max_tokens":10000})");
  EXPECT_EQ(with(R"("reasoning_effort":"high","max_tokens":1500)", budget), R"("max_tokens":1500})");
  EXPECT_EQ(with(R"("reasoning_effort":"none")", budget),
            R"("thinking":{"type":"disabled"},"max_tokens":1000})");
  const WriteOptions adaptive{.model = "c", .max_tokens = 1000, .adaptive_thinking = true};
  EXPECT_EQ(with(R"("reasoning_effort":"minimal")", adaptive),
            R"("thinking":{"type":"adaptive"},"output_config":{"effort":"low"},"max_tokens":1000})");
  EXPECT_EQ(with(R"("reasoning_effort":"none")", adaptive),
            R"("thinking":{"type":"disabled"},"max_tokens":1000})");
}

TEST(OpenAiToAnthropic, WhatItCannotSayIsNamed) {
  const auto with = [](std::string_view more) {
    return from_openai(
        fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"x"}}],{}}})", more));
  };
  EXPECT_EQ(with(R"("seed":4)"), "seed asks for seed (a seed), which the target does not have; leave it out");
  EXPECT_TRUE(with(R"("temperature":1.5)").starts_with("temperature asks for temperature_above_1"));
  EXPECT_TRUE(with(R"("frobnicate":1)").starts_with("frobnicate asks for unknown"));
  EXPECT_EQ(from_openai(R"({"model":"m","messages":[{"role":"assistant","tool_calls":[
                {"id":"a","function":{"name":"f","arguments":"[1]"}}]},{"role":"user","content":"x"}]})"),
            "messages[0].tool_calls[0].function.arguments must be the JSON text of an object");
  EXPECT_EQ(from_openai(R"({"model":"m","messages":[{"role":"user","content":[
                {"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]})"),
            "messages[0].content[0] holds neither base64 data nor an address");
}

TEST(AnthropicToOpenAi, WhatBothKnow) {
  GenerationRequest request = read(body(
      R"("system": "s", "stop_sequences": ["END"], "temperature": 0.5, "thinking": {"type": "enabled", "budget_tokens": 5000},
         "tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "tool", "name": "f"},
         "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}, "stream": true)",
      R"([{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},
              {"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"},{"type":"text","text":"go"}]}])"));
  const auto warnings = apply_features(request, kOpenAiChat.expressible, FeaturePolicy::reject);
  ASSERT_TRUE(warnings) << warnings.error().error.message;
  EXPECT_EQ(warnings->size(), 2u) << "the cache's mark and the signed thought";
  EXPECT_EQ(
      kOpenAiChat.write_request(request, {.model = "gpt"})->body,
      R"({"model":"gpt","messages":[{"role":"system","content":"s"},{"role":"user","content":[)"
      R"({"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},)"
      R"({"role":"tool","tool_call_id":"t1","content":"r"},{"role":"user","content":"go"}],)"
      R"("temperature":0.5,"max_completion_tokens":50,"stop":["END"],)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}},)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},"reasoning_effort":"medium",)"
      R"("stream":true,"stream_options":{"include_usage":true}})");
}

TEST(AnthropicToOpenAi, WhatItCannotSayIsNamedAsTheClientKnowsIt) {
  GenerationRequest top_k = read(body(R"("top_k": 5)"));
  EXPECT_EQ(apply_features(top_k, kOpenAiChat.expressible, FeaturePolicy::reject).error().param, "top_k");
  GenerationRequest stops = read(body(R"("stop_sequences": ["x"])"));
  EXPECT_EQ(apply_features(stops, FeatureSet{Feature::chat}, FeaturePolicy::reject).error().param,
            "stop_sequences");
  GenerationRequest prefill =
      read(body("", R"([{"role":"user","content":"x"},{"role":"assistant","content":"It"}])"));
  ASSERT_TRUE(apply_features(prefill, kOpenAiChat.expressible, FeaturePolicy::drop));
  EXPECT_EQ(prefill.messages.size(), 1u);
  EXPECT_FALSE(prefill.prompt.continue_final_message);
}

// The thoughts of a model of Anthropic's, seen by a client of OpenAI's and sent back by it.
TEST(OpenAiToAnthropic, SignedThoughtsSurvive) {
  GenerationResult result;
  result.choices.push_back({.thought = "hm",
                            .text = "hi",
                            .cause = {},
                            .prompt = {},
                            .seals = {{.text = "hm", .signature = "sig"}, {.redacted = "xx"}}});
  const std::string answer =
      kOpenAiChat.write_answer({.id = "1", .created = 0, .model = "m", .fingerprint = {}}, result, {});
  const json::value message = parse_json(answer, "answer").value().at("choices").at(0).at("message");
  const std::string next = fmt::format(
      R"({{"model":"m","messages":[{{"role":"user","content":"x"}},{},{{"role":"user","content":"y"}}]}})",
      to_json(message));
  EXPECT_EQ(
      from_openai(next),
      R"({"model":"claude","messages":[{"role":"user","content":"x"},{"role":"assistant","content":[)"
      R"({"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"},)"
      R"({"type":"text","text":"hi"}]},{"role":"user","content":"y"}],"max_tokens":4096})");
}

}  // namespace
}  // namespace ferry
