// Tools and thoughts in requests: what is read, and what is refused by name.

#include <gtest/gtest.h>

#include "serve/dialects/openai_chat.h"

namespace ferry {
namespace {

using Choice = ToolRequest::Choice;

constexpr std::string_view kTools = R"("tools": [
    {"type": "function", "function": {"name": "weather", "description": "d", "strict": true,
      "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
    {"type": "function", "function": {"name": "now"}}])";

ApiResult<GenerationRequest> parse(std::string_view members) {
  return parse_openai_chat(
      fmt::format(R"({{"model": "m", "messages": [{{"role": "user", "content": "x"}}], {}}})", members));
}

ToolRequest tools_of(std::string_view members) {
  const auto request = parse(fmt::format("{}, {}", kTools, members));
  EXPECT_TRUE(request) << request.error().error.message;
  return request ? request->tools : ToolRequest();
}

TEST(OpenAiTools, AreReadAsTheyAre) {
  const ToolRequest request = tools_of(R"("stream": false)");
  ASSERT_EQ(request.tools.size(), 2u);
  EXPECT_EQ(request.tools[0].name, "weather");
  EXPECT_TRUE(request.tools[0].strict);
  EXPECT_EQ(request.tools[0].parameters.at("properties").at("city").at("type").as_string(), "string");
  EXPECT_EQ(request.tools[0].raw.at("function").at("description").as_string(), "d");
  EXPECT_EQ(request.tools[1].name, "now");
  EXPECT_FALSE(request.tools[1].strict);
  EXPECT_TRUE(request.tools[1].parameters.is_null());
  EXPECT_EQ(request.choice, Choice::automatic);
  EXPECT_TRUE(request.parallel && request.offered() && request.allowed.empty());
}

TEST(OpenAiTools, EachChoice) {
  EXPECT_EQ(tools_of(R"("tool_choice": "auto")").choice, Choice::automatic);
  EXPECT_EQ(tools_of(R"("tool_choice": null)").choice, Choice::automatic);
  EXPECT_EQ(tools_of(R"("tool_choice": "required")").choice, Choice::required);
  EXPECT_FALSE(tools_of(R"("tool_choice": "none")").offered());
  EXPECT_FALSE(tools_of(R"("parallel_tool_calls": false)").parallel);

  const ToolRequest named = tools_of(R"("tool_choice": {"type": "function", "function": {"name": "now"}})");
  EXPECT_EQ(named.choice, Choice::required);
  EXPECT_EQ(named.allowed, std::vector<std::string>{"now"});

  const ToolRequest allowed = tools_of(R"("tool_choice": {"type": "allowed_tools", "allowed_tools":
      {"mode": "auto", "tools": [{"type": "function", "function": {"name": "weather"}}]}})");
  EXPECT_EQ(allowed.choice, Choice::automatic);
  EXPECT_EQ(allowed.allowed, std::vector<std::string>{"weather"});
}

TEST(OpenAiTools, WhatIsWrongIsNamed) {
  struct Bad {
    std::string members;
    std::string_view param;
    std::string_view message;
  };
  const std::string tools(kTools);
  for (const Bad& bad : {
           Bad{R"("tools": {})", "tools", "tools must be an array, not an object"},
           Bad{R"("tools": [3])", "tools[0]", "tools[0] must be an object, not a number"},
           Bad{R"("tools": [{"type": "custom"}])", "tools[0].type",
               "tools[0].type must be \"function\"; other tools are not supported"},
           Bad{R"("tools": [{"type": "function"}])", "tools[0].function",
               "tools[0].function must be an object"},
           Bad{R"("tools": [{"type": "function", "function": {"name": ""}}])", "tools[0].function.name",
               "tools[0].function.name must have 1 to 256 bytes, without control characters"},
           Bad{R"("tools": [{"type": "function", "function": {"name": "f", "parameters": []}}])",
               "tools[0].function.parameters",
               "tools[0].function.parameters must be an object, not an array"},
           Bad{R"("tools": [{"type": "function", "function": {"name": "f"}},
                            {"type": "function", "function": {"name": "f"}}])",
               "tools[1].function.name", "tools[1].function.name 'f' is also the name of another tool"},
           Bad{R"("tool_choice": "required")", "tool_choice",
               "tool_choice asks for a call, but there are no tools"},
           Bad{tools + R"(, "tool_choice": "any")", "tool_choice",
               "tool_choice must be auto, none, required, or an object that names a tool"},
           Bad{tools + R"(, "tool_choice": {"type": "function", "function": {"name": "g"}})",
               "tool_choice.function.name", "tool_choice.function.name 'g' is none of the tools"},
           Bad{tools + R"(, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "some"}})",
               "tool_choice.allowed_tools.mode", "tool_choice.allowed_tools.mode must be auto or required"},
           Bad{tools + R"(, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": []}})",
               "tool_choice.allowed_tools.tools",
               "tool_choice.allowed_tools.tools must be an array of at least one tool"},
           Bad{tools + R"(, "parallel_tool_calls": 1)", "parallel_tool_calls",
               "parallel_tool_calls must be true or false, not a number"},
       }) {
    SCOPED_TRACE(bad.members);
    const auto request = parse(bad.members);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().param, bad.param);
    EXPECT_EQ(request.error().error.message, bad.message);
  }
}

TEST(OpenAiThought, EachField) {
  const auto thought = [](std::string_view members) {
    const auto request = parse(members);
    EXPECT_TRUE(request) << request.error().error.message;
    return request ? request->thought : ThoughtPolicy();
  };
  const ThoughtPolicy silent = thought(R"("stream": false)");
  EXPECT_TRUE(silent.split && silent.report && silent.effort.empty() && !silent.budget);
  EXPECT_EQ(thought(R"("reasoning_effort": "high")").effort, "high");
  EXPECT_EQ(thought(R"("thinking_token_budget": 0)").budget, 0);
  EXPECT_EQ(thought(R"("thinking_token_budget": -1)").budget, std::nullopt);
  EXPECT_EQ(thought(R"("reasoning_budget_tokens": 7)").budget, 7);
  EXPECT_FALSE(thought(R"("include_reasoning": false)").report);
  EXPECT_FALSE(thought(R"("reasoning_format": "none")").split);
  EXPECT_TRUE(thought(R"("reasoning_format": "auto")").split);

  const auto contradiction = parse(R"("thinking_token_budget": 3, "reasoning_budget_tokens": 4)");
  ASSERT_FALSE(contradiction);
  EXPECT_EQ(contradiction.error().param, "reasoning_budget_tokens");
  const auto format = parse(R"("reasoning_format": "deepseek-legacy")");
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().error.message, "reasoning_format must be one of auto, deepseek, none");
}

}  // namespace
}  // namespace ferry
