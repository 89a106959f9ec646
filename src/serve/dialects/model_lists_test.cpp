#include "serve/dialects/model_lists.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

const ModelEntry kModels[] = {{.id = "a", .created = 1767225600, .owner = "ferry", .max_model_len = 4096},
                              {.id = "b", .created = 0, .owner = {}}};

TEST(ModelLists, OursAsAnthropicsApiHasThem) {
  EXPECT_EQ(
      anthropic_model_list_json(kModels),
      R"({"data":[{"type":"model","id":"a","display_name":"a","created_at":"2026-01-01T00:00:00Z",)"
      R"("lifecycle":"active","max_input_tokens":4096},{"type":"model","id":"b","display_name":"b",)"
      R"("created_at":"1970-01-01T00:00:00Z","lifecycle":"active"}],"first_id":"a","last_id":"b","has_more":false})");
  EXPECT_EQ(anthropic_model_list_json({}), R"({"data":[],"first_id":null,"last_id":null,"has_more":false})");
}

TEST(ModelLists, OfUpstreamsAreRead) {
  for (const std::string& body : {openai_model_list_json(kModels), anthropic_model_list_json(kModels)}) {
    const auto read = read_model_list(body);
    ASSERT_TRUE(read) << body;
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ(read->at(0).id, "a");
    EXPECT_EQ(read->at(0).max_model_len, 4096);
  }
  EXPECT_EQ(read_model_list(R"([{"id": "x"}, {"id": 3}, 7])")->size(), 1u);
  for (const char* body : {"", "{}", R"({"data": {}})"}) EXPECT_FALSE(read_model_list(body)) << body;
}

}  // namespace
}  // namespace ferry
