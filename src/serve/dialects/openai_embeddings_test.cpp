#include "serve/dialects/openai_embeddings.h"

#include <gmock/gmock.h>

#include "serve/dialects/base64.h"
#include "serve/dialects/vllm_scores.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Tokens = std::vector<TokenId>;

OpenAiEmbeddingRequest parse(std::string_view body) {
  auto parsed = parse_openai_embeddings(body);
  EXPECT_TRUE(parsed) << parsed.error().error.message;
  return parsed.value_or(OpenAiEmbeddingRequest{});
}

TEST(Embeddings, InputIsATextTokensOrAListOfEither) {
  EXPECT_THAT(parse(R"({"model": "m", "input": "a"})").request.inputs, ElementsAre(Prompt("a")));
  EXPECT_THAT(parse(R"({"model": "m", "input": ["a", "b"]})").request.inputs,
              ElementsAre(Prompt("a"), Prompt("b")));
  EXPECT_THAT(parse(R"({"model": "m", "input": [1, 2]})").request.inputs, ElementsAre(Prompt(Tokens{1, 2})));
  EXPECT_THAT(parse(R"({"model": "m", "input": [[1, 2], [3]]})").request.inputs,
              ElementsAre(Prompt(Tokens{1, 2}), Prompt(Tokens{3})));
}

TEST(Embeddings, WhatIsAskedForIsRead) {
  const OpenAiEmbeddingRequest plain = parse(R"({"model": "m", "input": "a"})");
  EXPECT_FALSE(plain.base64);
  EXPECT_TRUE(plain.request.add_special_tokens);
  EXPECT_FALSE(plain.request.truncate || plain.request.dimensions);
  const OpenAiEmbeddingRequest full = parse(
      R"({"model": "m", "input": "a", "encoding_format": "base64", "dimensions": 8, "user": "u",
          "truncate_prompt_tokens": -1, "truncation_side": "right", "add_special_tokens": false, "odd": 1})");
  EXPECT_TRUE(full.base64);
  EXPECT_EQ(full.request.dimensions, 8);
  EXPECT_EQ(full.request.truncate, -1);
  EXPECT_FALSE(full.request.add_special_tokens);
  EXPECT_THAT(full.ignored, ElementsAre("odd"));
}

struct Refused {
  const char* body;
  const char* param;
};

TEST(Embeddings, WhatIsWrongIsNamed) {
  const Refused bodies[] = {
      {R"({"input": "a"})", "model"},
      {R"({"model": "m"})", "input"},
      {R"({"model": "m", "input": ""})", "input"},
      {R"({"model": "m", "input": []})", "input"},
      {R"({"model": "m", "input": ["a", ""]})", "input"},
      {R"({"model": "m", "input": [[]]})", "input"},
      {R"({"model": "m", "input": [-1]})", "input"},
      {R"({"model": "m", "input": {"text": "a"}})", "input"},
      {R"({"model": "m", "input": "a", "encoding_format": "bytes"})", "encoding_format"},
      {R"({"model": "m", "input": "a", "dimensions": 0})", "dimensions"},
      {R"({"model": "m", "input": "a", "truncate_prompt_tokens": 0})", "truncate_prompt_tokens"},
      {R"({"model": "m", "input": "a", "truncation_side": "left"})", "truncation_side"},
      {R"({"model": "m", "input": "a", "messages": [{}]})", "messages"},
      {R"({"model": "m", "input": "a", "normalize": true})", "normalize"},
  };
  for (const Refused& refused : bodies) {
    const auto parsed = parse_openai_embeddings(refused.body);
    ASSERT_FALSE(parsed) << refused.body;
    EXPECT_EQ(parsed.error().param, refused.param) << refused.body;
  }
  std::string many = R"({"model": "m", "input": ["a")";
  for (int i = 0; i < 2048; ++i) many += R"(, "a")";
  EXPECT_FALSE(parse_openai_embeddings(many + "]}"));
}

TEST(Embeddings, AnswerAsOpenAiDoes) {
  const EmbeddingResult result{.vectors = {{0.5f, -1}, {0.25f, 0}}, .prompt_tokens = 7};
  EXPECT_EQ(openai_embeddings_response("m", result, false),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},)"
            R"({"object":"embedding","index":1,"embedding":[0.25,0]}],"model":"m",)"
            R"("usage":{"prompt_tokens":7,"total_tokens":7}})");
  EXPECT_THAT(openai_embeddings_response("m", result, true), HasSubstr(R"("embedding":"AAAAPwAAgL8=")"));
}

TEST(Base64, IsRfc4648s) {
  const auto of = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("f"), "Zg==");
  EXPECT_EQ(of("fo"), "Zm8=");
  EXPECT_EQ(of("foo"), "Zm9v");
  EXPECT_EQ(of("foob"), "Zm9vYg==");
  EXPECT_EQ(of("\xff\xfe\xfd"), "//79");
}

TEST(Scores, TakeOneAgainstManyOrManyAgainstAsMany) {
  const auto one = parse_vllm_score(R"({"model": "m", "text_1": "q", "text_2": ["a", "b"]})").value();
  EXPECT_THAT(one.request.first, ElementsAre("q"));
  EXPECT_THAT(one.request.second, ElementsAre("a", "b"));
  const auto many =
      parse_vllm_score(R"({"model": "m", "queries": ["q", "r"], "documents": ["a", {"text": "b"}]})").value();
  EXPECT_THAT(many.request.first, ElementsAre("q", "r"));
  EXPECT_THAT(many.request.second, ElementsAre("a", "b"));
  EXPECT_EQ(many.request.second_field, "documents");
}

TEST(Scores, WhatIsWrongIsNamed) {
  const Refused bodies[] = {
      {R"({"text_1": "q", "text_2": "a"})", "model"},
      {R"({"model": "m", "text_2": "a"})", "text_1"},
      {R"({"model": "m", "text_1": "q"})", "text_2"},
      {R"({"model": "m", "text_1": ["q", "r"], "text_2": ["a", "b", "c"]})", "text_1"},
      {R"({"model": "m", "queries": "q", "documents": [1]})", "documents"},
      {R"({"model": "m", "text_1": "q", "text_2": []})", "text_2"},
      {R"({"model": "m", "text_1": "q", "text_2": {"text": "a"}})", "text_2"},
      {R"({"model": "m", "text_1": "q", "text_2": "a", "use_activation": false})", "use_activation"},
  };
  for (const Refused& refused : bodies) {
    const auto parsed = parse_vllm_score(refused.body);
    ASSERT_FALSE(parsed) << refused.body;
    EXPECT_EQ(parsed.error().param, refused.param) << refused.body;
  }
}

const ExchangeIdentity kIdentity = {.id = "x-1", .created = 5, .model = "m", .fingerprint = {}};

TEST(Scores, AnswerInTheRequestsOrder) {
  EXPECT_EQ(vllm_score_response(kIdentity, {{0.25f, 0.5f}, 9}),
            R"({"id":"x-1","object":"list","created":5,"model":"m","data":[)"
            R"({"index":0,"object":"score","score":0.25},{"index":1,"object":"score","score":0.5}],)"
            R"("usage":{"prompt_tokens":9,"total_tokens":9}})");
}

TEST(Rerank, AnswersTheBestFirst) {
  auto parsed =
      parse_rerank(R"({"model": "m", "query": "q", "documents": ["a", {"text": "b"}, "c"], "top_n": 2})")
          .value();
  const ScoreResult result{{0.25f, 0.5f, 0.25f}, 9};
  EXPECT_EQ(rerank_response(kIdentity, parsed, result),
            R"({"id":"x-1","model":"m","usage":{"prompt_tokens":9,"total_tokens":9},"results":[)"
            R"({"index":1,"document":{"text":"b"},"relevance_score":0.5},)"
            R"({"index":0,"document":{"text":"a"},"relevance_score":0.25}]})");
  parsed.return_documents = false;
  parsed.top_n = 0;
  EXPECT_THAT(rerank_response(kIdentity, parsed, result),
              HasSubstr(R"("results":[{"index":1,"relevance_score":0.5},{"index":0,)"));
}

TEST(Rerank, ScoresThatAreNoNumbersComeLast) {
  const auto parsed = parse_rerank(R"({"model": "m", "query": "q", "documents": ["a", "b", "c"]})").value();
  EXPECT_THAT(rerank_response(kIdentity, parsed, {{NAN, -3, NAN}, 1}), HasSubstr(R"("results":[{"index":1)"));
}

TEST(Rerank, WhatIsWrongIsNamed) {
  const Refused bodies[] = {
      {R"({"model": "m", "documents": ["a"]})", "query"},
      {R"({"model": "m", "query": ["q"], "documents": ["a"]})", "query"},
      {R"({"model": "m", "query": "q"})", "documents"},
      {R"({"model": "m", "query": "q", "documents": "a"})", "documents"},
      {R"({"model": "m", "query": "q", "documents": []})", "documents"},
      {R"({"model": "m", "query": "q", "documents": ["a"], "top_n": -1})", "top_n"},
      {R"({"model": "m", "query": "q", "documents": ["a"], "max_chunks_per_doc": 3})", "max_chunks_per_doc"},
  };
  for (const Refused& refused : bodies) {
    const auto parsed = parse_rerank(refused.body);
    ASSERT_FALSE(parsed) << refused.body;
    EXPECT_EQ(parsed.error().param, refused.param) << refused.body;
  }
}

TEST(Base64, ComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::span<const char> chars(bytes);
    const auto back = from_base64(base64(std::as_bytes(chars)));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(back->data()), back->size()), bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
  for (const char* text : {"A", "AA", "AAA", "A===", "AA=A", "AB==", "AAB=", "A-==", "AAAA AAAA"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Embeddings, ForAnUpstream) {
  constexpr std::string_view kBody =
      R"({"input": ["a", "b"], "model": "m", "dimensions": 8, "encoding_format": "base64", "odd": [1], "user": "u"})";
  const auto read = read_openai_embeddings(kBody);
  ASSERT_TRUE(read);
  EXPECT_EQ(
      patch_openai_embeddings(kBody, "up").value(),
      R"({"input": ["a", "b"], "model": "up", "dimensions": 8, "encoding_format": "base64", "odd": [1], "user": "u"})");
  EXPECT_EQ(
      write_openai_embeddings(*read, "up"),
      R"({"model":"up","input":["a","b"],"encoding_format":"base64","dimensions":8,"odd":[1],"user":"u"})");
  const auto other = read_openai_embeddings(R"({"model": "m", "input": [1, 2], "input_type": "query"})");
  ASSERT_TRUE(other) << "others may know it";
  EXPECT_FALSE(parse_openai_embeddings(R"({"model": "m", "input": [1, 2], "input_type": "query"})"));
  EXPECT_EQ(write_openai_embeddings(*other, "up"), R"({"model":"up","input":[1,2],"input_type":"query"})");
}

TEST(Embeddings, AnswersAreReadInBothForms) {
  const EmbeddingResult result{.vectors = {{0.5f, -1.0f}, {2.0f, 0.25f}}, .prompt_tokens = 5};
  for (const bool as_base64 : {false, true}) {
    const auto read = read_openai_embeddings_answer(openai_embeddings_response("m", result, as_base64), 2);
    ASSERT_TRUE(read) << read.error().error.message;
    EXPECT_EQ(read->vectors, result.vectors);
    EXPECT_EQ(read->prompt_tokens, 5);
  }
  const auto turned = read_openai_embeddings_answer(
      R"({"data": [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]})", 2);
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->vectors, (std::vector<std::vector<float>>{{1}, {2}}));
  for (const char* body : {"", "{}", R"({"data": []})", R"({"data": [{"embedding": [1]}]})",
                           R"({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]})",
                           R"({"data": [{"embedding": [1]}, {"embedding": "AAA="}]})",
                           R"({"data": [{"embedding": [1]}, {"embedding": ["x"]}]})",
                           R"({"data": [{"embedding": [1]}, {"embedding": []}]})"}) {
    EXPECT_FALSE(read_openai_embeddings_answer(body, 2)) << body;
  }
  EXPECT_EQ(read_openai_embeddings_answer(R"({"error": {"message": "m", "code": "insufficient_quota"}})", 1)
                .error()
                .kind,
            ErrorKind::billing);
}

}  // namespace
}  // namespace ferry
