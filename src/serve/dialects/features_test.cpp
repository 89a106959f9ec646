#include "serve/dialects/features.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

std::string chat(std::string_view more,
                 std::string_view messages = R"([{"role": "user", "content": "hi"}])") {
  return fmt::format(R"({{"model": "m", "messages": {}{}{}}})", messages, more.empty() ? "" : ", ", more);
}

GenerationRequest read(std::string_view more,
                       std::string_view messages = R"([{"role":"user","content":"hi"}])") {
  auto request = read_openai_chat(chat(more, messages));
  EXPECT_TRUE(request) << request.error().error.message;
  return request ? *std::move(request) : GenerationRequest();
}

// Each feature, and its field; a chat is no news.
std::map<std::string, std::string> uses(const GenerationRequest& request) {
  std::map<std::string, std::string> found;
  for (const FeatureUse& use : features_of(request)) {
    if (use.feature != Feature::chat) found.try_emplace(std::string(to_string(use.feature)), use.field);
  }
  return found;
}

using Found = std::map<std::string, std::string>;

TEST(Features, EachFieldOfAChat) {
  EXPECT_EQ(uses(read("")), Found());
  EXPECT_EQ(uses(read(R"("temperature": 1, "top_p": 0.9, "max_tokens": 5, "stream": true)")), Found());
  struct Case {
    std::string_view member;
    std::string_view feature;
    std::string_view field;
  };
  for (const Case& c : {
           Case{R"("n": 2)", "several_choices", "n"},
           Case{R"("logprobs": true)", "logprobs", "logprobs"},
           Case{R"("prompt_logprobs": 2)", "prompt_logprobs", "prompt_logprobs"},
           Case{R"("echo": true)", "echo", "echo"},
           Case{R"("return_token_ids": true)", "token_ids", "return_token_ids"},
           Case{R"("temperature": 1.5)", "temperature_above_1", "temperature"},
           Case{R"("top_k": 4)", "top_k", "top_k"},
           Case{R"("min_p": 0.1)", "min_p", "min_p"},
           Case{R"("typical_p": 0.1)", "typical_p", "typical_p"},
           Case{R"("frequency_penalty": 0.1)", "penalties", "frequency_penalty"},
           Case{R"("repetition_penalty": 1.1)", "repetition_penalty", "repetition_penalty"},
           Case{R"("seed": 4)", "seed", "seed"},
           Case{R"("logit_bias": {"4": 1})", "logit_bias", "logit_bias"},
           Case{R"("bad_words": ["x"])", "bad_words", "bad_words"},
           Case{R"("allowed_token_ids": [4])", "allowed_tokens", "allowed_token_ids"},
           Case{R"("stop": "x")", "stop_strings", "stop"},
           Case{R"("stop_token_ids": [4])", "stop_tokens", "stop_token_ids"},
           Case{R"("min_tokens": 4)", "min_tokens", "min_tokens"},
           Case{R"("ignore_eos": true)", "ignore_eos", "ignore_eos"},
           Case{R"("response_format": {"type": "json_object"})", "json_object", "response_format"},
           Case{R"("guided_json": {"type": "object"})", "json_schema", "guided_json"},
           Case{R"("guided_regex": "a+")", "grammar", "guided_regex"},
           Case{R"("thinking_token_budget": 4)", "thinking_budget", "thinking_token_budget"},
           Case{R"("reasoning_effort": "low")", "effort", "reasoning_effort"},
           Case{R"("user": "u")", "user", "user"},
           Case{R"("safety_identifier": "u")", "user", "safety_identifier"},
           Case{R"("metadata": {"a": "b"})", "metadata", "metadata"},
           Case{R"("service_tier": "flex")", "service_tier", "service_tier"},
           Case{R"("chat_template_kwargs": {"a": 1})", "template_arguments", "chat_template_kwargs"},
           Case{R"("truncate_prompt_tokens": 4)", "prompt_options", "truncate_prompt_tokens"},
           Case{R"("prompt_cache_key": "x")", "hints", "prompt_cache_key"},
           Case{R"("priority": 4)", "hints", "priority"},
           Case{R"("frobnicate": 4)", "unknown", "frobnicate"},
           Case{R"("web_search_options": {"a": 1})", "foreign", "web_search_options"},
           Case{R"("modalities": ["text", "audio"])", "audio", "modalities"},
           Case{R"("reasoning_effort": "ultra")", "foreign", "reasoning_effort"},
           Case{R"("response_format": {"type": "yaml"})", "foreign", "response_format.type"},
       }) {
    EXPECT_EQ(uses(read(c.member)), (Found{{std::string(c.feature), std::string(c.field)}})) << c.member;
  }
}

TEST(Features, OfTools) {
  constexpr std::string_view kTool = R"("tools": [{"type": "function", "function": {"name": "f"}}])";
  const auto with = [&](std::string_view more) { return uses(read(fmt::format("{}, {}", kTool, more))); };
  EXPECT_EQ(with(R"("tool_choice": "auto")"), (Found{{"tools", "tools"}}));
  EXPECT_EQ(with(R"("tool_choice": "required")"),
            (Found{{"tools", "tools"}, {"forced_tool", "tool_choice"}}));
  EXPECT_EQ(with(R"("parallel_tool_calls": false)"),
            (Found{{"tools", "tools"}, {"serial_tool_calls", "parallel_tool_calls"}}));
  EXPECT_EQ(with(R"("tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools":
                 [{"type": "function", "function": {"name": "f"}}]}})"),
            (Found{{"tools", "tools"}, {"allowed_tools", "tool_choice"}}));
  EXPECT_EQ(uses(read(R"("tools": [{"type": "custom", "custom": {"name": "c"}}])")),
            (Found{{"server_tools", "tools[0].type"}}));
  EXPECT_EQ(uses(read(R"("tools": [{"type": "function", "function": {"name": "f", "strict": true}}])")),
            (Found{{"tools", "tools"}, {"strict_tools", "tools"}}));
}

TEST(Features, OfMessages) {
  EXPECT_EQ(uses(read("", R"([
      {"role": "user", "name": "ann", "content": [
          {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
          {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
          {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
          {"type": "file", "file": {"file_id": "f"}},
          {"type": "hologram"}]},
      {"role": "assistant", "content": "b", "annotations": [1], "thinking_blocks": [
          {"type": "thinking", "thinking": "t", "signature": "s"}]},
      {"role": "assistant", "content": "c", "reasoning_content": "t"}])")),
            (Found{{"images", "messages[0].content[1].type"},
                   {"audio", "messages[0].content[2].type"},
                   {"files", "messages[0].content[3].type"},
                   {"foreign", "messages[0].content[4].type"},
                   {"hints", "messages[1].annotations"},
                   {"signed_thoughts", "messages[1].content[0]"},
                   {"unsigned_thoughts", "messages[2].content[0]"},
                   {"message_names", "messages[0].name"},
                   {"prefill", "messages[2]"},
                   {"cache_control", "messages[0].content[0].cache_control"}}));
}

TEST(Features, WhatOurEngineRefusesIsReadWithTheSameWords) {
  for (
      const std::string_view body :
      {R"({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]})",
       R"({"model": "m", "messages": [{"role": "robot", "content": "x"}]})",
       R"({"model": "m", "messages": [{"role": "user", "content": "x"}], "store": true, "prediction": {"a": 1}})",
       R"({"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [{"type": "web"}]})"}) {
    const auto strict = parse_openai_chat(body);
    const auto read = read_openai_chat(body);
    ASSERT_FALSE(strict) << body;
    ASSERT_TRUE(read) << body;
    ASSERT_FALSE(read->met.empty());
    EXPECT_EQ(read->met.front().refusal->error.message, strict.error().error.message);
    EXPECT_EQ(read->met.front().field, strict.error().param);
  }
  const auto malformed = read_openai_chat(chat(R"("temperature": 3)"));
  EXPECT_FALSE(malformed) << "what is malformed is malformed everywhere";
}

TEST(ApplyFeatures, WhatTheTargetHasStays) {
  GenerationRequest request = read(R"("seed": 4)");
  request.wire = std::make_shared<WireBody>();
  EXPECT_TRUE(apply_features(request, FeatureSet::all(), FeaturePolicy::reject)->empty());
  EXPECT_EQ(request.sampling.seed, 4);
  EXPECT_TRUE(request.wire);
}

TEST(ApplyFeatures, WhatItLacksIsRefusedByNameOrDropped) {
  const FeatureSet target = FeatureSet::all().without(Feature::seed);
  GenerationRequest request = read(R"("seed": 4, "n": 2)");
  request.wire = std::make_shared<WireBody>();
  const auto refused = apply_features(request, target, FeaturePolicy::reject);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "seed");
  EXPECT_EQ(refused.error().error.code, ErrorCode::unsupported);
  EXPECT_EQ(refused.error().error.message,
            "seed asks for seed (a seed), which the target does not have; leave it out");
  EXPECT_EQ(request.sampling.seed, 4) << "a refused request is as it was";

  GenerationRequest dropped = request;
  EXPECT_TRUE(apply_features(dropped, target, FeaturePolicy::drop)->empty());
  EXPECT_FALSE(dropped.sampling.seed);
  EXPECT_EQ(dropped.n, 2);
  EXPECT_FALSE(dropped.wire) << "the bytes still ask for it";

  const auto warnings = apply_features(request, target, FeaturePolicy::warn);
  ASSERT_EQ(warnings->size(), 1u);
  EXPECT_EQ(warnings->front().message, "seed was dropped: the target has no seed");
}

TEST(ApplyFeatures, AdviceIsNeverRefused) {
  GenerationRequest request = read(R"("user": "u", "metadata": {"a": "b"})");
  const auto warnings = apply_features(request, FeatureSet{Feature::chat}, FeaturePolicy::reject);
  ASSERT_TRUE(warnings);
  EXPECT_EQ(warnings->size(), 2u);
  EXPECT_TRUE(request.user.empty() && request.foreign.empty() && request.met.empty());
}

TEST(ApplyFeatures, AChatCannotBeDropped) {
  GenerationRequest request = read("");
  EXPECT_FALSE(apply_features(request, FeatureSet{Feature::prompts}, FeaturePolicy::drop));
}

// Whatever is used: without it nothing is left that uses it, and what else there is stays.
TEST(ApplyFeatures, NothingDroppedIsUsedAnyMore) {
  const GenerationRequest full = read(
      R"("n": 2, "best_of": 3, "logprobs": true, "prompt_logprobs": 1, "echo": true, "return_token_ids": true,
         "temperature": 1.5, "top_k": 4, "min_p": 0.1, "typical_p": 0.1, "presence_penalty": 1,
         "repetition_penalty": 1.1, "seed": 4, "logit_bias": {"4": 1}, "bad_words": ["x"],
         "allowed_token_ids": [4], "stop": "x", "stop_token_ids": [4], "min_tokens": 4, "ignore_eos": true,
         "response_format": {"type": "json_object"}, "thinking_token_budget": 4, "reasoning_effort": "low",
         "user": "u", "metadata": {"a": "b"}, "service_tier": "flex", "chat_template_kwargs": {"a": 1},
         "truncate_prompt_tokens": 4, "prompt_cache_key": "x", "priority": 4, "frobnicate.x": 4,
         "web_search_options": {"a": 1}, "modalities": ["audio"], "parallel_tool_calls": false,
         "tool_choice": "required", "tools": [{"type": "custom", "custom": {"name": "c"}},
           {"type": "function", "function": {"name": "f", "strict": true}, "cache_control": {"type": "ephemeral"}}])",
      R"([{"role": "system", "content": "s"},
          {"role": "user", "name": "ann", "content": [
             {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
             {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
             {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
             {"type": "file", "file": {"file_id": "f"}}, {"type": "hologram"}]},
          {"role": "robot", "content": "beep"},
          {"role": "assistant", "content": "b", "annotations": [1], "reasoning_content": "t", "tool_calls": [
             {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
          {"role": "tool", "tool_call_id": "1", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
          {"role": "assistant", "content": "b", "thinking_blocks": [
             {"type": "thinking", "thinking": "t", "signature": "s"}]}])");
  std::set<Feature> all;
  for (const FeatureUse& use : features_of(full)) all.insert(use.feature);
  EXPECT_GE(all.size(), 44u);
  for (const Feature feature : all) {
    if (feature == Feature::chat) continue;
    SCOPED_TRACE(to_string(feature));
    GenerationRequest request = full;
    ASSERT_TRUE(apply_features(request, FeatureSet::all().without(feature), FeaturePolicy::drop));
    for (const FeatureUse& use : features_of(request)) EXPECT_NE(use.feature, feature) << use.field;
    EXPECT_FALSE(request.messages.empty());
  }
  GenerationRequest bare = full;
  ASSERT_TRUE(apply_features(bare, FeatureSet{Feature::chat}, FeaturePolicy::drop));
  ASSERT_EQ(uses(bare), Found());
  const auto written =
      kOpenAiChat.write_request(bare, {.model = "m", .max_tokens = 1, .include_usage = false});
  EXPECT_EQ(written->body,
            R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},)"
            R"({"role":"assistant","content":"b","tool_calls":[{"id":"1","type":"function",)"
            R"("function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":""}],)"
            R"("temperature":1})");
}

// The answer to a message that goes is a begun answer; and then there is nothing to answer at all.
TEST(ApplyFeatures, WhatIsLeftIsLookedAtAgain) {
  GenerationRequest request = read("", R"([{"role": "assistant", "content": "hello"},
      {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}])");
  const FeatureSet target = FeatureSet::all().without(Feature::images).without(Feature::prefill);
  const auto applied = apply_features(request, target, FeaturePolicy::drop);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().error.message,
            "nothing is left of messages without what the target does not have");
}

TEST(ApplyFeatures, WarningsAreFitForAHeader) {
  GenerationRequest request = read("\"fro\\r\\nb\xC3\xA9nicate\": 4");
  const auto warnings = apply_features(request, FeatureSet{Feature::chat}, FeaturePolicy::warn);
  ASSERT_EQ(warnings->size(), 1u);
  EXPECT_EQ(warnings->front().field, "fro??b??nicate");
  EXPECT_TRUE(request.foreign.empty());
}

TEST(Features, OfCompletions) {
  const auto request =
      read_openai_completion(R"({"model": "m", "prompt": "x", "suffix": "y", "tools": [{"a": 1}]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(uses(*request), (Found{{"foreign", "tools"}, {"prompts", "prompt"}, {"infill", "suffix"}}));
}

}  // namespace
}  // namespace ferry
