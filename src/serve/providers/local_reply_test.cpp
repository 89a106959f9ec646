// From pieces of text to thought, text and calls, and what is counted on the way.

#include "serve/providers/local_reply.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

const ReplySyntax kHermes{ToolSyntax::hermes, ThoughtSyntax::think};

struct Read {
  GenerationChoice choice;
  int64_t thought_tokens = 0;
  bool has_called = false;
};

// Each piece is one token.
Read read(const ReplyReading& reading, const std::vector<std::string_view>& pieces) {
  LocalReply reply(reading);
  GenerationResult result;
  for (size_t i = 0; i < pieces.size(); ++i) {
    GenerationDelta delta;
    reply.read(pieces[i], 1, i + 1 == pieces.size(), delta);
    append(result, std::move(delta));
  }
  return {result.choices.at(0), reply.thought_tokens(), reply.has_called()};
}

TEST(LocalReply, ThoughtTextAndCall) {
  const Read got = read({.options = {.syntax = kHermes}},
                        {"<think>", "Hm", ".", "</think>", "\n\n", "Yes", ". ", "<tool_call>",
                         R"({"name": "f", "argu)", R"(ments": {"a": 1}})", "</tool_call>"});
  EXPECT_EQ(got.choice.thought, "Hm.");
  EXPECT_EQ(got.choice.text, "Yes.");
  ASSERT_EQ(got.choice.calls.size(), 1u);
  EXPECT_EQ(got.choice.calls[0].name, "f");
  EXPECT_EQ(got.choice.calls[0].arguments, R"({"a": 1})");
  EXPECT_TRUE(got.choice.calls[0].id.starts_with("call_"));
  EXPECT_TRUE(got.has_called);
  EXPECT_EQ(got.thought_tokens, 5) << "up to the empty line: the answer has not begun before";
}

TEST(LocalReply, WithoutAThoughtNoneIsCounted) {
  EXPECT_EQ(read({.options = {.syntax = kHermes}}, {"<", "b>", "!"}).thought_tokens, 0);
  EXPECT_EQ(read({.options = {.syntax = kHermes}}, {"<", "th"}).thought_tokens, 0);
  EXPECT_EQ(read({.options = {.syntax = kHermes}}, {"<", "th"}).choice.text, "<th");
}

TEST(LocalReply, AThoughtThatThePromptHasBegun) {
  const ReplyReading reading{.options = {.syntax = kHermes, .thought_open = true}};
  const Read cut = read(reading, {"a", "b"});
  EXPECT_EQ(cut.choice.thought, "ab");
  EXPECT_EQ(cut.thought_tokens, 2);
  const Read whole = read(reading, {"a", "</think>", "b"});
  EXPECT_EQ(whole.choice.thought, "a");
  EXPECT_EQ(whole.choice.text, "b");
  EXPECT_EQ(whole.thought_tokens, 2);
}

TEST(LocalReply, AThoughtThatNobodyWants) {
  const Read got =
      read({.options = {.syntax = kHermes}, .report_thought = false}, {"<think>", "a", "</think>", "b"});
  EXPECT_EQ(got.choice.thought, "");
  EXPECT_EQ(got.choice.text, "b");
  EXPECT_EQ(got.thought_tokens, 3);
}

TEST(LocalReply, ABrokenCallIsText) {
  const Read got = read({.options = {.syntax = kHermes}}, {"<tool_call>", R"({"name": "f",)", " oops"});
  EXPECT_EQ(got.choice.text, R"(<tool_call>{"name": "f", oops)");
  EXPECT_TRUE(got.choice.calls.empty());
  EXPECT_FALSE(got.has_called);
}

// As OpenAI's API has it: the pieces that went out are not taken back.
TEST(LocalReply, AStreamedCallThatIsCutOffStaysACall) {
  const ReplyReading reading{.options = {.syntax = kHermes, .calls = ReplyOptions::Calls::streamed}};
  const Read got = read(reading, {"<tool_call>", R"({"name": "f", "arguments": {"a)", R"(": "b)"});
  EXPECT_EQ(got.choice.text, "");
  ASSERT_EQ(got.choice.calls.size(), 1u);
  EXPECT_EQ(got.choice.calls[0].name, "f");
  EXPECT_TRUE(got.choice.calls[0].arguments.starts_with(R"({"a)")) << got.choice.calls[0].arguments;
  EXPECT_FALSE(got.has_called);
}

}  // namespace
}  // namespace ferry
