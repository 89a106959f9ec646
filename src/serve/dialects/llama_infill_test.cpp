#include "serve/dialects/llama_infill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::ElementsAre;

std::string infill(std::string_view more = "") {
  return fmt::format(R"({{"input_prefix": "def f(", "input_suffix": "end"{}{}}})", more.empty() ? "" : ", ",
                     more);
}

GenerationRequest parsed(std::string_view more) {
  auto request = parse_llama_infill(infill(more));
  EXPECT_TRUE(request) << request.error().error.message;
  return request ? *std::move(request) : GenerationRequest();
}

void expect_refused(std::string_view body, std::string_view param, std::string_view message,
                    ErrorCode code = ErrorCode::invalid_argument) {
  const auto result = parse_llama_infill(body);
  ASSERT_FALSE(result) << body;
  EXPECT_EQ(result.error().param, param);
  EXPECT_EQ(result.error().error.message, message);
  EXPECT_EQ(result.error().error.code, code);
}

TEST(LlamaInfillRequest, ShowsTheGap) {
  const GenerationRequest plain = parsed("");
  EXPECT_EQ(plain.model, "");
  EXPECT_THAT(plain.prompts, ElementsAre(Prompt("def f(")));
  ASSERT_TRUE(plain.infill);
  EXPECT_EQ(plain.infill->suffix, "end");
  EXPECT_EQ(plain.infill->field, "input_suffix");
  EXPECT_TRUE(plain.infill->files.empty());
  EXPECT_FALSE(plain.stop.max_tokens);
  EXPECT_EQ(plain.prompt.truncate, -1);
  EXPECT_TRUE(plain.ignored.empty());

  const GenerationRequest full = parsed(
      R"("prompt": "a, ", "model": "m", "n_predict": 0, "truncate_prompt_tokens": 9,
         "input_extra": [{"filename": "a.py", "text": "A"}, {"text": "B"}])");
  EXPECT_THAT(full.prompts, ElementsAre(Prompt("def f(a, ")));
  EXPECT_EQ(full.model, "m");
  EXPECT_EQ(full.stop.max_tokens, 0);
  EXPECT_EQ(full.prompt.truncate, 9);
  ASSERT_EQ(full.infill->files.size(), 2u);
  EXPECT_EQ(full.infill->files[0].name, "a.py");
  EXPECT_EQ(full.infill->files[0].text, "A");
  EXPECT_EQ(full.infill->files[1].name, "tmp");
}

// What llama.vim sends.
TEST(LlamaInfillRequest, TakesWhatEditorsSend) {
  const GenerationRequest request = parsed(
      R"("id_slot": 0, "input_extra": [], "prompt": "", "n_predict": 128, "stop": [], "n_indent": 4, "top_k": 40,
         "top_p": 0.9, "samplers": ["top_k", "top_p", "infill"], "stream": false, "cache_prompt": true,
         "t_max_prompt_ms": 500, "t_max_predict_ms": 250, "response_fields": ["content", "timings/prompt_n"])");
  EXPECT_EQ(request.sampling.top_k, 40);
  EXPECT_EQ(request.sampling.top_p, 0.9);
  EXPECT_EQ(request.sampling.min_p, 0);
  EXPECT_EQ(request.sampling.typical_p, 1);
  EXPECT_EQ(request.sampling.temperature, 1);
  EXPECT_EQ(request.sampling.repetition_penalty, 1);
  EXPECT_EQ(request.stop.least_indent, 4);
  EXPECT_EQ(request.stop.lines_ms, 250);
  EXPECT_THAT(request.report.members, ElementsAre("content", "timings/prompt_n"));
  EXPECT_FALSE(request.report.prompt_text);
  EXPECT_TRUE(request.ignored.empty());
  // The coming text is only to be cached.
  EXPECT_EQ(parsed(R"("n_predict": 0, "temperature": 0.0, "samplers": [], "t_max_predict_ms": 1,
                      "response_fields": [""])")
                .sampling.temperature,
            0.0);
}

TEST(LlamaInfillRequest, SamplersThatAreNotNamedAreOff) {
  const GenerationRequest all = parsed(
      R"("samplers": ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"],
         "temperature": 0.5, "typical_p": 0.4, "presence_penalty": 1)");
  EXPECT_EQ(all.sampling.temperature, 0.5);
  EXPECT_EQ(all.sampling.typical_p, 0.4);
  EXPECT_EQ(all.sampling.presence_penalty, 1);
  EXPECT_FALSE(all.sampling.top_k);
  const GenerationRequest none = parsed(R"("samplers": [], "temperature": 0.5, "top_k": 5, "min_p": 0.2)");
  EXPECT_EQ(none.sampling.temperature, 1);
  EXPECT_EQ(none.sampling.top_k, 0);
  EXPECT_EQ(none.sampling.min_p, 0);
  EXPECT_EQ(parsed(R"("samplers": null, "top_k": 5)").sampling.top_k, 5);
  expect_refused(infill(R"("samplers": ["top_q"])"), "samplers",
                 "samplers has an unknown sampler, \"top_q\"");
}

TEST(LlamaInfillRequest, RefusalsNameTheField) {
  expect_refused(R"({"input_suffix": ""})", "input_prefix", "input_prefix must be a string; it may be empty");
  expect_refused(R"({"input_prefix": ""})", "input_suffix", "input_suffix must be a string; it may be empty");
  expect_refused(infill(R"("prompt": ["a"])"), "prompt", "prompt must be a string, not an array");
  expect_refused(infill(R"("input_extra": ["a"])"), "input_extra",
                 "input_extra must hold objects with text and filename");
  expect_refused(infill(R"("input_extra": [{"text": "a"}, {"filename": "a"}])"), "input_extra[1].text",
                 "input_extra[1].text must be a string; it may be empty");
  expect_refused(infill(R"("truncation_side": "right")"), "truncation_side",
                 "truncation_side must be left: what is farthest from the gap is cut",
                 ErrorCode::unsupported);
  for (const char* field :
       {"suffix", "echo", "logprobs", "best_of", "return_token_ids", "n_probs", "messages", "lora"}) {
    const auto result = parse_llama_infill(infill(fmt::format(R"("{}": {{"asks": "something"}})", field)));
    ASSERT_FALSE(result) << field;
    EXPECT_EQ(result.error().param, field);
  }
}

const ExchangeIdentity kIdentity{.id = "infill-1", .created = 5, .model = "m", .fingerprint = "f"};

GenerationDelta piece(int index, std::string text, std::vector<TokenId> tokens) {
  return {.index = index, .text = std::move(text), .token_ids = std::move(tokens)};
}

std::vector<GenerationDelta> deltas() {
  GenerationDelta first = piece(0, "a\n", {5, 6});
  first.prompt = PromptReport{.token_ids = {1, 2, 3}, .text = "<P>x<S>y<M>"};
  GenerationDelta last = piece(0, "b", {7, 8});
  last.finish = FinishReason::stop;
  return {first, piece(0, "", {9}), last};
}

const Usage kUsage{.prompt_tokens = 3, .completion_tokens = 5, .cached_tokens = 2};

std::string whole(std::string_view more, std::vector<GenerationDelta> pieces = deltas()) {
  GenerationResult result{.choices = {}, .usage = kUsage};
  for (GenerationDelta& delta : pieces) append(result, std::move(delta));
  return llama_infill_response(kIdentity, result, OpenAiAnswerFormat(parsed(more)));
}

TEST(LlamaInfillAnswer, HasTheMembersOfLlamaCpps) {
  EXPECT_EQ(
      whole(""),
      R"({"index":0,"content":"a\nb","tokens":[],"stop":true,"model":"m","tokens_predicted":5,)"
      R"("tokens_evaluated":3,"tokens_cached":2,"prompt":"<P>x<S>y<M>","has_new_line":true,"truncated":false,)"
      R"("stop_type":"eos","stopping_word":""})");
  EXPECT_EQ(whole(R"("return_tokens": true, "response_fields": ["content", "timings/prompt_n", "tokens"])"),
            R"({"content":"a\nb","tokens":[5,6,9,7,8]})");
  EXPECT_EQ(whole(R"("response_fields": [""])"), "{}");
  std::vector<GenerationDelta> two = deltas();
  two.push_back(piece(1, "c", {4}));
  two.back().finish = FinishReason::length;
  two.push_back(piece(2, "", {}));
  two.back().finish = FinishReason::stop;
  two.back().cause = "END";
  EXPECT_EQ(
      whole(R"("response_fields": ["index", "stop_type", "stopping_word"])", two),
      R"([{"index":0,"stop_type":"eos","stopping_word":""},{"index":1,"stop_type":"limit","stopping_word":""},)"
      R"({"index":2,"stop_type":"word","stopping_word":"END"}])");
}

TEST(LlamaInfillAnswer, StreamsPiecesAndEndsEachChoice) {
  LlamaInfillStream stream(kIdentity,
                           parsed(R"("stream": true, "response_fields": ["content", "tokens_predicted"])"));
  std::vector<std::string> events;
  const auto emit = [&](std::string_view event) { events.emplace_back(event); };
  for (const GenerationDelta& delta : deltas()) stream.delta(delta, emit);
  stream.end(kUsage, emit);
  EXPECT_THAT(
      events,
      ElementsAre(
          R"({"index":0,"content":"a\n","tokens":[],"stop":false,"tokens_predicted":2,"tokens_evaluated":3})",
          R"({"index":0,"content":"b","tokens":[],"stop":false,"tokens_predicted":5,"tokens_evaluated":3})",
          R"({"content":"","tokens_predicted":5})"));
}

}  // namespace
}  // namespace ferry
