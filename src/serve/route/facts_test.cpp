#include "serve/route/facts.h"

#include <gtest/gtest.h>

#include "serve/route/rendezvous.h"
#include "serve/route/test_config.h"

namespace ferry {
namespace {

ChatMessage message(std::string role, std::string text) {
  ChatMessage made;
  made.role = std::move(role);
  made.content.push_back({.text = std::move(text)});
  return made;
}

RouteFacts facts_of(const GenerationRequest& request, std::string_view route = "{targets: local/p}") {
  const auto config = route_test::config_of("routes: {r: " + std::string(route) + "}");
  RouteFacts facts;
  describe_request(*config->route("r"), request, facts);
  return facts;
}

TEST(RouteFacts, SizesAreOfEverythingThatIsSent) {
  GenerationRequest request;
  request.messages = {message("system", "be brief"), message("user", "grüße")};
  request.messages[1].content.push_back({.kind = ContentPart::Kind::image});
  request.tools.tools.push_back({.name = "find", .parameters = json::object{{"type", "object"}}});
  request.n = 3;
  request.stop.max_tokens = 9;
  const RouteFacts facts = facts_of(request);
  EXPECT_EQ(facts.characters, 8 + 5);
  EXPECT_EQ(facts.size.prompt_bytes, 8 + 7 + 4 + 17);
  EXPECT_EQ(facts.size.pieces, 3);
  EXPECT_EQ(facts.size.images, 1);
  EXPECT_EQ(facts.size.answers, 3);
  EXPECT_EQ(facts.size.max_tokens, 9);
  EXPECT_TRUE(facts.uses_tools);
  EXPECT_FALSE(facts.conversation);
}

TEST(RouteFacts, PromptsAndTokensCount) {
  GenerationRequest request;
  request.prompts = {"one", std::vector<TokenId>{1, 2, 3, 4}};
  request.n = 2;
  const RouteFacts facts = facts_of(request);
  EXPECT_EQ(facts.size.prompt_bytes, 3 + 4);
  EXPECT_EQ(facts.size.answers, 4);
  EXPECT_FALSE(facts.uses_tools);
}

TEST(RouteFacts, TheLanguageIsToldWhereARuleAsks) {
  GenerationRequest request;
  request.messages = {
      message("system", "You are a helpful assistant, and you answer as well as you can."),
      message("user", "Wie kann ich das Passwort für mein Konto ändern? Ich habe es nicht mehr.")};
  EXPECT_EQ(facts_of(request).language, "");
  EXPECT_EQ(facts_of(request, "{targets: local/p, when: [{if: {languages: de}, targets: local/q}]}").language,
            "de");
}

TEST(RouteFacts, AConversationIsItsBeginning) {
  GenerationRequest request;
  request.model = "r";
  request.messages = {message("system", "be brief"), message("user", "hello")};
  const auto first = facts_of(request, "{targets: local/p, sticky: conversation}").conversation;
  ASSERT_TRUE(first);
  request.messages.push_back(message("assistant", "hi"));
  request.messages.push_back(message("user", "how are you?"));
  EXPECT_EQ(conversation_hash(request), first);
  GenerationRequest other = request;
  other.messages[1] = message("user", "hello!");
  EXPECT_NE(conversation_hash(other), first);
  other = request;
  other.user = "somebody else";
  EXPECT_NE(conversation_hash(other), first);
  other = request;
  other.messages[0].role = "developer";
  EXPECT_NE(conversation_hash(other), first);
  EXPECT_FALSE(conversation_hash(GenerationRequest()));
}

// Conversations stay where they are over versions: these numbers must not change.
TEST(Rendezvous, TheHashIsPinned) {
  EXPECT_EQ(stable_hash(""), 0xC3817C016BA4FF30u);
  EXPECT_EQ(conversation_hash("session-1"), 0xDF016EFC657A36D2u);
  EXPECT_DOUBLE_EQ(unit_hash(1, "openai/big"), 0.9082603178894125);
}

}  // namespace
}  // namespace ferry
