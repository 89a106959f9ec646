#include "app/api/openapi.h"

#include <set>

#include <gtest/gtest.h>

#include "app/api/test_server.h"
#include "base/core/file.h"
#include "base/core/json.h"
#include "serve/dialects/llama_infill.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/vllm_scores.h"

namespace ferry::api {
namespace {

json::object document() {
  return parse_json(openapi_document(routes()), "openapi.json").value().get_object();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Every "$ref" below `value`.
void collect_references(const json::value& value, std::set<std::string>& found) {
  if (const auto* array = value.if_array()) {
    for (const json::value& item : *array) collect_references(item, found);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      if (key == "$ref") found.insert(std::string(member.get_string()));
      collect_references(member, found);
    }
  }
}

TEST(OpenApi, ListsEachRouteOfTheRouterAndNoOther) {
  std::set<std::string> expected;
  for (const Route& route : routes()) expected.insert(fmt::format("{} {}", lower(route.method), route.path));
  EXPECT_EQ(expected.size(), routes().size());
  std::set<std::string> listed;
  std::set<std::string> ids;
  const json::object whole = document();
  for (const auto& [path, operations] : whole.at("paths").get_object()) {
    for (const auto& [method, operation] : operations.get_object()) {
      listed.insert(fmt::format("{} {}", std::string_view(method), std::string_view(path)));
      ids.insert(std::string(operation.at("operationId").get_string()));
      EXPECT_FALSE(operation.at("summary").get_string().empty());
    }
  }
  EXPECT_EQ(listed, expected);
  EXPECT_EQ(ids.size(), expected.size()) << "operation ids must differ";
}

TEST(OpenApi, TheDocumentationHasEachRoute) {
  const std::string page = read_file(FERRY_SOURCE_DIR "/docs/api.md").value();
  for (const Route& route : routes()) {
    EXPECT_NE(page.find(fmt::format("`{} {}`", route.method, route.path)), std::string::npos) << route.path;
  }
}

TEST(OpenApi, SaysWhatNeedsAKeyAndWhatThePathHolds) {
  const json::object paths = document().at("paths").get_object();
  EXPECT_FALSE(paths.at("/health").at("get").get_object().contains("security"));
  EXPECT_TRUE(paths.at("/metrics").at("get").get_object().contains("security"));
  const json::value& parameter = paths.at("/v1/models/{model}").at("get").at("parameters").at(0);
  EXPECT_EQ(parameter.at("name"), json::value("model"));
  EXPECT_EQ(parameter.at("required"), json::value(true));
}

TEST(OpenApi, WhatItRefersToIsThere) {
  const json::object whole = document();
  std::set<std::string> references;
  collect_references(whole, references);
  EXPECT_GE(references.size(), 5u);
  for (const std::string& reference : references) {
    constexpr std::string_view kPrefix = "#/components/schemas/";
    ASSERT_TRUE(reference.starts_with(kPrefix)) << reference;
    EXPECT_TRUE(whole.at("components").at("schemas").get_object().contains(reference.substr(kPrefix.size())))
        << reference;
  }
}

// A body that names every member of a schema, each with no value: what the parser does not know it would list
// as ignored.
std::string body_with_all(std::string_view schema, std::string_view needed) {
  std::string body(needed);
  const json::object whole = document();
  const json::value& members = whole.at("components").at("schemas").at(schema).at("properties");
  for (const auto& [name, ignored] : members.get_object()) {
    if (needed.find(fmt::format("\"{}\"", std::string_view(name))) == std::string_view::npos) {
      body += fmt::format(",\"{}\":null", std::string_view(name));
    }
  }
  return body + "}";
}

TEST(OpenApi, TheMembersOfRequestsAreWhatIsRead) {
  const auto chat = parse_openai_chat(
      body_with_all("ChatCompletionRequest", R"({"model":"m","messages":[{"role":"user","content":"a"}])"));
  ASSERT_TRUE(chat) << chat.error().error.message;
  EXPECT_EQ(chat->ignored, std::vector<std::string>());
  const auto completion =
      parse_openai_completion(body_with_all("CompletionRequest", R"({"model":"m","prompt":"a")"));
  ASSERT_TRUE(completion) << completion.error().error.message;
  EXPECT_EQ(completion->ignored, std::vector<std::string>());
  const auto infill =
      parse_llama_infill(body_with_all("InfillRequest", R"({"input_prefix":"a","input_suffix":"b")"));
  ASSERT_TRUE(infill) << infill.error().error.message;
  EXPECT_EQ(infill->ignored, std::vector<std::string>());
  const auto embedding =
      parse_openai_embeddings(body_with_all("EmbeddingRequest", R"({"model":"m","input":"a")"));
  ASSERT_TRUE(embedding) << embedding.error().error.message;
  EXPECT_EQ(embedding->ignored, std::vector<std::string>());
  const auto rerank =
      parse_rerank(body_with_all("RerankRequest", R"({"model":"m","query":"a","documents":["b"])"));
  ASSERT_TRUE(rerank) << rerank.error().error.message;
  EXPECT_EQ(rerank->ignored, std::vector<std::string>());
  const auto score =
      parse_vllm_score(body_with_all("ScoreRequest", R"({"model":"m","text_1":"a","text_2":"b")"));
  ASSERT_TRUE(score) << score.error().error.message;
  EXPECT_EQ(score->ignored, std::vector<std::string>());
}

TEST(OpenApi, IsServed) {
  TestServer server;
  const HttpResponse response =
      HttpClient().send({.url = server.url("/openapi.json"), .headers = {}, .body = {}}).value();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Content-Type"), kJsonContentType);
  EXPECT_EQ(parse_json(response.body, "openapi.json").value(), json::value(document()));
}

}  // namespace
}  // namespace ferry::api
