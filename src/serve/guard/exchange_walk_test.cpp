#include "serve/guard/exchange_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/guard/test_texts.h"

namespace ferry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ChatMessage message(std::string_view raw) {
  ChatMessage out;
  out.raw = parse_json(raw, "message").value();
  const json::object& object = out.raw.get_object();
  out.role = std::string(std::string_view(object.at("role").as_string()));
  if (object.at("content").is_string()) {
    out.content.push_back({std::string(std::string_view(object.at("content").as_string()))});
  } else {
    for (const json::value& part : object.at("content").as_array())
      out.content.push_back({std::string(std::string_view(part.at("text").as_string()))});
  }
  if (const json::value* calls = object.if_contains("tool_calls")) {
    for (const json::value& call : calls->as_array()) {
      const json::object& function = call.at("function").as_object();
      out.tool_calls.push_back({"1", std::string(std::string_view(function.at("name").as_string())),
                                std::string(std::string_view(function.at("arguments").as_string()))});
    }
  }
  return out;
}

GenerationRequest request(std::vector<std::string> messages) {
  GenerationRequest out;
  for (const std::string& raw : messages) out.messages.push_back(message(raw));
  return out;
}

// Every text that leaves, joined.
std::string all_texts(const GenerationRequest& request) {
  std::string all;
  for (const ChatMessage& one : request.messages) {
    all += text_of(one) + "\n" + one.name + "\n" + to_json(one.raw) + "\n";
    for (const ToolCall& call : one.tool_calls) all += call.arguments + "\n";
  }
  return all + to_json(json::value(request.prompt.template_arguments)) + request.user;
}

TEST(Exchange, RawMessagesAreRewrittenInStep) {
  auto out = request(
      {R"({"role":"user","content":"I am bob@example.com"})",
       R"({"role":"user","content":[{"type":"text","text":"Ask amy@example.com"},{"type":"text","text":"or bob@example.com"}]})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_EQ(out.messages[0].content[0].text, "I am [EMAIL_1]");
  EXPECT_EQ(out.messages[0].raw.at("content").as_string(), "I am [EMAIL_1]");
  EXPECT_EQ(out.messages[1].content[0].text, "Ask [EMAIL_2]");
  EXPECT_EQ(
      to_json(out.messages[1].raw),
      R"({"role":"user","content":[{"type":"text","text":"Ask [EMAIL_2]"},{"type":"text","text":"or [EMAIL_1]"}]})");
}

TEST(Exchange, ArgumentsOfCallsAreJson) {
  auto out = request(
      {R"({"role":"assistant","content":"","tool_calls":[{"id":"call_4111111111111111","type":"function","function":{)"
       R"("name":"save","arguments":"{\"to\": \"a\\u0040b.com\", \"card\": 4111111111111111, \"bob@example.com\": [1.50]}"}}]})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_EQ(out.messages[0].tool_calls[0].arguments,
            R"({"to":"[EMAIL_1]","card":"[CARD_1]","[EMAIL_2]":[1.5]})");
  const json::value& call = out.messages[0].raw.at("tool_calls").at(0);
  EXPECT_EQ(call.at("function").at("arguments").as_string(), out.messages[0].tool_calls[0].arguments);
  EXPECT_EQ(call.at("id").as_string(), "call_4111111111111111");
}

TEST(Exchange, NothingFoundLeavesEveryByte) {
  const std::string arguments = R"({ "n": 1.50,  "s": "x" })";
  auto out = request(
      {R"({"role":"assistant","content":"Fine.","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{ \"n\": 1.50,  \"s\": \"x\" }"}}]})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_EQ(out.messages[0].tool_calls[0].arguments, arguments);
  EXPECT_TRUE(redaction.empty());
}

TEST(Exchange, AKeyIsContextForItsValue) {
  const auto detectors = Detectors::compile({}).value();
  auto out = request(
      {R"({"role":"assistant","content":"","tool_calls":[{"id":"1","type":"function","function":{"name":"f",)"
       R"("arguments":"{\"ssn\":\"536904399\",\"order\":\"536904399\",\"password\":\"hunter22\"}"}}]})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*detectors, redaction, out).has_value());
  EXPECT_EQ(out.messages[0].tool_calls[0].arguments,
            R"({"ssn":"[NATIONAL_ID_1]","order":"536904399","password":"[SECRET_1]"})");
}

TEST(Exchange, AKeyThatComesTwiceHidesNothing) {
  auto out = request(
      {R"({"role":"assistant","content":"","tool_calls":[{"id":"1","type":"function","function":{"name":"f",)"
       R"("arguments":"{\"a\":\"bob@example.com\",\"a\":\"x\"}"}}]})"});
  EXPECT_FALSE(inspect(*test_detectors(), out).sightings.empty());
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_THAT(all_texts(out), Not(HasSubstr("bob@example.com")));
}

TEST(Exchange, WhateverElseTheClientSentIsContent) {
  auto out = request(
      {R"({"role":"user","name":"bob@example.com","content":"x","extra":{"deep":["amy@example.com"]}})"});
  out.messages[0].name = "bob@example.com";
  out.user = "carl@example.com";
  out.prompt.template_arguments["documents"] = json::array{"dora@example.com"};
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_THAT(all_texts(out), Not(HasSubstr("@example.com")));
}

TEST(Exchange, DefinitionsOfToolsAreContent) {
  auto out = request({R"({"role":"user","content":"x"})"});
  const std::string_view parameters =
      R"({"type":"object","properties":{"to":{"enum":["amy@example.com"],"description":"or bob@example.com"}}})";
  ToolDefinition tool{
      .name = "mail",
      .parameters = parse_json(parameters, "parameters").value(),
      .raw = parse_json(fmt::format(R"({{"type":"function","function":{{"name":"mail",)"
                                    R"("description":"for bob@example.com","parameters":{}}}}})",
                                    parameters),
                        "tool")
                 .value(),
      .description = "for bob@example.com"};
  tool.rest["examples"] = json::array{"carl@example.com"};
  out.tools.tools.push_back(tool);
  EXPECT_EQ(inspect(*test_detectors(), out).sightings.front().where, "tools[0].description");
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  const ToolDefinition& redacted = out.tools.tools[0];
  EXPECT_EQ(redacted.description, "for [EMAIL_1]");
  EXPECT_EQ(redacted.raw.at("function").at("parameters"), redacted.parameters);
  EXPECT_EQ(to_json(redacted.parameters.at("properties").at("to").at("enum")), R"(["[EMAIL_2]"])");
  EXPECT_EQ(redacted.raw.at("function").at("name").as_string(), "mail");
  EXPECT_THAT(to_json(redacted.raw) + to_json(json::value(redacted.rest)), Not(HasSubstr("@example.com")));
}

TEST(Exchange, InspectionSaysWhereAndLeavesTheRequestAlone) {
  auto in = request(
      {R"({"role":"user","content":"x"})", R"({"role":"user","content":"bob@example.com [EMAIL_1]"})"});
  const Inspection seen = inspect(*test_detectors(), in);
  ASSERT_EQ(seen.sightings.size(), 2U);  // once parsed, once raw
  EXPECT_EQ(seen.sightings[0],
            (Sighting{"messages[1].content[0]", FindingKind::email, Confidence::certain, "email"}));
  EXPECT_EQ(in.messages[1].raw.at("content").as_string(), "bob@example.com [EMAIL_1]");
}

TEST(Exchange, WhatCannotBeRedactedIsRefusedByName) {
  GenerationRequest tokens;
  tokens.prompts.emplace_back(std::vector<TokenId>{1, 2});
  EXPECT_EQ(inspect(*test_detectors(), tokens).unreadable, std::vector<std::string>{"prompts[0]"});
  Redaction redaction;
  EXPECT_THAT(redact(*test_detectors(), redaction, tokens).error().message, HasSubstr("prompts[0]"));
  GenerationRequest regex;
  regex.format =
      OutputFormat{.kind = OutputFormat::Kind::regex, .text = "bob@example.com|x", .field = "guided_regex"};
  EXPECT_THAT(redact(*test_detectors(), redaction, regex).error().message, HasSubstr("guided_regex"));
}

TEST(Exchange, AnswersAreRestoredChoiceByChoice) {
  auto out = request({R"({"role":"user","content":"bob@example.com"})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  AnswerRestorer restorer(redaction, answer_form(out));
  std::string texts[2];
  const auto feed = [&](int index, std::string text, std::optional<FinishReason> finish = {}) {
    GenerationDelta delta{.index = index, .text = std::move(text), .finish = finish};
    restorer.restore(delta);
    texts[index] += delta.text;
  };
  feed(0, "Dear [EMA");
  feed(1, "To [EMAIL_1");
  feed(0, "IL_1], hi");
  feed(1, "", FinishReason::stop);
  feed(0, " [EM", FinishReason::length);
  EXPECT_EQ(texts[0], "Dear bob@example.com, hi [EM");
  EXPECT_EQ(texts[1], "To [EMAIL_1");
  GenerationResult result;
  result.choices.push_back({.text = "[EMAIL_1]", .cause = {}, .prompt = {}});
  restore(redaction, answer_form(out), result);
  EXPECT_EQ(result.choices[0].text, "bob@example.com");
}

TEST(Exchange, ThoughtsAndCallsOfAnswersAreRestored) {
  const std::string value = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----";
  Redaction redaction;
  ASSERT_EQ(redaction.redact(value, test_detectors()->find(value)), "[SECRET_1]");
  AnswerRestorer restorer(redaction, RestoreStream::Form::text);
  GenerationResult result;
  const auto feed = [&](GenerationDelta delta) {
    restorer.restore(delta);
    append(result, std::move(delta));
  };
  feed({.thought = "It is [SECRET"});
  feed({.thought = "_1]. [S"});
  feed({.text = "Saving [SECRE"});
  feed({.calls = {{.index = 0, .id = "a", .name = "save", .arguments = "{\"key\":\"[SEC"}}});
  feed({.calls = {{.index = 0, .arguments = "RET_1]\"}"},
                  {.index = 1, .id = "b", .name = "list", .arguments = "["}}});
  feed({.finish = FinishReason::tool_calls});
  const GenerationChoice& choice = result.choices.at(0);
  EXPECT_EQ(choice.thought, "It is " + value + ". [S");
  EXPECT_EQ(choice.text, "Saving [SECRE");
  EXPECT_EQ(parse_json(choice.calls.at(0).arguments, "arguments").value().at("key").as_string(), value);
  EXPECT_EQ(choice.calls.at(1).arguments, "[");
}

using PartKind = ContentPart::Kind;

// Everything that another vendor's message may hold.
GenerationRequest many_parts() {
  ChatMessage message{.role = "user", .content = {}, .name = {}, .tool_calls = {}, .tool_call_id = {}};
  message.content.push_back(
      {.text = "doc of amy@example.com", .kind = PartKind::file, .media = {.name = "bob@example.com"}});
  message.content.push_back({.text = "carl@example.com thinks", .kind = PartKind::thought, .signature = "s"});
  message.content.push_back({.text = "dora@example.com", .kind = PartKind::refusal});
  message.content.push_back({.text = "x", .rest = {{"citations", json::array{"eve@example.com"}}}});
  message.tool_calls.push_back(
      {.id = "1", .name = "f", .arguments = "{}", .rest = {{"caller", "finn@example.com"}}});
  message.rest.emplace("odd", "gus@example.com");
  GenerationRequest out;
  out.messages.push_back(std::move(message));
  out.foreign.emplace("metadata", json::object{{"who", "hal@example.com"}});
  out.wire = std::make_shared<WireBody>();
  return out;
}

TEST(Exchange, EveryTextOfEveryDialectIsContent) {
  GenerationRequest out = many_parts();
  EXPECT_EQ(inspect(*test_detectors(), out).sightings.size(), 8u);
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  std::string all = all_texts(out) + to_json(out.foreign) + to_json(out.messages[0].rest);
  for (const ContentPart& part : out.messages[0].content)
    all += part.text + part.media.name + to_json(part.rest);
  all += to_json(out.messages[0].tool_calls[0].rest);
  EXPECT_THAT(all, Not(HasSubstr("@example.com")));
  EXPECT_THAT(all, HasSubstr("[EMAIL_8]"));
  EXPECT_FALSE(out.wire) << "the bytes still have them";
}

TEST(Exchange, WithoutAFindingTheBytesStay) {
  auto out = request({R"({"role":"user","content":"fine"})"});
  out.wire = std::make_shared<WireBody>();
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, out).has_value());
  EXPECT_TRUE(out.wire);
}

TEST(Exchange, WhatNoDetectorCanReadIsSaid) {
  const std::pair<ContentPart, std::string_view> parts[] = {
      {{.kind = PartKind::image, .media = {.data = "AA=="}}, "is an image"},
      {{.kind = PartKind::image, .media = {.url = "https://x/y.png"}}, "is an image"},
      {{.kind = PartKind::audio, .media = {.data = "AA=="}}, "is a sound"},
      {{.kind = PartKind::file, .media = {.data = "AA=="}}, "is a file"},
      {{.kind = PartKind::redacted_thought, .signature = "xx"}, "is an encrypted thought"},
      {{.kind = PartKind::other, .raw = json::object{{"type", "hologram"}}},
       "is of a kind that is not known here"}};
  for (const auto& [part, why] : parts) {
    GenerationRequest out;
    out.messages.push_back(
        {.role = "user", .content = {part}, .name = {}, .tool_calls = {}, .tool_call_id = {}});
    EXPECT_EQ(inspect(*test_detectors(), out).unreadable, std::vector<std::string>{"messages[0].content[0]"})
        << why;
    Redaction redaction;
    const auto redacted = redact(*test_detectors(), redaction, out);
    ASSERT_FALSE(redacted) << why;
    EXPECT_THAT(redacted.error().message, HasSubstr(why));
  }
}

// What an image's part says besides is looked into; its bytes, as OpenAI's form has them, are not.
TEST(Exchange, OnlyTheMediaOfAPartIsPassedOver) {
  GenerationRequest out;
  ChatMessage message{.role = "user",
                      .content = {{.kind = PartKind::image}},
                      .name = {},
                      .tool_calls = {},
                      .tool_call_id = {}};
  message.raw = parse_json(R"({"role":"user","content":[
      {"type":"image_url","image_url":{"url":"data:amy@example.com"},"alt":"bob@example.com"},
      {"type":"text","text":"x","file":{"a":"carl@example.com"}}]})",
                           "raw")
                    .value();
  out.messages.push_back(std::move(message));
  const Inspection seen = inspect(*test_detectors(), out);
  ASSERT_EQ(seen.sightings.size(), 2u);
  EXPECT_EQ(seen.sightings[0].where, "messages[0].content[0].alt");
  EXPECT_EQ(seen.sightings[1].where, "messages[0].content[1].file");
}

TEST(Exchange, RefusalsSealsAndOtherPartsOfAnswersAreRestored) {
  auto in = request({R"({"role":"user","content":"bob@example.com"})"});
  Redaction redaction;
  ASSERT_TRUE(redact(*test_detectors(), redaction, in).has_value());
  AnswerRestorer restorer(redaction, RestoreStream::Form::text);
  GenerationResult result;
  const auto feed = [&](GenerationDelta delta) {
    delta.wire = std::make_shared<WireEvent>();
    restorer.restore(delta);
    EXPECT_FALSE(delta.wire) << "the event still has the placeholder";
    append(result, std::move(delta));
  };
  feed({.thought = "of [EMAIL_1", .refusal = "not [EMA"});
  feed({.thought = "]", .seal = ThoughtSeal{.text = "of [EMAIL_1]", .signature = "s"}});
  feed({.refusal = "IL_1]", .others = {json::object{{"q", "[EMAIL_1]"}}}});
  feed({.finish = FinishReason::content_filter});
  const GenerationChoice& choice = result.choices.at(0);
  EXPECT_EQ(choice.thought, "of bob@example.com");
  EXPECT_EQ(choice.seals.at(0).text, "of bob@example.com");
  EXPECT_EQ(choice.refusal, "not bob@example.com");
  EXPECT_EQ(to_json(choice.others.at(0)), R"({"q":"bob@example.com"})");

  GenerationResult whole;
  whole.choices.push_back({.cause = {},
                           .prompt = {},
                           .seals = {{.text = "[EMAIL_1]"}},
                           .refusal = "[EMAIL_1]",
                           .others = {json::array{"[EMAIL_1]"}}});
  restore(redaction, RestoreStream::Form::text, whole);
  EXPECT_EQ(whole.choices[0].seals[0].text, "bob@example.com");
  EXPECT_EQ(whole.choices[0].refusal, "bob@example.com");
  EXPECT_EQ(to_json(whole.choices[0].others[0]), R"(["bob@example.com"])");
}

}  // namespace
}  // namespace ferry
