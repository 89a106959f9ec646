#include <limits>

#include <gtest/gtest.h>

#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"

namespace ferry {
namespace {

// A chat with one message and `more` members.
std::string chat(std::string_view more = "") {
  return fmt::format(R"({{"model": "m", "messages": [{{"role": "user", "content": "hi"}}]{}{}}})",
                     more.empty() ? "" : ", ", more);
}

std::string completion(std::string_view more = "") {
  return fmt::format(R"({{"model": "m", "prompt": "hi"{}{}}})", more.empty() ? "" : ", ", more);
}

std::string chat_with_messages(std::string_view messages) {
  return fmt::format(R"({{"model": "m", "messages": {}}})", messages);
}

void expect_refused(const ApiResult<GenerationRequest>& result, std::string_view param,
                    std::string_view message, ErrorCode code = ErrorCode::invalid_argument) {
  ASSERT_FALSE(result) << message;
  EXPECT_EQ(result.error().param, param);
  EXPECT_EQ(result.error().error.message, message);
  EXPECT_EQ(result.error().error.code, code);
}

TEST(OpenAiChatRequest, WhatIsNotGivenIsNotSet) {
  const auto request = parse_openai_chat(chat());
  ASSERT_TRUE(request) << request.error().error.message;
  EXPECT_EQ(request->model, "m");
  ASSERT_EQ(request->messages.size(), 1u);
  EXPECT_EQ(request->messages[0].role, "user");
  EXPECT_EQ(text_of(request->messages[0]), "hi");
  EXPECT_EQ(to_json(request->messages[0].raw), R"({"role":"user","content":"hi"})");
  EXPECT_FALSE(request->sampling.temperature);
  EXPECT_FALSE(request->stop.max_tokens);
  EXPECT_FALSE(request->report.top_logprobs);
  EXPECT_FALSE(request->stream);
  EXPECT_TRUE(request->ignored.empty());
}

TEST(OpenAiChatRequest, KeyOrderIsTheSchemasWhereStrictOrAsked) {
  const auto in_order = [](std::string_view more) {
    const auto request = parse_openai_chat(chat(fmt::format(
        R"("response_format": {{"type": "json_schema", "json_schema": {{"name": "s", "schema": {{}}{}}}}})",
        more)));
    EXPECT_TRUE(request) << request.error().error.message;
    return request->format->in_order;
  };
  EXPECT_FALSE(in_order(""));
  EXPECT_FALSE(in_order(R"(, "strict": false)"));
  EXPECT_TRUE(in_order(R"(, "strict": true)"));
  EXPECT_FALSE(in_order(R"(, "strict": true, "key_order": "model")"));
  EXPECT_TRUE(in_order(R"(, "key_order": "schema")"));
  const auto structured =
      parse_openai_chat(chat(R"("structured_outputs": {"json": {}, "key_order": "schema"})"));
  ASSERT_TRUE(structured) << structured.error().error.message;
  EXPECT_TRUE(structured->format->in_order);
  expect_refused(parse_openai_chat(chat(R"("structured_outputs": {"json": {}, "key_order": "mine"})")),
                 "structured_outputs.key_order", "structured_outputs.key_order must be schema or model");
}

TEST(OpenAiChatRequest, ReadsEveryFieldItHonours) {
  const auto request = parse_openai_chat(chat(R"(
      "temperature": 0.7, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "seed": -7, "max_completion_tokens": 64,
      "max_tokens": 32, "stop": ["a", "b"], "stop_token_ids": [1, 2], "ignore_eos": true, "min_tokens": 3,
      "stream": true, "stream_options": {"include_usage": true, "include_obfuscation": false},
      "logprobs": true, "top_logprobs": 5, "presence_penalty": -2, "frequency_penalty": 2,
      "repetition_penalty": 1.1, "logit_bias": {"50": -100, "7": 1.5}, "n": 1, "user": "u",
      "metadata": {"a": "b"}, "store": false, "chat_template_kwargs": {"enable_thinking": false},
      "response_format": {"type": "text"}, "service_tier": "default", "tools": [], "tool_choice": "auto",
      "modalities": ["text"], "frobnicate": 1, "best_of": null, "length_penalty": 1.0)"));
  ASSERT_TRUE(request) << request.error().error.message;
  const SamplingRequest& s = request->sampling;
  EXPECT_EQ(s.temperature, 0.7);
  EXPECT_EQ(s.top_p, 0.9);
  EXPECT_EQ(s.top_k, 40);
  EXPECT_EQ(s.min_p, 0.05);
  EXPECT_EQ(s.seed, -7);
  EXPECT_EQ(s.presence_penalty, -2);
  EXPECT_EQ(s.frequency_penalty, 2);
  EXPECT_EQ(s.repetition_penalty, 1.1);
  EXPECT_EQ(s.logit_bias, (std::vector<std::pair<TokenId, float>>{{7, 1.5f}, {50, -100.0f}}));
  EXPECT_EQ(request->stop.max_tokens, 64);  // the newer name wins
  EXPECT_EQ(request->stop.min_tokens, 3);
  EXPECT_EQ(request->stop.strings, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request->stop.token_ids, (std::vector<TokenId>{1, 2}));
  EXPECT_TRUE(request->stop.ignore_eos);
  EXPECT_EQ(request->report.top_logprobs, 5);
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->stream_usage);
  EXPECT_EQ(request->user, "u");
  EXPECT_EQ(to_json(request->prompt.template_arguments),
            R"({"enable_thinking":false,"add_generation_prompt":true})");
  EXPECT_EQ(request->ignored, (std::vector<std::string>{"frobnicate"}));
}

TEST(OpenAiChatRequest, ReadsWhatClientsWriteDifferently) {
  EXPECT_EQ(parse_openai_chat(chat(R"("stop": "x", "max_tokens": 16.0, "top_k": -1)"))->stop.strings,
            std::vector<std::string>{"x"});
  EXPECT_EQ(parse_openai_chat(chat(R"("max_tokens": 16.0)"))->stop.max_tokens, 16);
  EXPECT_EQ(parse_openai_chat(chat(R"("top_k": -1)"))->sampling.top_k, 0);
  EXPECT_EQ(parse_openai_chat(chat(R"("logprobs": true)"))->report.top_logprobs, 0);
  EXPECT_FALSE(parse_openai_chat(chat(R"("logprobs": false, "top_logprobs": 0)"))->report.top_logprobs);
  EXPECT_FALSE(parse_openai_chat(chat(R"("temperature": null, "stop": null)"))->sampling.temperature);
}

TEST(OpenAiChatRequest, ReadsMessagesOfEveryRole) {
  const auto request = parse_openai_chat(chat_with_messages(R"([
      {"role": "system", "content": "s"},
      {"role": "developer", "content": [{"type": "text", "text": "d1"}, {"type": "text", "text": "d2"}]},
      {"role": "user", "content": [], "name": "ann"},
      {"role": "assistant", "content": null, "tool_calls": [
          {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
      {"role": "tool", "content": "42", "tool_call_id": "c1"},
      {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}])"));
  ASSERT_TRUE(request) << request.error().error.message;
  ASSERT_EQ(request->messages.size(), 6u);
  EXPECT_EQ(text_of(request->messages[1]), "d1\nd2");
  EXPECT_EQ(request->messages[2].name, "ann");
  EXPECT_TRUE(request->messages[3].content.empty());
  EXPECT_EQ(request->messages[3].tool_calls.at(0).id, "c1");
  EXPECT_EQ(request->messages[3].tool_calls.at(0).name, "f");
  EXPECT_EQ(request->messages[3].tool_calls.at(0).arguments, "{}");
  EXPECT_EQ(request->messages[4].tool_call_id, "c1");
  EXPECT_EQ(text_of(request->messages[5]), "no");
}

TEST(OpenAiChatRequest, RefusesBadMessagesByPath) {
  const auto refused = [](std::string_view messages, std::string_view param, std::string_view message,
                          ErrorCode code = ErrorCode::invalid_argument) {
    expect_refused(parse_openai_chat(chat_with_messages(messages)), param, message, code);
  };
  refused("[]", "messages", "messages must be an array of at least one message");
  refused("{}", "messages", "messages must be an array, not an object");
  refused("[3]", "messages[0]", "messages[0] must be an object, not a number");
  refused(R"([{"content": "x"}])", "messages[0].role",
          "messages[0].role must be one of system, developer, user, assistant, tool");
  refused(R"([{"role": "user", "content": "x"}, {"role": "robot", "content": "x"}])", "messages[1].role",
          "messages[1].role must be one of system, developer, user, assistant, tool");
  refused(R"([{"role": "user"}])", "messages[0].content",
          "messages[0].content must be a string or an array of parts");
  refused(R"([{"role": "user", "content": 3}])", "messages[0].content",
          "messages[0].content must be a string or an array of parts, not a number");
  refused(R"([{"role": "user", "content": ["x"]}])", "messages[0].content",
          "messages[0].content must be an array of objects, or a string");
  refused(R"([{"role": "user", "content": [{"type": "text"}]}])", "messages[0].content[0].text",
          "messages[0].content[0].text must be a string");
  refused(R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}])",
          "messages[0].content[1].type",
          "messages[0].content[1].type \"image_url\" is not supported yet; only text is",
          ErrorCode::unsupported);
  refused(R"([{"role": "tool", "content": "x"}])", "messages[0].tool_call_id",
          "messages[0].tool_call_id must name the call that it answers");
  refused(R"([{"role": "user", "content": "x", "tool_calls": [{}]}])", "messages[0].tool_calls",
          "messages[0].tool_calls belongs to an assistant's message");
  refused(R"([{"role": "assistant", "tool_calls": [{"id": "a"}]}])", "messages[0].tool_calls[0].function",
          "messages[0].tool_calls[0].function must be an object");
}

struct BadField {
  std::string_view json;
  std::string_view param;
  std::string_view message;
};

TEST(OpenAiChatRequest, RefusesBadValuesByName) {
  for (const BadField& bad : {
           BadField{R"("temperature": 2.1)", "temperature", "temperature must be 0 to 2, not 2.1"},
           BadField{R"("temperature": "hot")", "temperature", "temperature must be a number, not a string"},
           BadField{R"("top_p": -0.1)", "top_p", "top_p must be 0 to 1, not -0.1"},
           BadField{R"("min_p": 2)", "min_p", "min_p must be 0 to 1, not 2"},
           BadField{R"("top_k": 1.5)", "top_k", "top_k must be an integer, not 1.5"},
           BadField{R"("top_k": -2)", "top_k", "top_k must be -1 to 2147483647, not -2"},
           BadField{R"("repetition_penalty": 0)", "repetition_penalty",
                    "repetition_penalty must be 0.01 to 100, not 0"},
           BadField{R"("presence_penalty": 3)", "presence_penalty",
                    "presence_penalty must be -2 to 2, not 3"},
           BadField{R"("seed": 1e300)", "seed", "seed must be an integer, not 1e+300"},
           BadField{R"("seed": 18446744073709551615)", "seed",
                    "seed must be an integer, not 18446744073709551615"},
           BadField{R"("max_tokens": 0)", "max_tokens", "max_tokens must be 1 to 2147483647, not 0"},
           BadField{R"("max_tokens": true)", "max_tokens", "max_tokens must be an integer, not a boolean"},
           BadField{R"("max_tokens": 2, "min_tokens": 3)", "min_tokens",
                    "min_tokens is 3, more than the 2 of max_tokens"},
           BadField{R"("stop": 3)", "stop", "stop must be a string or an array of strings"},
           BadField{R"("stop": [""])", "stop", "stop must not hold an empty string"},
           BadField{R"("stop_token_ids": [-1])", "stop_token_ids",
                    "stop_token_ids must be an array of token ids"},
           BadField{R"("stop_token_ids": [4294967296])", "stop_token_ids",
                    "stop_token_ids must be an array of token ids"},
           BadField{R"("logit_bias": {"x": 1})", "logit_bias", "logit_bias must name tokens by their ids"},
           BadField{R"("logit_bias": {"1": 101})", "logit_bias",
                    "logit_bias must have numbers of -100 to 100 as its values"},
           BadField{R"("logit_bias": [["word", 1]])", "logit_bias",
                    "logit_bias must name tokens by their ids"},
           BadField{R"("logit_bias": [[-1, 1]])", "logit_bias", "logit_bias must name tokens by their ids"},
           BadField{R"("logit_bias": [[1, true]])", "logit_bias",
                    "logit_bias must have numbers of -100 to 100 as its values"},
           BadField{R"("logit_bias": [[1]])", "logit_bias",
                    "logit_bias must be an object, or an array of pairs of a token id and a number"},
           BadField{R"("logit_bias": 5)", "logit_bias",
                    "logit_bias must be an object, or an array of pairs of a token id and a number"},
           BadField{R"("n_predict": 0)", "n_predict", "n_predict must be 1 or more, or -1 for no limit"},
           BadField{R"("n_predict": -2)", "n_predict", "n_predict must be -1 to 2147483647, not -2"},
           BadField{R"("n_cmpl": 0)", "n_cmpl", "n_cmpl must be 1 to 128, not 0"},
           BadField{R"("stream": 1)", "stream", "stream must be true or false, not a number"},
           BadField{R"("stream_options": {})", "stream_options",
                    "stream_options is only allowed with \"stream\": true"},
           BadField{R"("stream": true, "stream_options": {"include_usage": 1})",
                    "stream_options.include_usage",
                    "stream_options.include_usage must be true or false, not a number"},
           BadField{R"("logprobs": 3)", "logprobs", "logprobs must be true or false, not a number"},
           BadField{R"("top_logprobs": 3)", "top_logprobs", "top_logprobs needs \"logprobs\": true"},
           BadField{R"("logprobs": true, "top_logprobs": 21)", "top_logprobs",
                    "top_logprobs must be 0 to 20, not 21"},
           BadField{R"("typical_p": 1.5)", "typical_p", "typical_p must be 0 to 1, not 1.5"},
           BadField{R"("n": 0)", "n", "n must be 1 to 128, not 0"},
           BadField{R"("bad_words": "x")", "bad_words", "bad_words must be an array, not a string"},
           BadField{R"("bad_words": [3])", "bad_words", "bad_words must be an array of strings"},
           BadField{R"("bad_words": [""])", "bad_words", "bad_words must not hold an empty string"},
           BadField{R"("allowed_token_ids": [])", "allowed_token_ids",
                    "allowed_token_ids must allow at least one token"},
           BadField{R"("prompt_logprobs": 21)", "prompt_logprobs", "prompt_logprobs must be 0 to 20, not 21"},
           BadField{R"("truncate_prompt_tokens": 0)", "truncate_prompt_tokens",
                    "truncate_prompt_tokens must leave something: 1 or more, or -1"},
           BadField{R"("truncation_side": "up")", "truncation_side", "truncation_side must be left or right"},
           BadField{R"("cache_salt": "")", "cache_salt", "cache_salt must have 1 to 1024 bytes"},
           BadField{R"("request_id": "two words")", "request_id",
                    "request_id must be 1 to 128 visible ASCII characters"},
           BadField{R"("reasoning_effort": "some")", "reasoning_effort",
                    "reasoning_effort must be one of none, minimal, low, medium, high, xhigh, max"},
           BadField{R"("continue_final_message": true, "add_generation_prompt": true)",
                    "continue_final_message",
                    "continue_final_message and add_generation_prompt exclude each other"},
           BadField{R"("user": 3)", "user", "user must be a string, not a number"},
           BadField{R"("tool_choice": "required")", "tool_choice",
                    "tool_choice asks for a call, but there are no tools"},
           BadField{R"("chat_template_kwargs": [])", "chat_template_kwargs",
                    "chat_template_kwargs must be an object, not an array"},
       }) {
    SCOPED_TRACE(bad.json);
    expect_refused(parse_openai_chat(chat(bad.json)), bad.param, bad.message);
  }
  expect_refused(parse_openai_chat(R"({"messages": [{"role": "user", "content": ""}]})"), "model",
                 "model must name a model");
}

TEST(OpenAiChatRequest, ReadsVllmsExtensions) {
  const auto request = parse_openai_chat(chat(R"(
      "n": 3, "typical_p": 0.9, "bad_words": ["a b", "c"], "allowed_token_ids": [4, 2], "prompt_logprobs": 0,
      "include_stop_str_in_output": true, "skip_special_tokens": false, "return_token_ids": true,
      "return_tokens_as_token_ids": true, "return_prompt_text": true, "echo": true, "priority": -5,
      "cache_salt": "s", "request_id": "mine", "truncate_prompt_tokens": -1, "truncation_side": "right",
      "add_special_tokens": true, "continue_final_message": true, "reasoning_effort": "none",
      "documents": [{"title": "t", "text": "x"}], "chat_template_kwargs": {"a": 1})"));
  ASSERT_TRUE(request) << request.error().error.message;
  EXPECT_EQ(request->n, 3);
  EXPECT_EQ(request->best_of, 3);
  EXPECT_EQ(request->sampling.typical_p, 0.9);
  EXPECT_EQ(request->sampling.bad_words, (std::vector<std::string>{"a b", "c"}));
  EXPECT_EQ(request->sampling.allowed_tokens, (std::vector<TokenId>{4, 2}));
  EXPECT_EQ(request->report.prompt_logprobs, 0);
  EXPECT_TRUE(request->stop.include_in_text);
  EXPECT_TRUE(request->report.special_tokens && request->report.token_ids && request->report.tokens_as_ids);
  EXPECT_TRUE(request->report.prompt_text && request->report.echo);
  EXPECT_EQ(request->priority, -5);
  EXPECT_EQ(request->cache_salt, "s");
  EXPECT_EQ(request->id, "mine");
  EXPECT_EQ(request->prompt.truncate, -1);
  EXPECT_EQ(request->prompt.truncate_side, PromptRequest::Side::right);
  EXPECT_EQ(request->prompt.add_special_tokens, true);
  EXPECT_TRUE(request->prompt.continue_final_message);
  EXPECT_EQ(to_json(request->prompt.template_arguments),
            R"({"a":1,"documents":[{"title":"t","text":"x"}],"add_generation_prompt":false})");
  EXPECT_EQ(request->thought.effort, "none");
}

TEST(OpenAiChatRequest, ReadsLlamaCppsNames) {
  EXPECT_EQ(parse_openai_chat(chat(R"("n_predict": 5)"))->stop.max_tokens, 5);
  EXPECT_EQ(parse_openai_chat(chat(R"("n_predict": 5, "max_tokens": 6)"))->stop.max_tokens, 6);
  EXPECT_FALSE(parse_openai_chat(chat(R"("n_predict": -1)"))->stop.max_tokens);
  EXPECT_EQ(parse_openai_completion(completion(R"("n_predict": 20)"))->stop.max_tokens, 20);
  EXPECT_FALSE(parse_openai_completion(completion(R"("n_predict": -1)"))->stop.max_tokens);
  EXPECT_EQ(parse_openai_completion(completion(R"("n_predict": -1, "max_tokens": 6)"))->stop.max_tokens, 6);
  EXPECT_EQ(parse_openai_chat(chat(R"("n_cmpl": 3)"))->n, 3);
  EXPECT_EQ(parse_openai_chat(chat(R"("n_cmpl": 3, "n": 2)"))->n, 2);
  EXPECT_FALSE(parse_openai_chat(chat(R"("seed": -1)"))->sampling.seed);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(parse_openai_chat(chat(R"("logit_bias": [[50, false], [7, 1.5]])"))->sampling.logit_bias,
            (std::vector<std::pair<TokenId, float>>{{7, 1.5f}, {50, kNever}}));
  EXPECT_TRUE(parse_openai_chat(chat(R"("logit_bias": [])"))->sampling.logit_bias.empty());
}

TEST(OpenAiRequest, TheOtherApisFieldsAreRefused) {
  expect_refused(parse_openai_chat(chat(R"("suffix": "x")")), "suffix",
                 "suffix is a field of POST /v1/completions (other than \"\"); leave it out",
                 ErrorCode::unsupported);
  expect_refused(parse_openai_completion(completion(R"("tools": [{}])")), "tools",
                 "tools is a field of POST /v1/chat/completions; leave it out", ErrorCode::unsupported);
}

TEST(OpenAiChatRequest, RefusesWhatIsNoJsonObject) {
  expect_refused(parse_openai_chat("[]"), "", "the request body must be a JSON object, not an array");
  const auto broken = parse_openai_chat("{\"model\": }");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().error.message.starts_with("request body:1:11: not valid JSON"));
  EXPECT_FALSE(parse_openai_chat(""));
  EXPECT_FALSE(parse_openai_chat(std::string(100000, '[')));
}

TEST(OpenAiCompletionRequest, ReadsEveryKindOfPrompt) {
  const auto prompts = [](std::string_view json) {
    return parse_openai_completion(fmt::format(R"({{"model": "m", "prompt": {}}})", json)).value().prompts;
  };
  EXPECT_EQ(prompts(R"("hi")"), (std::vector<Prompt>{"hi"}));
  EXPECT_EQ(prompts(R"("")"), (std::vector<Prompt>{""}));
  EXPECT_EQ(prompts(R"(["a", "b"])"), (std::vector<Prompt>{"a", "b"}));
  EXPECT_EQ(prompts("[1, 2]"), (std::vector<Prompt>{std::vector<TokenId>{1, 2}}));
  EXPECT_EQ(prompts(R"([[1], [2, 3], "c"])"),
            (std::vector<Prompt>{std::vector<TokenId>{1}, std::vector<TokenId>{2, 3}, "c"}));
}

TEST(OpenAiCompletionRequest, RefusesBadPrompts) {
  constexpr std::string_view message = "prompt must be a string, an array of token ids, or an array of these";
  for (const std::string_view json :
       {"null", "3", "[]", "[[]]", "[1, \"a\"]", "[-1]", "[1.5]", "[4294967296]", "[[[1]]]"}) {
    SCOPED_TRACE(json);
    expect_refused(parse_openai_completion(fmt::format(R"({{"model": "m", "prompt": {}}})", json)), "prompt",
                   message);
  }
  expect_refused(parse_openai_completion(R"({"model": "m"})"), "prompt", message);
}

TEST(OpenAiCompletionRequest, ASuffixAsksForTheMiddle) {
  const auto request = parse_openai_completion(completion(R"("suffix": " there")"));
  ASSERT_TRUE(request) << request.error().error.message;
  ASSERT_TRUE(request->infill);
  EXPECT_EQ(request->infill->suffix, " there");
  EXPECT_EQ(request->infill->field, "suffix");
  for (const char* nothing : {R"("suffix": null)", R"("suffix": "")"}) {
    EXPECT_FALSE(parse_openai_completion(completion(nothing)).value().infill) << nothing;
  }
  expect_refused(parse_openai_completion(completion(R"("suffix": 5)")), "suffix",
                 "suffix must be a string, not a number");
  expect_refused(parse_openai_completion(R"({"model": "m", "prompt": ["a", "b"], "suffix": "x"})"), "suffix",
                 "suffix goes with one prompt, not with several");
  EXPECT_TRUE(parse_openai_completion(R"({"model": "m", "prompt": ["a"], "suffix": "x"})"));
  expect_refused(
      parse_openai_completion(completion(R"("suffix": "x", "truncation_side": "right")")), "truncation_side",
      "truncation_side goes without suffix: what is farthest from the gap is cut", ErrorCode::unsupported);
}

TEST(OpenAiCompletionRequest, HasItsOwnDefaultsAndFields) {
  EXPECT_EQ(parse_openai_completion(completion())->stop.max_tokens, 16);
  EXPECT_EQ(parse_openai_completion(completion(R"("min_tokens": 20)"))->stop.max_tokens, 20);
  EXPECT_EQ(parse_openai_completion(completion(R"("logprobs": 0)"))->report.top_logprobs, 0);
  EXPECT_TRUE(parse_openai_completion(completion(R"("echo": false, "best_of": 1)")));
  // Nothing but the prompt's own logprobs.
  EXPECT_EQ(parse_openai_completion(completion(R"("echo": true, "max_tokens": 0)"))->stop.max_tokens, 0);
  expect_refused(parse_openai_completion(completion(R"("max_tokens": 0)")), "max_tokens",
                 "max_tokens must be 1 to 2147483647, not 0");
  EXPECT_EQ(parse_openai_completion(completion(R"("n": 2, "best_of": 5)"))->best_of, 5);
  expect_refused(parse_openai_completion(completion(R"("n": 3, "best_of": 2)")), "best_of",
                 "best_of is 2, less than the 3 of n");
  expect_refused(parse_openai_completion(completion(R"("best_of": 2, "stream": true)")), "best_of",
                 "best_of greater than n needs whole answers to compare: set \"stream\": false");
  expect_refused(parse_openai_completion(completion(R"("prompt_logprobs": 1, "stream": true)")),
                 "prompt_logprobs", "prompt_logprobs is for whole answers: set \"stream\": false",
                 ErrorCode::unsupported);
  expect_refused(parse_openai_completion(completion(R"("logprobs": true)")), "logprobs",
                 "logprobs must be an integer, not a boolean");
}

}  // namespace
}  // namespace ferry
