#include "serve/gateway/answer_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/gateway/refusal_text.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

json::value parsed(std::string_view text) {
  return parse_json(text, "test").value();
}

std::shared_ptr<const AnswerChecks> cascade_of(CascadeConfig cascade) {
  RouteConfig route;
  route.name = "r";
  route.cascade = std::move(cascade);
  return AnswerChecks::compile(route).value();
}

std::shared_ptr<const AnswerChecks> guardrails_of(GuardrailConfig guardrails) {
  RouteConfig route;
  route.name = "r";
  route.guardrails = std::move(guardrails);
  return AnswerChecks::compile(route).value();
}

GenerationResult saying(std::string text, FinishReason finish = FinishReason::stop) {
  GenerationResult result;
  GenerationChoice& choice = result.choices.emplace_back();
  choice.text = std::move(text);
  choice.finish = finish;
  return result;
}

GenerationResult calling(std::string name, std::string arguments) {
  GenerationResult result = saying("", FinishReason::tool_calls);
  result.choices[0].calls.push_back({"c1", std::move(name), std::move(arguments)});
  return result;
}

void add_logprobs(GenerationChoice& choice, std::initializer_list<float> logprobs) {
  for (const float one : logprobs) choice.logprobs.push_back({.chosen = {.text = "x", .logprob = one}});
}

std::string reason(const CascadeConfig& cascade, const GenerationResult& result,
                   const GenerationRequest& request = {}) {
  return cascade_of(cascade)->reason_to_escalate(request, result).value_or("");
}

TEST(Cascade, WithoutOneNothingEscalates) {
  const auto checks = guardrails_of({});
  EXPECT_EQ(checks->reason_to_escalate({}, saying("")), std::nullopt);
  EXPECT_FALSE(checks->wants_logprobs());
  EXPECT_FALSE(checks->has_guardrails());
}

TEST(Cascade, LowLogprobsEscalate) {
  const CascadeConfig mean{.mean_logprob = -1.5};
  EXPECT_TRUE(cascade_of(mean)->wants_logprobs());
  EXPECT_FALSE(cascade_of({.refusal = true})->wants_logprobs());
  GenerationResult result = saying("Yes.");
  EXPECT_EQ(reason(mean, result), "mean_logprob: no logprobs");
  add_logprobs(result.choices[0], {-1, -2});
  EXPECT_EQ(reason(mean, result), "") << "the bound itself is good enough";
  add_logprobs(result.choices[0], {-3.93F});
  EXPECT_EQ(reason(mean, result), "mean_logprob -2.31 < -1.5");
  EXPECT_EQ(reason({.min_logprob = -3}, result), "min_logprob -3.93 < -3");
  EXPECT_EQ(reason({.min_logprob = -4}, result), "");
  result.choices[0].logprobs[0].chosen.logprob = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(reason(mean, result), HasSubstr("mean_logprob nan"));
}

TEST(Cascade, TokensOfAllChoicesCount) {
  GenerationResult result = saying("Yes.");
  add_logprobs(result.choices[0], {-1, -1, -1});
  result.choices.push_back(saying("No.").choices[0]);
  EXPECT_EQ(reason({.mean_logprob = -2}, result), "mean_logprob: no logprobs");
  add_logprobs(result.choices[1], {-6});
  EXPECT_EQ(reason({.mean_logprob = -2}, result), "mean_logprob -2.25 < -2");
  EXPECT_EQ(reason({.min_logprob = -5}, result), "min_logprob -6.00 < -5");
}

TEST(Cascade, CutsRefusalsAndEmptyAnswersEscalate) {
  EXPECT_EQ(reason({.length_cut = true}, saying("x", FinishReason::length)), "length: cut at its limit");
  EXPECT_EQ(reason({.length_cut = true}, saying("x")), "");
  const CascadeConfig refusal{.refusal = true};
  EXPECT_EQ(reason(refusal, saying("x", FinishReason::length)), "");
  EXPECT_EQ(reason(refusal, saying("x", FinishReason::content_filter)), "refusal: a content filter");
  EXPECT_EQ(reason(refusal, saying("I’m sorry, but I can’t help with that.")),
            "refusal: the text reads as one");
  GenerationResult result = saying("");
  result.choices[0].refusal = "No.";
  EXPECT_EQ(reason(refusal, result), "refusal: the model's own");
  EXPECT_EQ(reason(refusal, {}), "the answer is empty");
}

TEST(Cascade, ARegexMustMatchSomewhere) {
  const CascadeConfig regex{.regex = R"(ORD-\d{4})"};
  EXPECT_EQ(reason(regex, saying("It is ORD-1234.")), "");
  EXPECT_EQ(reason(regex, saying("It is ORD-123.")), "regex: nothing in the text matches");
  EXPECT_EQ(reason(regex, calling("f", "{}")), "");
  EXPECT_EQ(reason({.regex = R"(\{[^}]*\})"}, saying("{" + std::string(2000, 'x') + "}")), "");
}

TEST(Cascade, ASchemaMustBeKeptTo) {
  CascadeConfig schema;
  schema.schema = parsed(R"({"type": "object", "required": ["a"]})");
  EXPECT_EQ(reason(schema, saying(R"({"a": 1})")), "");
  EXPECT_EQ(reason(schema, saying(R"({"b": 1})")), "schema: the document must have \"a\"");
  EXPECT_EQ(reason(schema, saying("Hello")), "schema: the text is not JSON");
  EXPECT_EQ(reason(schema, calling("f", "{}")), "");
}

TEST(Cascade, TheRequestsOwnFormatMustBeKeptTo) {
  const CascadeConfig own{.requested_schema = true};
  GenerationRequest request;
  EXPECT_EQ(reason(own, saying("Hello"), request), "");
  request.format = OutputFormat{.kind = OutputFormat::Kind::json_object};
  EXPECT_EQ(reason(own, saying("Hello"), request), "schema of the request: the text is not JSON");
  EXPECT_EQ(reason(own, saying("[]"), request),
            "schema of the request: the document must be an object, not an array");
  EXPECT_EQ(reason(own, saying(" {} "), request), "");
  request.format =
      OutputFormat{.kind = OutputFormat::Kind::json_schema, .schema = parsed(R"({"maxItems": 1})")};
  EXPECT_EQ(reason(own, saying("[1]"), request), "");
  EXPECT_EQ(reason(own, saying("[1, 2]"), request),
            "schema of the request: the document must have at most 1 items, and has 2");
  request.format->schema = parsed(R"({"$ref": "https://example.com"})");
  EXPECT_THAT(reason(own, saying("1"), request), HasSubstr("schema cannot be checked: /$ref leads to"));
  request.format = OutputFormat{.kind = OutputFormat::Kind::regex, .text = "a|b"};
  EXPECT_EQ(reason(own, saying("b"), request), "");
  EXPECT_EQ(reason(own, saying("ab"), request), "schema of the request: the text does not match the regex");
  request.format = OutputFormat{.kind = OutputFormat::Kind::choice, .choices = {"yes", "no"}};
  EXPECT_EQ(reason(own, saying("no"), request), "");
  EXPECT_EQ(reason(own, saying("maybe"), request), "schema of the request: the text is none of the choices");
}

TEST(Cascade, CallsMustKeepToTheirToolsParameters) {
  const CascadeConfig own{.requested_schema = true};
  GenerationRequest request;
  request.tools.tools.push_back({.name = "f", .parameters = parsed(R"({"required": ["city"]})")});
  request.tools.tools.push_back({.name = "now"});
  EXPECT_EQ(reason(own, calling("f", R"({"city": "Oslo"})"), request), "");
  EXPECT_EQ(reason(own, calling("now", ""), request), "");
  EXPECT_EQ(reason(own, calling("f", "{}"), request),
            "schema of the request: a call of f: the document must have \"city\"");
  EXPECT_EQ(reason(own, calling("f", R"({"city)"), request),
            "schema of the request: a call of f: the text is not JSON");
  EXPECT_EQ(reason(own, calling("g", "{}"), request),
            "schema of the request: a call names a tool that was not offered");
}

// A client's schema that doubles at each level, and its expression that never ends.
TEST(Cascade, AClientsSchemaCannotHoldTheThreadUp) {
  std::string schema = R"({"$ref": "#/$defs/s0", "$defs": {)";
  for (int i = 0; i < 60; ++i)
    schema += fmt::format(R"("s{}": {{"anyOf": [{{"$ref": "#/$defs/s{}"}}, {{"$ref": "#/$defs/s{}"}}]}}, )",
                          i, i + 1, i + 1);
  schema += R"("s60": {"pattern": "^(a+)+$", "type": "null"}}})";
  GenerationRequest request;
  request.format = OutputFormat{.kind = OutputFormat::Kind::json_schema, .schema = parsed(schema)};
  EXPECT_EQ(reason({.requested_schema = true}, saying("\"" + std::string(500, 'a') + "!\""), request),
            "schema of the request: the schema takes too much work to check");
}

TEST(AnswerChecks, WhatDoesNotCompileIsNamed) {
  RouteConfig route;
  route.name = "support";
  route.cascade.emplace();
  route.cascade->regex = "(?=a)";
  EXPECT_THAT(AnswerChecks::compile(route).error().message,
              HasSubstr("route support: regular expression \"cascade.regex\""));
  route.cascade->regex.clear();
  route.cascade->schema = parsed(R"({"type": 1})");
  EXPECT_THAT(AnswerChecks::compile(route).error().message,
              HasSubstr("route support: cascade.schema: /type must"));
  route.cascade.reset();
  route.guardrails.schema = parsed(R"({"type": 1})");
  EXPECT_THAT(AnswerChecks::compile(route).error().message,
              HasSubstr("route support: guardrails.schema: /type must"));
  route.guardrails = {.words = {""}};
  EXPECT_THAT(AnswerChecks::compile(route).error().message,
              HasSubstr("name list \"guardrails.words\": a name is empty"));
  route.guardrails = {.classifier = ClassifierConfig{.blocks = "("}};
  EXPECT_THAT(AnswerChecks::compile(route).error().message,
              HasSubstr("route support: guardrails.classifier.blocks: the regular expression is wrong"));
}

TEST(Guardrails, WordsAndSchemasAreFound) {
  const auto checks = guardrails_of({.words = {"bomb"}, .schema = parsed(R"({"maxLength": 5})")});
  EXPECT_TRUE(checks->has_guardrails());
  EXPECT_EQ(checks->guardrail_finding(saying("\"fine\"")), std::nullopt);
  EXPECT_EQ(checks->guardrail_finding(saying("\"a bomb\"")), "words: \"bomb\" in the text of choice 0");
  EXPECT_EQ(checks->guardrail_finding(saying("\"much too long\"")),
            "schema: choice 0: the document must have at most 5 characters, and has 13");
  EXPECT_EQ(checks->guardrail_finding(saying("no JSON")), "schema: choice 0: the text is not JSON");
  EXPECT_EQ(checks->guardrail_finding(calling("f", "{}")), std::nullopt);
  EXPECT_EQ(checks->guardrail_finding(calling("f", R"({"a":"bomb"})")),
            "words: \"bomb\" in a call of choice 0");
}

TEST(Guardrails, SayWhatAStreamMustWaitFor) {
  using Action = GuardrailConfig::Action;
  EXPECT_FALSE(guardrails_of({.words = {"bomb"}})->needs_whole_answer());
  EXPECT_TRUE(guardrails_of({.schema = json::object()})->needs_whole_answer());
  EXPECT_TRUE(guardrails_of({.classifier = ClassifierConfig{}})->needs_whole_answer());
  EXPECT_FALSE(guardrails_of({.schema = json::object(), .action = Action::flag})->needs_whole_answer());
  EXPECT_EQ(guardrails_of({.schema = json::object()})->watch({}), nullptr);
  GenerationDelta delta;
  delta.text = "bom";
  EXPECT_EQ(guardrails_of({.words = {"bomb"}})->watch({})->push(delta), std::nullopt);
  EXPECT_EQ(delta.text, "");
  delta.text = "bom";
  EXPECT_EQ(guardrails_of({.words = {"bomb"}, .action = Action::flag})->watch({})->push(delta), std::nullopt);
  EXPECT_EQ(delta.text, "bom");
}

class Moderation : public testing::Test {
 protected:
  Moderation() { target_.model = "guard"; }

  std::shared_ptr<const AnswerChecks> checks(ClassifierConfig classifier = {}) {
    classifier.target = &target_;
    return guardrails_of({.classifier = std::move(classifier)});
  }
  static ChatMessage message(std::string role, std::string text) {
    ChatMessage one;
    one.role = std::move(role);
    one.content.push_back({.text = std::move(text)});
    return one;
  }
  static std::vector<std::string> turns(const GenerationRequest& request) {
    std::vector<std::string> all;
    for (const ChatMessage& one : request.messages) all.push_back(one.role + ": " + text_of(one));
    return all;
  }

  TargetConfig target_;
};

TEST_F(Moderation, TheConversationBecomesTurns) {
  GenerationRequest request;
  request.tenant = "key_1";
  request.messages = {message("system", "secret rules"), message("user", "Hi"), message("user", "there"),
                      message("assistant", "Let me look."), message("tool", "42")};
  request.messages[3].tool_calls.push_back({"c", "look", R"({"q":1})"});
  GenerationChoice choice = saying("It is 42.").choices[0];
  choice.thought = "Hm.";
  const GenerationRequest asked = checks()->moderation_request(request, choice);
  EXPECT_THAT(turns(asked), ElementsAre("user: Hi\n\nthere", "assistant: Let me look.\n\nlook({\"q\":1})",
                                        "user: 42", "assistant: Hm.\n\nIt is 42."));
  EXPECT_EQ(asked.model, "guard");
  EXPECT_EQ(asked.tenant, "key_1");
  EXPECT_EQ(asked.sampling.temperature, 0);
  EXPECT_FALSE(asked.stream);
  EXPECT_LE(asked.stop.max_tokens.value(), 100);
  EXPECT_EQ(checks()->classifier(), &target_);
}

TEST_F(Moderation, TheUserHasTheFirstWord) {
  GenerationRequest request;
  request.messages = {message("assistant", "Welcome.")};
  EXPECT_THAT(turns(checks()->moderation_request(request, saying("Bye.").choices[0])),
              ElementsAre("user: ", "assistant: Welcome.\n\nBye."));
  request.messages.clear();
  request.prompts = {std::string("Once"), std::vector<TokenId>{1}};
  EXPECT_THAT(turns(checks()->moderation_request(request, calling("f", "{}").choices[0])),
              ElementsAre("user: Once", "assistant: f({})"));
}

TEST_F(Moderation, PromptAndArgumentsAreTheClassifiers) {
  const auto asked = checks({.prompt = "Judge.", .arguments = {{"guideline", "g"}}})
                         ->moderation_request({}, saying("x").choices[0]);
  EXPECT_THAT(turns(asked), ElementsAre("system: Judge.", "user: ", "assistant: x"));
  EXPECT_EQ(asked.prompt.template_arguments.at("guideline"), "g");
}

TEST_F(Moderation, TheReplyIsRead) {
  const auto finding = [&](std::string reply) {
    return checks()->classifier_finding(saying(std::move(reply)));
  };
  EXPECT_EQ(finding("safe"), std::nullopt);
  EXPECT_EQ(finding("\n\nunsafe\nS1,S9"), "classifier: unsafe");
  EXPECT_EQ(finding(" \n"), "classifier: it said nothing");
  EXPECT_EQ(checks()->classifier_finding({}), "classifier: it said nothing");
  const auto yes = checks({.blocks = "Yes"})->classifier_finding(saying("Yes, " + std::string(500, 'x')));
  EXPECT_THAT(yes.value(), SizeIs(testing::Lt(120U)));
}

TEST(Refusal, IsReadInManyLanguages) {
  for (const std::string_view text : {
           "I'm sorry, but I can't help with that.",
           "I’m sorry, but I cannot assist with that request.",
           "Sorry — I'm unable to provide that.",
           "I must respectfully decline.",
           "As an AI language model, I cannot form opinions.",
           "That goes against my guidelines.",
           "Es tut mir leid, aber ich kann Ihnen dabei leider nicht helfen.",
           "Diese Anfrage kann ich nicht beantworten.",
           "Je suis désolé, mais je ne peux pas vous aider avec cela.",
           "Lo siento, pero no puedo ayudarte con eso.",
           "Mi dispiace, ma non posso aiutarti con questa richiesta.",
           "Desculpe, mas não posso ajudar com isso.",
           "Het spijt me, maar ik kan je daar niet mee helpen.",
           "Przykro mi, ale nie mogę ci w tym pomóc.",
           "Извините, но я не могу вам с этим помочь.",
           "抱歉，我无法提供这方面的帮助。",
           "申し訳ありませんが、そのご依頼には対応できません。",
           "죄송하지만 그 요청은 도와드릴 수 없습니다.",
           "I'm sorry,\nbut I can't  help with that.",
       }) {
    EXPECT_TRUE(reads_as_refusal(text)) << text;
  }
}

TEST(Refusal, AnswersAreNone) {
  for (const std::string_view text : {
           "",
           "The capital of France is Paris.",
           "I can help with that.",
           "I can't find an order number in the text.",
           "I cannot see any difference between the two.",
           "Sorry to hear that! Here is how you reset it.",
           "You can't divide by zero.",
           "If the server cannot provide a certificate, the client stops.",
           "Das kann ich gern für Sie tun.",
           "Ich kann hier keinen Fehler finden.",
           "Je peux vous aider.",
           "Puedo ayudarte con eso.",
           "我可以帮助您。",
           "お手伝いできます。",
           "도와드릴 수 있습니다.",
       }) {
    EXPECT_FALSE(reads_as_refusal(text)) << text;
  }
  EXPECT_FALSE(reads_as_refusal(std::string(500, 'x') + " I can't help with that."));
}

}  // namespace
}  // namespace ferry
