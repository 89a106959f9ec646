// What real chat templates are told of a conversation with tools, against what they print when they are told
// it in the form that each wants (tests/golden/conversations). And the same of small templates of our own.

#include "serve/providers/chat_context.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "infer/engine/test_tokenizer.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/wire_dialect.h"
#include "serve/providers/local.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

HostedModel model_with(std::string_view chat_template) {
  HostedModel model;
  model.name = "m";
  model.tokenizer = Tokenizer::from_json(test_tokenizer_json(), "test").value();
  model.chat_template = ChatTemplate::parse(std::string(chat_template), "test").value();
  model.bos_text = "<s>";
  model.eos_text = "</s>";
  return model;
}

ModelVoice voice(const HostedModel& model) {
  return voice_of(model, "auto", "auto").value();
}

json::value golden(const char* name) {
  const fs::path path = fs::path(FERRY_SOURCE_DIR) / "tests/golden/conversations" / name;
  return parse_json(read_file(path).value(), name).value();
}

std::string fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return fmt::format("{:016x}", hash);
}

// The day that the golden files were rendered on.
RenderOptions that_day() {
  std::tm now{};
  now.tm_year = 124;
  now.tm_mon = 11;
  now.tm_mday = 5;
  return {.limits = {}, .now = now};
}

TEST(ChatContext, EachFamilyIsToldOfCallsInItsForm) {
  const fs::path folder = fs::path(FERRY_DATA_DIR) / "templates";
  if (!fs::exists(folder)) GTEST_SKIP() << "needs the templates in " << folder;
  const json::value requests = golden("requests.json");
  const json::value prompts = golden("prompts.json");
  for (const json::value& prompt : prompts.at("cases").as_array()) {
    const std::string name(prompt.at("model").as_string());
    const json::string& request_name = prompt.at("request").as_string();
    SCOPED_TRACE(name + ": " + std::string(request_name));
    const HostedModel model = model_with(read_file(folder / (name + ".jinja")).value());
    const auto request = parse_openai_chat(to_json(requests.at(request_name)));
    ASSERT_TRUE(request) << request.error().error.message;
    const auto context = chat_context(*request, voice(model));
    ASSERT_TRUE(context) << context.error().error.message;
    json::object variables = *context;
    variables.emplace("bos_token", "<s>");
    variables.emplace("eos_token", "</s>");
    const auto chat = model.chat_template->render(variables, that_day());
    ASSERT_TRUE(chat) << chat.error().message;
    EXPECT_EQ(chat->text.size(), prompt.at("bytes").to_number<size_t>()) << chat->text;
    EXPECT_EQ(fnv1a(chat->text), prompt.at("fnv1a").as_string());
  }
}

TEST(ModelVoice, OfRealTemplates) {
  const fs::path folder = fs::path(FERRY_DATA_DIR) / "templates";
  if (!fs::exists(folder)) GTEST_SKIP() << "needs the templates in " << folder;
  const auto of = [&](const std::string& name) {
    return voice(model_with(read_file(folder / (name + ".jinja")).value()));
  };
  const ModelVoice qwen3 = of("Qwen-Qwen3-0.6B");
  EXPECT_EQ(qwen3.syntax, (ReplySyntax{ToolSyntax::hermes, ThoughtSyntax::think}));
  EXPECT_TRUE(qwen3.reads_thinking);
  EXPECT_FALSE(qwen3.reads_effort || qwen3.text_arguments || qwen3.null_content);
  const ModelVoice deepseek = of("deepseek-ai-DeepSeek-V3.1");
  EXPECT_EQ(deepseek.syntax, (ReplySyntax{ToolSyntax::deepseek_v31, ThoughtSyntax::think}));
  EXPECT_TRUE(deepseek.reads_thinking && deepseek.null_content);
  EXPECT_TRUE(of("deepseek-ai-DeepSeek-R1-Distill-Llama-8B").text_arguments);
  EXPECT_FALSE(of("Qwen-Qwen2.5-7B-Instruct").reads_thinking);
  EXPECT_EQ(of("mistralai-Mistral-Nemo-Instruct-2407").syntax.tools, ToolSyntax::mistral_list);
}

TEST(ModelVoice, OfSmallTemplates) {
  const HostedModel plain = model_with("{% for m in messages %}{{ m.content }}{% endfor %}");
  EXPECT_EQ(voice(plain).syntax, ReplySyntax{});
  EXPECT_EQ(voice_of(plain, "hermes", "deepseek_r1").value().syntax,
            (ReplySyntax{ToolSyntax::hermes, ThoughtSyntax::think}));
  EXPECT_FALSE(voice_of(plain, "nonsense", "auto"));
  EXPECT_TRUE(voice(model_with("{{ reasoning_effort }}")).reads_effort);
}

ApiResult<json::object> context_of(std::string_view members, const ModelVoice& voice) {
  const auto request = parse_openai_chat(fmt::format(R"({{"model": "m", {}}})", members));
  EXPECT_TRUE(request) << request.error().error.message;
  return chat_context(*request, voice);
}

TEST(ChatContext, EffortAndToolsReachTheTemplate) {
  constexpr std::string_view kMessages = R"("messages": [{"role": "user", "content": "x"}])";
  const auto with = [&](std::string_view more) {
    return context_of(fmt::format("{}, {}", kMessages, more), {}).value();
  };
  EXPECT_FALSE(with(R"("n": 1)").contains("enable_thinking"));
  const json::object off = with(R"("reasoning_effort": "none")");
  EXPECT_EQ(off.at("enable_thinking"), json::value(false));
  EXPECT_EQ(off.at("thinking"), json::value(false));
  EXPECT_EQ(off.at("reasoning_effort"), json::value("none"));
  // What the request sets for the template itself stays.
  const json::object both =
      with(R"("reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": true})");
  EXPECT_EQ(both.at("enable_thinking"), json::value(true));

  constexpr std::string_view kTool = R"("tools": [{"type": "function", "function": {"name": "f"}}])";
  EXPECT_EQ(with(kTool).at("tools").as_array().size(), 1u);
  EXPECT_FALSE(with(std::string(kTool) + R"(, "tool_choice": "none")").contains("tools"));
}

constexpr std::string_view kCallWith = R"("messages": [{{"role": "user", "content": "x"}},
    {{"role": "assistant", "reasoning": "why", "tool_calls": [{{"id": "call_1", "type": "function",
      "function": {{"name": "f", "arguments": {}}}}}]}},
    {{"role": "tool", "tool_call_id": "call_1", "content": [{{"type": "text", "text": "a"}},
                                                           {{"type": "text", "text": "b"}}]}}])";

TEST(ChatContext, CallsAndResultsInTheTemplatesForm) {
  ModelVoice voice;
  const std::string messages = fmt::format(kCallWith, R"("{\"a\": 1}")");
  const json::object plain = context_of(messages, voice).value();
  const json::value& call = plain.at("messages").at(1);
  EXPECT_EQ(to_json(call.at("tool_calls").at(0).at("function").at("arguments")), R"({"a":1})");
  EXPECT_TRUE(call.at("content").is_null());
  EXPECT_EQ(call.at("reasoning_content"), json::value("why"));
  EXPECT_EQ(to_json(plain.at("messages").at(2)),
            R"({"role":"tool","tool_call_id":"call_1","content":"a\nb","name":"f"})");

  voice.text_arguments = true;
  voice.null_content = false;
  voice.syntax.tools = ToolSyntax::mistral_list;
  const json::object other = context_of(messages, voice).value();
  const json::value& written = other.at("messages").at(1);
  EXPECT_EQ(written.at("tool_calls").at(0).at("function").at("arguments"), json::value(R"({"a": 1})"));
  EXPECT_EQ(written.at("content"), json::value(""));
  const json::string& id = written.at("tool_calls").at(0).at("id").as_string();
  EXPECT_EQ(id.size(), 9u);
  EXPECT_EQ(other.at("messages").at(2).at("tool_call_id"), json::value(id));
}

TEST(ChatContext, ArgumentsThatAreNoObjectAreRefusedByName) {
  for (const char* arguments : {R"("{\"a\":")", R"("[1]")", R"("no")"}) {
    const auto context = context_of(fmt::format(kCallWith, arguments), {});
    ASSERT_FALSE(context) << arguments;
    EXPECT_EQ(context.error().param, "messages[1].tool_calls[0].function.arguments");
    EXPECT_EQ(context.error().error.code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(context_of(fmt::format(kCallWith, R"("")"), {})) << "none at all are no arguments";
}

// Messages that came in another dialect's form reach the template in OpenAI's.
TEST(ChatContext, OfAMessageFromAnthropicsDialect) {
  const auto request = kAnthropicMessages.read_request(
      R"({"model": "m", "max_tokens": 9, "system": "s", "tools": [{"name": "f", "input_schema": {"type": "object"}}],
          "messages": [{"role": "user", "content": "x"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "why", "signature": "z"},
              {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "r"}]}]})");
  ASSERT_TRUE(request) << request.error().error.message;
  const auto context = chat_context(*request, {});
  ASSERT_TRUE(context) << context.error().error.message;
  const json::array& messages = context->at("messages").as_array();
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(to_json(messages[0]), R"({"role":"system","content":"s"})");
  EXPECT_EQ(messages[2].at("reasoning_content"), json::value("why"));
  EXPECT_EQ(to_json(messages[2].at("tool_calls").at(0).at("function")),
            R"({"name":"f","arguments":{"a":1}})");
  EXPECT_EQ(to_json(messages[3]), R"({"role":"tool","tool_call_id":"t1","content":"r","name":"f"})");
  EXPECT_EQ(to_json(context->at("tools")),
            R"([{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}])");
}

TEST(ChatContext, NewCallIds) {
  EXPECT_TRUE(new_call_id(ToolSyntax::hermes).starts_with("call_"));
  EXPECT_NE(new_call_id(ToolSyntax::hermes), new_call_id(ToolSyntax::hermes));
  EXPECT_EQ(new_call_id(ToolSyntax::mistral_args).size(), 9u);
}

// What a reader says our engine refuses is what it lacks: whoever asks for its features gets the same answer.
TEST(LocalFeatures, LackWhatReadersRefuse) {
  const auto request = read_openai_chat(
      R"({"model": "m", "store": true, "modalities": ["audio"], "reasoning_effort": "odd", "unheard": 1,
          "metadata": {"a": "b"}, "tools": [{"type": "web"}], "messages": [{"role": "robot", "content": [
          {"type": "image_url", "image_url": {"url": "x"}}, {"type": "file", "file": {}}, {"type": "odd"}]}]})");
  ASSERT_TRUE(request) << request.error().error.message;
  size_t refused = 0;
  for (const FeatureUse& use : request->met) {
    refused += use.refusal ? 1 : 0;
    EXPECT_EQ(local_features().has(use.feature), !use.refusal) << use.field;
  }
  EXPECT_EQ(refused, 8u);
  GenerationRequest copy = *request;
  const auto applied = apply_features(copy, local_features(), FeaturePolicy::reject);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().error.message,
            "messages[0].role must be one of system, developer, user, assistant, tool");
}

}  // namespace
}  // namespace ferry
