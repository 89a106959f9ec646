// Real chat templates show how their models call tools. What a template writes for an assistant's calls,
// taken for a model's text, must be read back as the same calls.

#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "infer/template/template.h"
#include "serve/replies/reply_parser.h"

namespace ferry {
namespace {

struct Family {
  std::string header;    // before the assistant's text
  std::string end;       // behind it
  size_t calls = 2;      // that the template takes at once
  bool as_text = false;  // it wants the arguments as a string
};

const std::map<std::string, Family> kFamilies = {
    {"Mistral-Small-3.2-24B-Instruct-2506", {"[/INST]", "</s>"}},
    {"NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", {"<|im_start|>assistant", "<|im_end|>\n"}},
    {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use", {"<|im_start|>assistant", "<|im_end|>\n"}},
    {"Qwen-Qwen2.5-7B-Instruct", {"<|im_start|>assistant", "<|im_end|>\n"}},
    {"Qwen-Qwen3-0.6B", {"<|im_start|>assistant\n", "<|im_end|>\n"}},
    {"deepseek-ai-DeepSeek-R1-Distill-Llama-8B", {"<｜Assistant｜>", "<｜end▁of▁sentence｜>", 2, true}},
    {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", {"<｜Assistant｜>", "<｜end▁of▁sentence｜>"}},
    {"deepseek-ai-DeepSeek-V3.1", {"<｜Assistant｜><think></think>", "<｜end▁of▁sentence｜>"}},
    {"meta-llama-Llama-3.1-8B-Instruct",
     {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>", 1}},
    {"meta-llama-Llama-3.2-3B-Instruct",
     {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>", 1}},
    {"meta-llama-Llama-3.3-70B-Instruct",
     {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>", 1}},
    {"mistralai-Mistral-Nemo-Instruct-2407", {"[/INST]", "</s>"}},
};

const char* const kTools = R"([
  {"type": "function", "function": {"name": "get_weather", "description": "The weather in a city.",
    "parameters": {"type": "object", "required": ["city"], "properties": {
      "city": {"type": "string", "description": "Which."}, "days": {"type": "integer", "description": "How many."}}}}},
  {"type": "function", "function": {"name": "save", "description": "Saves.",
    "parameters": {"type": "object", "properties": {"tags": {"type": "array", "description": "Words."},
      "text": {"type": "string", "description": "What."}}}}}])";

const char* const kCalls[][2] = {
    {"get_weather", R"({"city": "Zürich \"Nord\"", "days": 3})"},
    {"save", R"({"tags": ["a", {"b": null}], "text": "</tool_call>\n``` ]; [ARGS]"})"},
};

json::value parsed(std::string_view text) {
  return parse_json(text, "test").value();
}

json::array tool_calls(const Family& family) {
  json::array calls;
  for (size_t i = 0; i < family.calls; ++i) {
    const auto [name, arguments] = kCalls[i];
    json::object function{{"name", name}};
    if (family.as_text) {
      function["arguments"] = arguments;
    } else {
      function["arguments"] = parsed(arguments);
    }
    calls.push_back(json::object{
        {"id", "abcdefgh" + std::to_string(i)}, {"type", "function"}, {"function", std::move(function)}});
  }
  return calls;
}

// What the template has the assistant write.
std::string rendered_reply(const ChatTemplate& chat_template, const Family& family) {
  const bool hermes = chat_template.name().starts_with("NousResearch");
  json::object reply{{"role", "assistant"}, {"tool_calls", tool_calls(family)}};
  reply["content"] = family.header.starts_with("<｜Assistant｜>") ? json::value(nullptr) : json::value("");
  if (hermes) reply.erase("content");
  const json::object context{
      {"messages", json::array{json::object{{"role", "user"}, {"content", "Hello"}}, std::move(reply)}},
      {"tools", parsed(kTools)},
      {"bos_token", "<s>"},
      {"eos_token", "</s>"},
      {"add_generation_prompt", false}};
  const std::string text = chat_template.render(context).value().text;
  const size_t begin = text.rfind(family.header);
  EXPECT_NE(begin, std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(family.end)) << text;
  const size_t reply_begin = begin + family.header.size();
  return text.substr(reply_begin, text.size() - family.end.size() - reply_begin);
}

ReplyTools tools() {
  ReplyTools all;
  const json::value described = parsed(kTools);
  for (const json::value& tool : described.get_array()) {
    const json::value& function = tool.at("function");
    all.push_back({std::string(function.at("name").as_string()), function.at("parameters")});
  }
  return all;
}

TEST(ReplyRoundTrip, WhatATemplateWritesIsReadBackAsTheSameCalls) {
  const std::filesystem::path folder = std::filesystem::path(FERRY_DATA_DIR) / "templates";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the templates in " << folder;
  const auto offered = std::make_shared<const ReplyTools>(tools());
  for (const auto& [name, family] : kFamilies) {
    SCOPED_TRACE(name);
    const std::string source = read_file(folder / (name + ".jinja")).value();
    const auto chat_template = ChatTemplate::parse(source, name).value();
    const std::string text = rendered_reply(*chat_template, family);
    SCOPED_TRACE(text);
    const Reply reply = parse_reply({.syntax = detect_reply_syntax(source, {}), .tools = offered}, text);
    EXPECT_EQ(reply.content, "");
    ASSERT_EQ(reply.calls.size(), family.calls);
    for (size_t i = 0; i < family.calls; ++i) {
      EXPECT_EQ(reply.calls[i].name, kCalls[i][0]);
      EXPECT_EQ(parsed(reply.calls[i].arguments), parsed(kCalls[i][1]));
    }
  }
}

}  // namespace
}  // namespace ferry
