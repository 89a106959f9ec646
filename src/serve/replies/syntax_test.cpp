#include "serve/replies/syntax.h"

#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/replies/tool_markers.h"

namespace ferry {

void PrintTo(const ReplySyntax& syntax, std::ostream* out) {
  *out << tool_syntax_name(syntax.tools) << ' ' << thought_syntax_name(syntax.thought);
}

namespace {

constexpr ToolSyntax kTools[] = {ToolSyntax::none,         ToolSyntax::hermes,       ToolSyntax::qwen3_coder,
                                 ToolSyntax::seed_oss,     ToolSyntax::llama3_json,  ToolSyntax::pythonic,
                                 ToolSyntax::mistral_list, ToolSyntax::mistral_args, ToolSyntax::deepseek_v3,
                                 ToolSyntax::deepseek_v31};
constexpr ThoughtSyntax kThoughts[] = {ThoughtSyntax::none, ThoughtSyntax::think, ThoughtSyntax::mistral,
                                       ThoughtSyntax::seed, ThoughtSyntax::kimi};

TEST(Syntax, IsDetectedInRealTemplates) {
  const std::map<std::string, ReplySyntax> expected = {
      {"Mistral-Small-3.2-24B-Instruct-2506", {ToolSyntax::mistral_args, ThoughtSyntax::none}},
      {"NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", {ToolSyntax::hermes, ThoughtSyntax::none}},
      {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use", {ToolSyntax::hermes, ThoughtSyntax::none}},
      {"Qwen-Qwen2.5-7B-Instruct", {ToolSyntax::hermes, ThoughtSyntax::none}},
      {"Qwen-Qwen3-0.6B", {ToolSyntax::hermes, ThoughtSyntax::think}},
      {"deepseek-ai-DeepSeek-R1-Distill-Llama-8B", {ToolSyntax::deepseek_v3, ThoughtSyntax::think}},
      {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", {ToolSyntax::deepseek_v3, ThoughtSyntax::think}},
      {"deepseek-ai-DeepSeek-V3.1", {ToolSyntax::deepseek_v31, ThoughtSyntax::think}},
      {"meta-llama-Llama-3.1-8B-Instruct", {ToolSyntax::llama3_json, ThoughtSyntax::none}},
      {"meta-llama-Llama-3.2-3B-Instruct", {ToolSyntax::llama3_json, ThoughtSyntax::none}},
      {"meta-llama-Llama-3.3-70B-Instruct", {ToolSyntax::llama3_json, ThoughtSyntax::none}},
      {"mistralai-Mistral-Nemo-Instruct-2407", {ToolSyntax::mistral_list, ThoughtSyntax::none}},
  };
  const std::filesystem::path folder = std::filesystem::path(FERRY_DATA_DIR) / "templates";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the templates in " << folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    ASSERT_TRUE(expected.contains(name)) << name;
    EXPECT_EQ(detect_reply_syntax(read_file(entry.path()).value(), {}), expected.at(name)) << name;
  }
}

ToolSyntax detected(std::string_view text) {
  return detect_reply_syntax(text, {}).tools;
}

TEST(Syntax, IsDetectedByWhatATemplateShows) {
  EXPECT_EQ(detected("<tool_call>\\n<function=name>"), ToolSyntax::qwen3_coder);
  EXPECT_EQ(detected("'<seed:tool_call>' <function="), ToolSyntax::seed_oss);
  EXPECT_EQ(detected("<|header_start|> [func_name1(params_name1=params_value1)]"), ToolSyntax::pythonic);
  // GLM's own syntax stands in the same marker.
  EXPECT_EQ(detected("<tool_call>{name}\n<arg_key>"), ToolSyntax::none);
  EXPECT_EQ(detected("{\"name\": \"f\", \"parameters\": {}}"), ToolSyntax::none);
  EXPECT_EQ(detected("{{ messages }}"), ToolSyntax::none);
}

TEST(Syntax, ThoughtsAreDetectedByTokensToo) {
  const std::string_view tokens[] = {"<s>", "[THINK]", "[/THINK]"};
  EXPECT_EQ(detect_reply_syntax("", tokens).thought, ThoughtSyntax::mistral);
  EXPECT_EQ(detect_reply_syntax("</think>", tokens).thought, ThoughtSyntax::think);
}

TEST(Syntax, IsFoundByItsName) {
  for (const ToolSyntax syntax : kTools) {
    EXPECT_EQ(find_tool_syntax(tool_syntax_name(syntax), syntax).value(), syntax);
    EXPECT_EQ(find_tool_syntax("auto", syntax).value(), syntax);
  }
  for (const ThoughtSyntax syntax : kThoughts) {
    EXPECT_EQ(find_thought_syntax(thought_syntax_name(syntax), {}).value(), syntax);
    EXPECT_EQ(find_thought_syntax("auto", syntax).value(), syntax);
  }
  EXPECT_EQ(find_tool_syntax("llama4_pythonic", {}).value(), ToolSyntax::pythonic);
  EXPECT_EQ(find_thought_syntax("qwen3", {}).value(), ThoughtSyntax::think);
}

TEST(Syntax, MistralsFormIsTheTemplates) {
  EXPECT_EQ(find_tool_syntax("mistral", ToolSyntax::none).value(), ToolSyntax::mistral_list);
  EXPECT_EQ(find_tool_syntax("mistral", ToolSyntax::mistral_args).value(), ToolSyntax::mistral_args);
}

TEST(Syntax, AnUnknownNameIsAnswersWithTheKnownOnes) {
  EXPECT_EQ(
      find_tool_syntax("hermess", {}).error().message,
      "there is no tool parser \"hermess\": it must be one of auto, none, hermes, qwen3_coder, qwen3_xml, "
      "seed_oss, llama3_json, llama4_json, pythonic, llama4_pythonic, mistral, deepseek_v3, deepseek_v31");
  EXPECT_EQ(
      find_thought_syntax("r1", {}).error().message,
      "there is no reasoning parser \"r1\": it must be one of auto, none, deepseek_r1, deepseek_v3, qwen3, "
      "glm45, mistral, seed_oss, kimi");
}

TEST(Syntax, APromptMayOpenTheThought) {
  EXPECT_TRUE(prompt_opens_thought("<｜Assistant｜><think>\n", ThoughtSyntax::think));
  EXPECT_FALSE(prompt_opens_thought("<｜Assistant｜><think>\n\n</think>\n\n", ThoughtSyntax::think));
  EXPECT_FALSE(prompt_opens_thought("[/INST][THINK]", ThoughtSyntax::think));
  EXPECT_FALSE(prompt_opens_thought(" \n", ThoughtSyntax::think));
  EXPECT_FALSE(prompt_opens_thought("", ThoughtSyntax::none));
}

TEST(Syntax, NoMarkerIsTheBeginningOfAnother) {
  for (const ToolSyntax tools : kTools) {
    for (const ThoughtSyntax thought : kThoughts) {
      const auto markers = reply_markers({tools, thought});
      for (size_t i = 0; i < markers.size(); ++i) {
        for (size_t j = 0; j < markers.size(); ++j) {
          EXPECT_FALSE(i != j && markers[i].starts_with(markers[j])) << markers[i] << ' ' << markers[j];
        }
      }
    }
  }
}

}  // namespace
}  // namespace ferry
