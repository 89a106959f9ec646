// What a request's answers must be and how they are read, of models that think and call, and of others.

#include "serve/providers/answer_plan.h"

#include <gtest/gtest.h>

#include "infer/engine/test_tokenizer.h"

namespace ferry {
namespace {

const ModelVoice kThinker{.syntax = {ToolSyntax::hermes, ThoughtSyntax::think}};

HostedModel tiny_model() {
  HostedModel model;
  model.name = "m";
  model.tokenizer = Tokenizer::from_json(test_tokenizer_json(), "test").value();
  return model;
}

GenerationRequest chat() {
  GenerationRequest request;
  request.messages.emplace_back().role = "user";
  return request;
}

GenerationRequest chat_with_tool() {
  GenerationRequest request = chat();
  request.tools.tools.push_back({.name = "f"});
  return request;
}

ApiResult<AnswerPlan> plan(const GenerationRequest& request, const ModelVoice& voice,
                           std::string prompt = "assistant\n") {
  return plan_answer(request, tiny_model(), voice, {{.tokens = {1}, .text = std::move(prompt), .echo = {}}});
}

TEST(AnswerPlan, APlainModelsAnswerIsText) {
  const AnswerPlan plain = plan(chat(), {}).value();
  EXPECT_FALSE(plain.reading || plain.thought || plain.grammar);
  EXPECT_TRUE(plain.shown_special.empty());
  GenerationRequest completion;
  completion.prompts = {"a<think>"};
  EXPECT_FALSE(plan(completion, kThinker, "a<think>").value().reading);
}

TEST(AnswerPlan, CallsAreReadWhereToolsAreOffered) {
  EXPECT_EQ(plan(chat(), kThinker).value().reading->options.syntax.tools, ToolSyntax::none);
  GenerationRequest request = chat_with_tool();
  const AnswerPlan with = plan(request, kThinker).value();
  EXPECT_EQ(with.reading->options.syntax, kThinker.syntax);
  ASSERT_EQ(with.reading->options.tools->size(), 1u);
  EXPECT_EQ(with.reading->options.tools->front().name, "f");
  EXPECT_FALSE(with.thought) << "the engine need not know";
  request.tools.choice = ToolRequest::Choice::none;
  EXPECT_EQ(plan(request, kThinker).value().reading->options.syntax.tools, ToolSyntax::none);
}

TEST(AnswerPlan, AModelWithoutASyntaxForCallsRefusesTools) {
  const auto refused = plan(chat_with_tool(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "tools");
  EXPECT_EQ(refused.error().error.code, ErrorCode::unsupported);
  EXPECT_NE(refused.error().error.message.find("--tool-parser"), std::string::npos);
}

TEST(AnswerPlan, AThoughtThatThePromptHasBegun) {
  const AnswerPlan open = plan(chat(), kThinker, "assistant\n<think>\n").value();
  EXPECT_TRUE(open.reading->options.thought_open);
  GenerationRequest together = chat();
  together.thought.split = false;
  EXPECT_FALSE(plan(together, kThinker, "<think>\n").value().reading);
  GenerationRequest hidden = chat();
  hidden.thought.report = false;
  EXPECT_FALSE(plan(hidden, kThinker).value().reading->report_thought);
}

TEST(AnswerPlan, BudgetsAndEfforts) {
  const auto budget = [](std::optional<int64_t> tokens, std::string effort, ModelVoice voice) {
    GenerationRequest request = chat();
    request.thought.budget = tokens;
    request.thought.effort = std::move(effort);
    const AnswerPlan made = plan(request, voice, "<think>\n").value();
    if (!made.thought) return -1;
    EXPECT_TRUE(made.thought->open);
    EXPECT_FALSE(made.thought->ending.empty());
    return made.thought->budget;
  };
  EXPECT_EQ(budget(7, "", kThinker), 7);
  EXPECT_EQ(budget(7, "low", kThinker), 7);
  EXPECT_EQ(budget({}, "", kThinker), -1);
  EXPECT_EQ(budget({}, "low", kThinker), 1024);
  EXPECT_EQ(budget({}, "medium", kThinker), 8192);
  EXPECT_EQ(budget({}, "high", kThinker), 24576);
  EXPECT_EQ(budget({}, "max", kThinker), -1);
  EXPECT_EQ(budget({}, "none", kThinker), 0);
  ModelVoice knows = kThinker;
  knows.reads_effort = true;
  EXPECT_EQ(budget({}, "low", knows), -1);
  ModelVoice can_be_told = kThinker;
  can_be_told.reads_thinking = true;
  EXPECT_EQ(budget({}, "none", can_be_told), -1);
  EXPECT_EQ(budget(7, "", {}), -1) << "a model that does not think";
}

}  // namespace
}  // namespace ferry
