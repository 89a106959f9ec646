#include "base/observe/otlp_json.h"

#include <gtest/gtest.h>

#include "base/core/json.h"

namespace ferry {
namespace {

const json::value& first(const json::value& parent, std::string_view member) {
  return parent.at(member).as_array().front();
}

TEST(OtlpJson, ASpanIsWrittenAsTheProtocolSays) {
  const Span span{.trace = {0x0af7651916cd43dd, 0x8448eb211c80319c},
                  .id = 0x53995c3f42cd8ad8,
                  .parent = 0xb7ad6b7169203331,
                  .parent_is_remote = true,
                  .kind = SpanKind::server,
                  .name = "chat \"support\"\n",
                  .begin_us = 1'760'000'000'123'456,
                  .end_us = 1'760'000'000'223'456,
                  .failed = true,
                  .attributes = {{"text", "x"},
                                 {"count", int64_t{9'007'199'254'740'993}},
                                 {"share", 0.25},
                                 {"flag", true},
                                 {"list", std::vector<std::string>{"a", "b"}}}};
  const json::value body = parse_json(otlp_traces_json("my-gateway", {&span, 1}), "body").value();
  const json::value& resource = first(body, "resourceSpans");
  EXPECT_EQ(to_json(first(resource.at("resource"), "attributes")),
            R"({"key":"service.name","value":{"stringValue":"my-gateway"}})");
  const json::value& scope = first(resource, "scopeSpans");
  EXPECT_EQ(scope.at("scope").at("name"), "ferry");
  EXPECT_EQ(
      to_json(first(scope, "spans")),
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"53995c3f42cd8ad8",)"
      R"("parentSpanId":"b7ad6b7169203331","flags":769,"name":"chat \"support\"\n","kind":2,)"
      R"("startTimeUnixNano":"1760000000123456000","endTimeUnixNano":"1760000000223456000","attributes":[)"
      R"({"key":"text","value":{"stringValue":"x"}},{"key":"count","value":{"intValue":"9007199254740993"}},)"
      R"({"key":"share","value":{"doubleValue":0.25}},{"key":"flag","value":{"boolValue":true}},)"
      R"({"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}],)"
      R"("status":{"code":2}})");
}

TEST(OtlpJson, WhatIsNotThereIsNotWritten) {
  const std::vector<Span> spans(2, Span{.trace = {0, 1}, .id = 2, .name = "x"});
  const json::value body = parse_json(otlp_traces_json("ferry", spans), "body").value();
  const json::array& written = first(first(body, "resourceSpans"), "scopeSpans").at("spans").as_array();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_FALSE(written[0].as_object().contains("parentSpanId"));
  EXPECT_EQ(written[0].at("flags"), 257);
  EXPECT_TRUE(written[0].at("status").as_object().empty());
}

}  // namespace
}  // namespace ferry
