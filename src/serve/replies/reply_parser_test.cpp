#include "serve/replies/reply_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/replies/golden_replies.h"
#include "serve/replies/reply_checks.h"

namespace ferry {

void PrintTo(const ReplyCall& call, std::ostream* out) {
  *out << call.name << ' ' << call.arguments;
}
void PrintTo(const ReplyEvent& event, std::ostream* out) {
  *out << static_cast<int>(event.kind) << ' ' << event.call << " \"" << event.text << "\" " << event.begin
       << '-' << event.end;
}

namespace {

using Calls = ReplyOptions::Calls;
using Kind = ReplyEvent::Kind;
using testing::ElementsAre;
using testing::ElementsAreArray;

const std::filesystem::path kGolden = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/replies";

TEST(ReplyParser, ReadsTheGoldenReplies) {
  const std::vector<GoldenReply> all = golden_replies(kGolden);
  EXPECT_GT(all.size(), 80u);
  for (const GoldenReply& golden : all) {
    SCOPED_TRACE(golden.name);
    const Reply reply = parse_reply(golden.options, golden.text);
    EXPECT_EQ(reply.thought, golden.reply.thought);
    EXPECT_EQ(reply.content, golden.reply.content);
    EXPECT_THAT(reply.calls, ElementsAreArray(golden.reply.calls));
  }
}

std::vector<size_t> random_cuts(size_t bytes, Rng& rng) {
  std::vector<size_t> cuts(rng.below(8));
  for (size_t& cut : cuts) cut = rng.below(bytes + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

TEST(ReplyParser, SaysTheSameHoweverTheTextIsCut) {
  Rng rng(1);
  for (const GoldenReply& golden : golden_replies(kGolden)) {
    SCOPED_TRACE(golden.name);
    std::vector<size_t> everywhere;
    for (size_t cut = 0; cut <= golden.text.size(); ++cut) {
      everywhere.push_back(cut);
      check_reply(golden.options, golden.text, {{cut}});
    }
    check_reply(golden.options, golden.text, everywhere);
    for (int i = 0; i < 20; ++i) {
      check_reply(golden.options, golden.text, random_cuts(golden.text.size(), rng));
    }
  }
}

// Pieces of golden texts, put together so that calls break in every way.
std::string broken_text(const std::vector<GoldenReply>& all, Rng& rng) {
  std::string text;
  for (uint64_t parts = 1 + rng.below(4); parts > 0; --parts) {
    const std::string& part = all[rng.below(all.size())].text;
    const size_t begin = rng.below(3) == 0 ? rng.below(part.size()) : 0;
    text += part.substr(begin, rng.below(3) == 0 ? rng.below(part.size()) : std::string::npos);
  }
  if (rng.below(2) == 0) text.erase(rng.below(text.size() + 1), 1 + rng.below(3));
  return replace_invalid_utf8(text);
}

TEST(ReplyParser, LosesNoByteOfABrokenText) {
  const std::vector<GoldenReply> all = golden_replies(kGolden);
  Rng rng(2);
  int calls = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = broken_text(all, rng);
    const GoldenReply& golden = all[rng.below(all.size())];
    SCOPED_TRACE(golden.name + "\n" + text);
    check_reply(golden.options, text, random_cuts(text.size(), rng));
    calls += static_cast<int>(parse_reply(golden.options, text).calls.size());
  }
  EXPECT_GT(calls, 1000);
}

TEST(ReplyParser, WithoutSyntaxAllIsContent) {
  for (const GoldenReply& golden : golden_replies(kGolden)) {
    EXPECT_EQ(parse_reply({}, golden.text).content, golden.text) << golden.name;
  }
}

ReplyOptions hermes(Calls calls) {
  return {.syntax = {.tools = ToolSyntax::hermes}, .calls = calls};
}

TEST(ReplyParser, ToldWholeACallIsHeldBackUntilItIs) {
  ReplyParser parser(hermes(Calls::whole));
  EXPECT_THAT(parser.take("So: <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1"),
              ElementsAre(ReplyEvent{Kind::content, -1, "So:", 0, 3}));
  EXPECT_THAT(parser.take("}}"), ElementsAre(ReplyEvent{Kind::call_begin, 0, "f", 3, 51},
                                             ReplyEvent{Kind::call_arguments, 0, "{\"a\": 1}", 51, 51},
                                             ReplyEvent{Kind::call_end, 0, "", 51, 51}));
  EXPECT_THAT(parser.take("</tool_call>"), ElementsAre());
  EXPECT_THAT(parser.finish(), ElementsAre());
}

TEST(ReplyParser, StreamedArgumentsComeAsTheyAreWritten) {
  ReplyParser parser(hermes(Calls::streamed));
  EXPECT_THAT(parser.take("<tool_call>{\"name\": \"f"), ElementsAre());
  EXPECT_THAT(parser.take("\", \"arguments\": {\"a\": \"\xC3"),
              ElementsAre(ReplyEvent{Kind::call_begin, 0, "f", 0, 23},
                          ReplyEvent{Kind::call_arguments, 0, "{\"a\": \"", 23, 46}));
  EXPECT_THAT(parser.take("\xA9"), ElementsAre(ReplyEvent{Kind::call_arguments, 0, "é", 46, 47}));
  EXPECT_THAT(parser.take("\"}}"), ElementsAre(ReplyEvent{Kind::call_arguments, 0, "\"}", 47, 49},
                                               ReplyEvent{Kind::call_end, 0, "", 49, 50}));
}

TEST(ReplyParser, AStreamedCallThatBreaksIsWithdrawnAndItsTextFollows) {
  ReplyParser parser(hermes(Calls::streamed));
  EXPECT_EQ(parser.take("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": ").size(), 2u);
  EXPECT_THAT(parser.take("oops}"),
              ElementsAre(ReplyEvent{Kind::call_withdrawn, 0, "", 44, 44},
                          ReplyEvent{Kind::content, -1,
                                     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": oops}", 0, 49}));
  EXPECT_THAT(parser.take(" <tool_call>{\"name\": \"g\"}"),
              ElementsAre(ReplyEvent{Kind::call_begin, 1, "g", 49, 73},
                          ReplyEvent{Kind::call_arguments, 1, "{}", 73, 74},
                          ReplyEvent{Kind::call_end, 1, "", 74, 74}));
}

TEST(ReplyParser, TextsOfParametersStreamToo) {
  ReplyParser parser({.syntax = {.tools = ToolSyntax::qwen3_coder}, .calls = Calls::streamed});
  parser.take("<tool_call><function=save><parameter=text>\n");
  EXPECT_THAT(parser.take("a \"b\"\n</pa"),
              ElementsAre(ReplyEvent{Kind::call_arguments, 0, "a \\\"b\\\"", 42, 48}));
}

TEST(ReplyParser, ContentWaitsOnlyForWhatMayBeAMarker) {
  ReplyParser parser({.syntax = {ToolSyntax::hermes, ThoughtSyntax::think}});
  EXPECT_THAT(parser.take("<th"), ElementsAre());
  EXPECT_THAT(parser.take("e"), ElementsAre(ReplyEvent{Kind::content, -1, "<the", 0, 4}));
  EXPECT_THAT(parser.take(" a\n"), ElementsAre(ReplyEvent{Kind::content, -1, " a", 4, 6}));
  EXPECT_THAT(parser.take("<tool_cal"), ElementsAre());
  EXPECT_THAT(parser.take("m>"), ElementsAre(ReplyEvent{Kind::content, -1, "\n<tool_calm>", 6, 18}));
}

TEST(ReplyParser, AnAnswerInJsonDoesNotWaitForItsEnd) {
  ReplyParser parser({.syntax = {.tools = ToolSyntax::llama3_json}});
  EXPECT_THAT(parser.take("{\"type\": 1, \"answer\": "),
              ElementsAre(ReplyEvent{Kind::content, -1, "{\"type\": 1, \"answer\":", 0, 21}));
}

TEST(ReplyParser, DeeplyNestedArgumentsAreNoCall) {
  for (const int depth : {60, 70, 100'000}) {
    const std::string nested = std::string(depth, '[') + std::string(depth, ']');
    const std::string json =
        "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": " + nested + "}}</tool_call>";
    EXPECT_EQ(parse_reply(hermes(Calls::whole), json).calls.size(), depth == 60 ? 1u : 0u) << depth;
    const auto tools = std::make_shared<const ReplyTools>(ReplyTools{{.name = "f", .parameters = {}}});
    const ReplyOptions pythonic{.syntax = {.tools = ToolSyntax::pythonic}, .tools = tools};
    EXPECT_EQ(parse_reply(pythonic, "[f(a=" + nested + ")]").calls.size(), depth == 60 ? 1u : 0u) << depth;
  }
}

TEST(ReplyParser, TakesTimeInProportionToAHostileText) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "<tool_call><function=f><parameter=a>";
  const ReplyOptions options{.syntax = {ToolSyntax::qwen3_coder, ThoughtSyntax::think}};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_reply(options, text).content, text);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace ferry
