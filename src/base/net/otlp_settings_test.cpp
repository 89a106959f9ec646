#include "base/net/otlp_settings.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::Not;
using Variables = std::map<std::string, std::string>;

Result<std::optional<OtlpTarget>> target(const OtlpSettings& settings, const Variables& variables = {}) {
  return otlp_target(settings, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(OtlpSettings, WithoutAnEndpointThereAreNoTraces) {
  EXPECT_FALSE(target({}).value());
  EXPECT_FALSE(target({}, {{"OTEL_EXPORTER_OTLP_HEADERS", "not a header"}}).value());
}

TEST(OtlpSettings, TheSettingNamesTheCollector) {
  const auto found = target({.endpoint = "http://collector:4318/", .headers = {}, .service = "edge"}).value();
  EXPECT_EQ(found->url, "http://collector:4318/v1/traces");
  EXPECT_EQ(found->service, "edge");
  EXPECT_TRUE(found->headers.empty());
}

TEST(OtlpSettings, OpenTelemetrysVariablesCountWhereNothingIsSet) {
  Variables variables{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://base/otlp"},
                      {"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20abc, x-team=a=b"},
                      {"OTEL_SERVICE_NAME", "door"}};
  auto found = target({}, variables).value();
  EXPECT_EQ(found->url, "https://base/otlp/v1/traces");
  ASSERT_EQ(found->headers.size(), 2U);
  EXPECT_EQ(find_header(found->headers, "authorization"), "Bearer abc");
  EXPECT_EQ(find_header(found->headers, "x-team"), "a=b");
  EXPECT_EQ(found->service, "door");
  variables["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://exact/somewhere";
  EXPECT_EQ(target({}, variables).value()->url, "http://exact/somewhere");
  found = target({.endpoint = "http://mine", .headers = {"a=b"}, .service = "s"}, variables).value();
  EXPECT_EQ(found->url, "http://mine/v1/traces");
  EXPECT_EQ(found->headers.size(), 1U);
  EXPECT_EQ(found->service, "s");
  variables["OTEL_SDK_DISABLED"] = "true";
  EXPECT_FALSE(target({}, variables).value());
}

TEST(OtlpSettings, MistakesAreToldWithoutTheSecret) {
  const auto error = [](const OtlpSettings& settings, const Variables& variables = {}) {
    const auto found = target(settings, variables);
    EXPECT_FALSE(found);
    return found ? std::string() : found.error().message;
  };
  EXPECT_THAT(error({.endpoint = "collector:4318", .headers = {}, .service = {}}),
              HasSubstr("otlp_endpoint: "));
  EXPECT_THAT(error({}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://x"}}),
              HasSubstr("OTEL_EXPORTER_OTLP_ENDPOINT: "));
  for (const std::string header : {"secret", "=secret", "a b=secret", "a=secret%0d%0a", "a=%zzsecret",
                                   "Content-Length=secret", "host=secret"}) {
    EXPECT_THAT(error({.endpoint = "http://x", .headers = {header}, .service = {}}),
                testing::AllOf(HasSubstr("otlp_headers: "), Not(HasSubstr("secret"))));
  }
}

}  // namespace
}  // namespace ferry
