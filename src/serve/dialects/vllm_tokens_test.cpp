#include "serve/dialects/vllm_tokens.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TokenizeRequest tokenize_request(std::string_view body) {
  auto request = parse_tokenize(body);
  if (!request) ADD_FAILURE() << request.error().error.message;
  return *std::move(request);
}

ApiError refusal(std::string_view body) {
  auto request = parse_tokenize(body);
  if (request) ADD_FAILURE() << "not refused: " << body;
  return request ? ApiError{} : request.error();
}

TEST(VllmTokenize, ReadsEachFieldOfAPrompt) {
  const TokenizeRequest plain = tokenize_request(R"({"prompt": "a b"})");
  EXPECT_EQ(plain.prompt.model, "");
  EXPECT_EQ(std::get<std::string>(plain.prompt.prompts.at(0)), "a b");
  EXPECT_FALSE(plain.prompt.prompt.add_special_tokens);
  EXPECT_FALSE(plain.texts);

  const TokenizeRequest full = tokenize_request(
      R"({"model": "m", "prompt": "", "add_special_tokens": false, "return_token_strs": true})");
  EXPECT_EQ(full.prompt.model, "m");
  EXPECT_EQ(full.prompt.prompt.add_special_tokens, false);
  EXPECT_TRUE(full.texts);
}

TEST(VllmTokenize, ReadsEachFieldOfAChat) {
  const TokenizeRequest chat = tokenize_request(
      R"({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}],
          "add_special_tokens": true, "add_generation_prompt": false, "continue_final_message": true,
          "chat_template_kwargs": {"style": 1}, "documents": [{"text": "x"}], "reasoning_effort": "low",
          "tools": [{"type": "function", "function": {"name": "f"}}]})");
  ASSERT_EQ(chat.prompt.messages.size(), 2u);
  EXPECT_EQ(text_of(chat.prompt.messages[0]), "hi");
  EXPECT_EQ(chat.prompt.prompt.add_special_tokens, true);
  EXPECT_TRUE(chat.prompt.prompt.continue_final_message);
  const json::object& arguments = chat.prompt.prompt.template_arguments;
  EXPECT_EQ(arguments.at("add_generation_prompt"), json::value(false));
  EXPECT_EQ(arguments.at("style"), json::value(1));
  EXPECT_EQ(chat.prompt.thought.effort, "low");
  ASSERT_EQ(chat.prompt.tools.tools.size(), 1u);
  EXPECT_TRUE(arguments.contains("documents"));
}

TEST(VllmTokenize, RefusesByName) {
  EXPECT_EQ(refusal("{}").param, "prompt");
  EXPECT_EQ(refusal("{}").reason, "missing_required_parameter");
  EXPECT_EQ(refusal(R"({"prompt": 3})").param, "prompt");
  EXPECT_EQ(refusal(R"({"prompt": 3})").reason, "invalid_type");
  EXPECT_EQ(refusal(R"({"prompt": "a", "return_token_strs": "yes"})").param, "return_token_strs");
  EXPECT_EQ(refusal(R"({"messages": [{"role": "user"}]})").param, "messages[0].content");
  for (const char* field : {"chat_template", "mm_processor_kwargs", "media_io_kwargs"}) {
    const ApiError error = refusal(fmt::format(R"({{"prompt": "a", "{}": ["x"]}})", field));
    EXPECT_EQ(error.param, field);
    EXPECT_EQ(error.error.code, ErrorCode::unsupported) << field;
  }
  EXPECT_EQ(refusal("[]").reason, "invalid_type");
  EXPECT_EQ(refusal("{").reason, "invalid_json");
}

TEST(VllmTokenize, AnswersAsVllmDoes) {
  const TokenizedPrompt prompt{.tokens = {5, 7}, .texts = {"a", "Ġ\"b"}};
  EXPECT_EQ(tokenize_response(prompt, tokenize_request(R"({"prompt": ""})"), 64),
            R"({"count":2,"max_model_len":64,"tokens":[5,7],"token_strs":null})");
  EXPECT_EQ(tokenize_response(prompt, tokenize_request(R"({"prompt": "", "return_token_strs": true})"), 64),
            R"({"count":2,"max_model_len":64,"tokens":[5,7],"token_strs":["a","Ġ\"b"]})");
}

TEST(VllmDetokenize, ReadsAndAnswersEachField) {
  const auto request = parse_detokenize(R"({"model": "m", "tokens": [5, 0, 7]})");
  ASSERT_TRUE(request) << request.error().error.message;
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->tokens, (std::vector<TokenId>{5, 0, 7}));
  EXPECT_EQ(parse_detokenize(R"({"tokens": []})").value().model, "");
  EXPECT_EQ(detokenize_response("a\n"), R"({"prompt":"a\n"})");
}

TEST(VllmDetokenize, RefusesByName) {
  for (const char* body : {"{}", R"({"tokens": "a"})", R"({"tokens": [1.5]})", R"({"tokens": [-1]})",
                           R"({"tokens": [99999999999]})", R"({"tokens": [[1]]})"}) {
    const auto request = parse_detokenize(body);
    ASSERT_FALSE(request) << body;
    EXPECT_TRUE(request.error().param.starts_with("tokens")) << body << ": " << request.error().param;
  }
  EXPECT_EQ(parse_detokenize("{}").error().reason, "missing_required_parameter");
}

}  // namespace
}  // namespace ferry
