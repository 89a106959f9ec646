#include "serve/route/litellm_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/route/decimal_shift.h"
#include "serve/route/gateway_config.h"

namespace ferry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kProxy = R"(
model_list:
  - model_name: chat
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_KEY
      rpm: 300
      input_cost_per_token: 0.0000025
      output_cost_per_token: 1e-05
    model_info: {id: one, mode: chat}
  - model_name: chat
    litellm_params:
      model: anthropic/claude-sonnet
      rpm: 100
      temperature: 0.2
  - model_name: cheap
    litellm_params: {model: hosted_vllm/meta/llama, api_base: "http://10.1.2.3:8000/v1"}
  - model_name: secret
    litellm_params: {model: gpt-4o, api_key: sk-very-secret}
  - model_name: azure
    litellm_params: {model: azure/gpt-4o, api_base: "https://x.openai.azure.com"}
  - model_name: "openai/*"
    litellm_params: {model: "openai/*"}
litellm_settings:
  drop_params: true
  num_retries: 4
  request_timeout: 3
  fallbacks: [{chat: [cheap, missing]}]
  success_callback: [langfuse]
router_settings:
  routing_strategy: latency-based-routing
  model_group_alias: {"gpt-4": chat}
  redis_host: os.environ/REDIS
general_settings:
  master_key: sk-master
  database_url: os.environ/DB
environment_variables: {A: b}
)";

TEST(LiteLlmImport, BecomesAConfigurationThatCanBeRead) {
  const auto imported = import_litellm(kProxy);
  ASSERT_TRUE(imported) << imported.error().message;
  const ConfigReading reading = read_gateway_config(imported->yaml);
  ASSERT_TRUE(reading.config) << reading.error("imported").message << "\n" << imported->yaml;
  const GatewayConfig& config = *reading.config;
  const RouteConfig& chat = *config.route("chat");
  ASSERT_EQ(chat.use.targets.size(), 2u);
  EXPECT_EQ(chat.use.targets[0].target->name, "openai/gpt-4o");
  EXPECT_EQ(chat.use.targets[0].weight, 300);
  EXPECT_EQ(chat.use.targets[1].target->name, "anthropic/claude-sonnet");
  ASSERT_EQ(chat.use.fallbacks.size(), 1u);
  EXPECT_EQ(chat.use.fallbacks[0]->name, "hosted_vllm/meta/llama");
  EXPECT_EQ(chat.retries, 4);
  EXPECT_EQ(chat.on_unsupported, FeaturePolicy::drop);
  const Price price = config.target("openai/gpt-4o")->prices.at(0)->price;
  EXPECT_EQ(price.input, 2'500'000'000);
  EXPECT_EQ(price.output, 10'000'000'000);
  const ProviderConfig& local = config.providers.at("hosted_vllm");
  EXPECT_TRUE(local.allow_private);
  EXPECT_TRUE(local.keys.empty());
  EXPECT_EQ(local.url.port, 8000);
  EXPECT_EQ(local.timeouts.total, Duration(3000));
  EXPECT_EQ(config.providers.at("openai").keys[0].text(), "env:OPENAI_KEY");
  EXPECT_EQ(config.providers.at("anthropic").keys[0].text(), "env:ANTHROPIC_API_KEY");
  EXPECT_EQ(config.providers.at("openai-2").keys[0].text(), "env:IMPORTED_KEY_1");
  ASSERT_NE(config.route("gpt-4"), nullptr);
  EXPECT_EQ(config.route("gpt-4")->use.targets.size(), 2u);
  EXPECT_EQ(config.route("gpt-4")->use.fallbacks.size(), 1u);
  EXPECT_EQ(config.route("azure"), nullptr);
}

TEST(LiteLlmImport, SecretsAreNotCopiedAndNothingIsDroppedInSilence) {
  const auto imported = import_litellm(kProxy);
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->yaml, Not(HasSubstr("sk-")));
  for (const char* wanted :
       {"model_list[0].litellm_params.rpm: is the weight", "model_list[0].model_info.id: not imported",
        "model_list[0].model_info.mode: not imported",
        "model_list[1].litellm_params.temperature: not imported",
        "model_list[3].litellm_params.api_key: not copied", "does not speak the API of \"azure\"",
        "model_list[5]: not imported: \"openai/*\"", "litellm_settings.success_callback: not imported",
        "router_settings.routing_strategy: \"latency-based-routing\" is not there",
        "router_settings.redis_host: not imported", "general_settings.master_key: not copied",
        "general_settings.database_url: not imported", "environment_variables: not imported",
        "providers.hosted_vllm: has `allow_private: true`", "fallbacks.chat: there is no \"missing\""}) {
    EXPECT_THAT(imported->notes, Contains(HasSubstr(wanted))) << wanted;
    EXPECT_THAT(imported->yaml, HasSubstr(wanted));
  }
}

TEST(LiteLlmImport, RefusesWhatIsNoConfigurationOfLiteLlm) {
  EXPECT_THAT(import_litellm("a: 1").error().message, HasSubstr("no model_list"));
  EXPECT_THAT(import_litellm("[").error().message, HasSubstr("not valid YAML"));
  EXPECT_FALSE(import_litellm(""));
}

TEST(LiteLlmImport, NamesThatYamlWouldMistakeAreQuoted) {
  const auto imported = import_litellm(
      "model_list:\n"
      "  - {model_name: \"yes\", litellm_params: {model: \"openai/a: b\"}}\n"
      "  - {model_name: \"1.0\", litellm_params: {model: \"openai/x\\ny\"}}\n");
  ASSERT_TRUE(imported);
  const ConfigReading reading = read_gateway_config(imported->yaml);
  ASSERT_TRUE(reading.config) << reading.error("imported").message << "\n" << imported->yaml;
  EXPECT_NE(reading.config->route("yes"), nullptr);
  EXPECT_NE(reading.config->target("openai/a: b"), nullptr);
  EXPECT_NE(reading.config->target("openai/x\ny"), nullptr);
}

TEST(ShiftDecimal, IsExact) {
  EXPECT_EQ(shift_decimal("0.0000025", 6), "2.5");
  EXPECT_EQ(shift_decimal("2.5e-07", 6), "0.25");
  EXPECT_EQ(shift_decimal("1e-05", 6), "10");
  EXPECT_EQ(shift_decimal("0", 6), "0");
  EXPECT_EQ(shift_decimal("3", 6), "3000000");
  EXPECT_EQ(shift_decimal(".5", 0), "0.5");
  EXPECT_EQ(shift_decimal("1.50E+2", 0), "150");
  EXPECT_EQ(shift_decimal("0.000000000000123456789", 6), "0.000000123456789");
  for (const char* bad : {"", ".", "-1", "1e", "e5", "1.2.3", "1e31", "x", "1e-31", "0x10"})
    EXPECT_FALSE(shift_decimal(bad, 6)) << bad;
}

}  // namespace
}  // namespace ferry
