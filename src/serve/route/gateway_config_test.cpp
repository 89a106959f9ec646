#include "serve/route/gateway_config.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/core/file.h"
#include "serve/route/test_config.h"

namespace ferry {
namespace {

using route_test::config_of;
using route_test::errors_of;
using testing::ElementsAre;
using testing::HasSubstr;

// A provider under each name, for files that are about something else.
const std::string kTwo =
    "providers:\n"
    "  a: {dialect: openai, url: https://a.example/v1}\n"
    "  b: {dialect: anthropic, url: https://b.example}\n";

TEST(GatewayConfig, AnEmptyFileHasTheEngineAndNothingElse) {
  const ConfigReading reading = read_gateway_config("");
  ASSERT_TRUE(reading.config);
  EXPECT_EQ(reading.config->providers.size(), 1u);
  EXPECT_TRUE(reading.config->providers.at("local").is_local());
  EXPECT_TRUE(reading.config->routes.empty());
  EXPECT_NE(reading.config->detectors, nullptr);
  EXPECT_FALSE(reading.config->detects);
}

TEST(GatewayConfig, ProvidersAreReadWhole) {
  const auto reading = read_gateway_config(R"(
port: 8080
providers:
  mine:
    dialect: anthropic
    url: http://10.0.0.7:9001/
    keys: [env:A, file:/run/key]
    region: eu-central
    proxy: http://proxy.example:3128
    ca_file: /etc/ca.pem
    allow_private: true
    headers: {X-Team: blue, X-Secret: env:S}
    timeouts: {connect: 1s, first_token: 2s, idle: 3s, total: 4s}
    max_connections: 7
    quirks: {auth: bearer, max_tokens_field: max_tokens, stream_usage: false, anthropic_version: 2024-01-01}
    without: [images]
    models: {m: {context: 9, max_output: 3, without: [tools]}}
routes: {r: {targets: mine/m}}
)");
  ASSERT_TRUE(reading.config) << reading.error("f").message;
  const ProviderConfig& provider = reading.config->providers.at("mine");
  EXPECT_EQ(provider.dialect, ProviderDialect::anthropic);
  EXPECT_EQ(provider.url, (UpstreamUrl{false, "10.0.0.7", 9001, ""}));
  EXPECT_EQ(provider.keys.size(), 2u);
  EXPECT_EQ(provider.keys[0].text(), "env:A");
  EXPECT_EQ(provider.keys[1].name, "/run/key");
  EXPECT_EQ(provider.region, "eu-central");
  EXPECT_EQ(provider.proxy->port, 3128);
  EXPECT_EQ(provider.ca_file, "/etc/ca.pem");
  EXPECT_EQ(provider.headers.size(), 2u);
  EXPECT_EQ(provider.timeouts.idle, std::chrono::seconds(3));
  EXPECT_EQ(provider.max_connections, 7);
  EXPECT_EQ(provider.quirks.auth, ProviderQuirks::Auth::bearer);
  EXPECT_FALSE(provider.quirks.stream_usage);
  const TargetConfig& target = *reading.config->target("mine/m");
  EXPECT_EQ(target.traits.context, 9);
  EXPECT_TRUE(target.traits.without.has(Feature::tools));
  EXPECT_TRUE(target.traits.without.has(Feature::images));
  EXPECT_EQ(target.destination().region, "eu-central");
}

struct Mistake {
  std::string yaml;
  std::string error;  // the whole text
};

TEST(GatewayConfig, OneMapStandsForAListOfOne) {
  const auto config = config_of(R"(routes:
  r:
    targets: {target: openai/big, weight: 2}
    when: {if: {tools: true}, targets: {target: openai/mini}}
)");
  EXPECT_EQ(config->route("r")->use.targets.front().weight, 2);
  EXPECT_EQ(config->route("r")->rules.front().use.targets.front().target->name, "openai/mini");
  EXPECT_THAT(errors_of("routes: {r: {targets: {local/m: 1}}}"), HasSubstr("is not a field"));
}

TEST(GatewayConfig, MistakesAreToldWithLineFieldAndSuggestion) {
  const Mistake mistakes[] = {
      {"providers: {a: {dialect: openai}}", "f.yaml:1: providers.a needs the field \"url\""},
      {"providers:\n  a: {dialect: opnai, url: https://a.example}",
       "f.yaml:2: providers.a.dialect must be one of openai, anthropic, not \"opnai\""},
      {"providers:\n  a: {dialect: openai, ulr: x, url: https://a.example}",
       "f.yaml:2: providers.a.ulr is not a field; did you mean \"url\"?"},
      {"providers: {a: {dialect: openai, url: ftp://a}}",
       "f.yaml:1: providers.a.url must begin with https:// or http://, not \"ftp://a\""},
      {"providers: {a: {dialect: openai, url: \"https://a.example\", keys: sk-12345}}",
       "f.yaml:1: providers.a.keys must be env:NAME or file:PATH: a key itself does not belong in this file"},
      {"providers: {a: {dialect: openai, url: \"http://a.example\"}}",
       "f.yaml:1: providers.a.url sends keys and prompts in the clear: use https://, or say `allow_private: "
       "true` in a "
       "network of yours"},
      {"providers: {a: {dialect: openai, url: \"https://169.254.169.254\"}}",
       "f.yaml:1: providers.a.url leads to 169.254.169.254, which is not public: say `allow_private: true` "
       "if that is "
       "meant"},
      {"providers: {a: {dialect: openai, url: \"https://${HOST}\"}}",
       "f.yaml:1: providers.a.url has \"${\": variables are not expanded here (secrets are env:NAME or "
       "file:PATH)"},
      {"providers: {local: {url: x}}", "f.yaml:1: providers.local is our engine: it has no \"url\""},
      {"providers: {route: {dialect: openai}}",
       "f.yaml:1: providers.route is not a name that a provider can have: letters, digits, '-', '_', '.', "
       "and not "
       "\"route\""},
      {"providers: {a: {dialect: openai, url: \"https://a.example\", headers: {Authorization: x}}}",
       "f.yaml:1: providers.a.headers.Authorization is a header that Ferry writes itself"},
      {"providers: {a: {dialect: openai, url: \"https://a.example\", headers: {\"a b\": x}}}",
       "f.yaml:1: providers.a.headers.a b is no name of a header"},
      {"providers: {a: {dialect: openai, url: \"https://a.example\", without: [toools]}}",
       "f.yaml:1: providers.a.without[0] is no feature; did you mean \"tools\"?, not \"toools\""},
      {kTwo + "prices: {a/m: {input: 1e3, output: 1}}",
       "f.yaml:4: prices.a/m.input must be an amount such as 10 or 0.25, not \"1e3\""},
      {kTwo + "prices: {a/m: {input: 1}}", "f.yaml:4: prices.a/m needs the field \"output\""},
      {kTwo + "prices: {a/m: [{from: 2026-02-30, input: 1, output: 1}]}",
       "f.yaml:4: prices.a/m[0].from must be a date such as 2026-01-31, not \"2026-02-30\""},
      {kTwo + "prices: {a/m: [{from: 2026-02-01, input: 1, output: 1}, {from: 2026-02-01, input: 1, output: "
              "1}]}",
       "f.yaml:4: prices.a/m[1] must have a later date than the one before it"},
      {kTwo + "prices: {a/m: {hardware_per_hour: 1}}",
       "f.yaml:4: prices.a/m.hardware_per_hour is for own models; rented ones have prices of tokens"},
      {"labels: {phi: {stay_locl: true}}",
       "f.yaml:1: labels.phi.stay_locl is not a field; did you mean \"stay_local\"?"},
      {kTwo + "labels: {x: {providers: [aa]}}",
       "f.yaml:4: labels.x.providers names the provider \"aa\", which is not there; did you mean \"a\"?"},
      {"detectors: {found: {emial: [pii]}}\nlabels: {pii: {}}",
       "f.yaml:1: detectors.found.emial is no kind of finding; did you mean \"email\"?"},
      {"detectors: {found: {email: [pi]}}\nlabels: {pii: {}}",
       "f.yaml:1: detectors.found.email names the label \"pi\", which `labels` does not have; did you mean "
       "\"pii\"?"},
      {"detectors: {found: {name.x: [pii]}}\nlabels: {pii: {}}",
       "f.yaml:1: detectors.found.name.x names a list or expression that is not there"},
      {kTwo + "routes: {r: {}}", "f.yaml:4: routes.r needs the field \"targets\""},
      {kTwo + "routes: {r: {targets: [a]}}",
       "f.yaml:4: routes.r.targets[0] must be a target: a provider's name, a slash and a model, not \"a\""},
      {kTwo + "routes: {r: {targets: c/m}}",
       "f.yaml:4: routes.r.targets names the provider \"c\", which is not there; did you mean \"a\"?"},
      {kTwo + "routes: {r: {targets: [a/m, a/m]}}", "f.yaml:4: routes.r.targets[1] is there twice: a/m"},
      {kTwo + "routes: {r: {targets: [{target: a/m, weight: -1}]}}",
       "f.yaml:4: routes.r.targets[0].weight must be a number from 0 to 1000000, not \"-1\""},
      {kTwo + "routes: {r: {targets: [{target: a/m, weight: 0}, {target: b/m, weight: 0}]}}",
       "f.yaml:4: routes.r.targets must have a target whose weight is not 0"},
      {kTwo + "routes: {r: {targets: []}}", "f.yaml:4: routes.r.targets must have at least one target"},
      {kTwo + "routes: {r: {targets: a/m, fallbacks: [route/s]}}",
       "f.yaml:4: routes.r.fallbacks[0] names the route \"s\", which is not there; did you mean \"r\"?"},
      {kTwo +
           "routes:\n  r: {targets: a/m, fallbacks: [route/s]}\n  s: {targets: b/m, fallbacks: [route/r]}\n",
       "f.yaml:5: routes.r.fallbacks[0] leads in a circle: s → r → s\n"
       "f.yaml:6: routes.s.fallbacks[0] leads in a circle: r → s → r"},
      {kTwo + "routes: {r: {targets: a/m, max_cost: 0.1}}",
       "f.yaml:4: routes.r has a max_cost, and so a/m needs an entry under `prices`"},
      {kTwo + "routes: {r: {targets: local/p, budget: b, fallbacks: [a/m]}}",
       "f.yaml:4: routes.r has a budget, and so a/m needs an entry under `prices`"},
      {kTwo + "routes: {r: {targets: a/m, cascade: {first: local/p}}}",
       "f.yaml:4: routes.r.cascade needs at least one check: mean_logprob, min_logprob, schema, regex, "
       "refusal or length"},
      {kTwo + "routes: {r: {targets: a/m, cascade: {first: a/m, refusal: true}}}",
       "f.yaml:4: routes.r.cascade.first must be a model of one's own: local/…, not \"a/m\""},
      {kTwo + "routes: {r: {targets: a/m, when: [{if: {}, targets: b/m}]}}",
       "f.yaml:4: routes.r.when[0].if needs at least one condition"},
      {kTwo + "routes: {r: {targets: a/m, when: [{if: {languages: [xx]}, targets: b/m}]}}",
       "routes.r.when[0].if.languages has \"xx\"; known are ar, bg, bn"},
      {kTwo + "routes: {r: {targets: a/m, when: [{if: {tokens: {least: 5, most: 2}}, targets: b/m}]}}",
       "f.yaml:4: routes.r.when[0].if.tokens has a most that is below its least"},
      {kTwo + "routes: {r: {targets: a/m, when: [{if: {time: {from: 8}}, targets: b/m}]}}",
       "f.yaml:4: routes.r.when[0].if.time.from must be a time such as \"08:30\", not \"8\""},
      {kTwo + "routes: {r: {targets: a/m, shadow: [{target: b/m, share: 0}]}}",
       "f.yaml:4: routes.r.shadow[0].share must be above 0"},
      {kTwo + "routes: {r: {targets: a/m, sticky: user}}",
       "f.yaml:4: routes.r.sticky must be \"conversation\", or a map with a header, not \"user\""},
      {kTwo + "routes: {r: {targets: a/m, retries: 11}}",
       "f.yaml:4: routes.r.retries must be an integer from 0 to 10, not \"11\""},
      {kTwo + "routes: {r: {targets: a/m, cache: {}}}", "f.yaml:4: routes.r.cache needs the field \"ttl\""},
      {kTwo + "routes: {r: {targets: a/m, labels: [phi]}}",
       "f.yaml:4: routes.r.labels names the label \"phi\", which `labels` does not have"},
      {"routes: {}\nroutes: {}", "f.yaml:2: routes is there twice"},
      {"providers: [a]", "f.yaml:1: providers must be a map, not a list"},
      {"- a", "f.yaml:1: must be a map"},
      {"a: [", "f.yaml:1: not valid YAML: "},
  };
  for (const Mistake& mistake : mistakes)
    EXPECT_THAT(errors_of(mistake.yaml), HasSubstr(mistake.error)) << mistake.yaml;
}

TEST(GatewayConfig, AllErrorsAreToldInTheFilesOrder) {
  EXPECT_EQ(errors_of("routes:\n"
                      "  r:\n"
                      "    targets: a/m\n"
                      "    retrys: 3\n"
                      "    record: never\n"
                      "providers:\n"
                      "  a: {dialect: openai, url: https://a.example, max_connections: 0}\n"),
            "f.yaml:4: routes.r.retrys is not a field; did you mean \"retries\"?\n"
            "f.yaml:5: routes.r.record must be one of off, redacted, full, not \"never\"\n"
            "f.yaml:7: providers.a.max_connections must be an integer from 1 to 65536, not \"0\"");
}

TEST(GatewayConfig, AnErrorInAProviderIsNoErrorOfThoseWhoNameIt) {
  EXPECT_EQ(errors_of("providers: {a: {dialect: openai}}\nroutes: {r: {targets: a/m}}\n"),
            "f.yaml:1: providers.a needs the field \"url\"");
}

TEST(GatewayConfig, ErrorsOfExpressionsStandAtTheirLine) {
  EXPECT_THAT(errors_of("detectors:\n  expressions:\n    good: \"[0-9]+\"\n    bad: \"(a\"\n"),
              HasSubstr("f.yaml:4: detectors.expressions.bad does not work: "));
  EXPECT_THAT(
      errors_of("routes:\n  r:\n    targets: local/p\n    cascade: {first: local/q, regex: \"(?=a)\"}\n"),
      HasSubstr("f.yaml:4: routes.r.cascade.regex does not work: "));
}

TEST(GatewayConfig, RoutesMayStandForTheirTargetsAmongFallbacks) {
  const auto config = config_of(
      "routes:\n"
      "  r: {targets: openai/big, fallbacks: [route/s, local/last]}\n"
      "  s: {targets: [{target: openai/mini, weight: 1}, {target: eu/small, weight: 3}, {target: eu/off, "
      "weight: 0}],\n"
      "      fallbacks: [route/t, openai/big]}\n"
      "  t: {targets: anthropic/claude}\n");
  std::vector<std::string> names;
  for (const TargetConfig* target : config->route("r")->use.fallbacks) names.push_back(target->name);
  EXPECT_THAT(names, ElementsAre("eu/small", "openai/mini", "anthropic/claude", "local/last"));
}

TEST(GatewayConfig, ModelsOfTheEngineThatNoRouteNamesAreRoutes) {
  const ConfigOptions options{.local_models = std::vector<std::string>{"pilot", "hidden", "taken"}};
  const auto config = config_of(
      "routes:\n  r: {targets: openai/big, fallbacks: [local/hidden]}\n  taken: {targets: openai/mini}\n",
      options);
  ASSERT_NE(config->route("pilot"), nullptr);
  EXPECT_EQ(config->route("pilot")->use.targets[0].target->name, "local/pilot");
  EXPECT_EQ(config->route("hidden"), nullptr);
  EXPECT_EQ(config->route("taken")->use.targets[0].target->name, "openai/mini");
  EXPECT_EQ(
      errors_of("routes: {r: {targets: local/pilto}}", options),
      "f.yaml:1: routes.r.targets names the model \"pilto\", which is not loaded; did you mean \"pilot\"?");
}

TEST(GatewayConfig, ListsOfWordsMayStandInFiles) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("ferry_route_{}", ::getpid());
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(
      write_file_atomic(folder / "staff.txt", "# who\nAda Lovelace\r\n\n  Alan Turing \nAda Lovelace\n"));
  const ConfigOptions options{.folder = folder};
  const auto reading = read_gateway_config("detectors: {names: {staff: \"file:staff.txt\"}}", options);
  ASSERT_TRUE(reading.config) << reading.error("f").message;
  EXPECT_THAT(reading.config->detector_settings.lists[0].names, ElementsAre("Ada Lovelace", "Alan Turing"));
  EXPECT_FALSE(reading.config->detectors->find("thank you, ada lovelace").empty());
  EXPECT_THAT(errors_of("detectors: {names: {staff: \"file:nobody.txt\"}}", options),
              HasSubstr("detectors.names.staff cannot be read: "));
  std::filesystem::remove_all(folder);
}

TEST(GatewayConfig, SchemasAreCompiled) {
  const std::string route = "routes: {r: {targets: local/p, guardrails: {schema: ";
  EXPECT_EQ(errors_of(route + "{type: object, minimum: 3, x: [true, null, 1.5, \"7\"]}}}}"), "");
  EXPECT_THAT(
      errors_of(route + "{$ref: a}}}}"),
      HasSubstr("routes.r.guardrails.schema does not work: /$ref leads to \"a\", which is not within"));
  EXPECT_THAT(errors_of("routes: {r: {targets: local/p, cascade: {first: local/q, schema: {minItems: x}}}}"),
              HasSubstr("routes.r.cascade.schema does not work: /minItems must be an integer of at least 0"));
  const auto config =
      config_of("routes: {r: {targets: local/p, guardrails: {schema: {x: [true, null, 1.5, \"7\", 2]}}}}");
  EXPECT_EQ(to_json(config->route("r")->guardrails.schema), R"({"x":[true,null,1.5,"7",2]})");
}

TEST(GatewayConfig, AClassifierIsAModelOfOnesOwn) {
  const auto guardrails = [](std::string_view classifier) {
    return fmt::format("routes: {{r: {{targets: local/m, guardrails: {{classifier: {}}}}}}}", classifier);
  };
  const auto config = config_of(guardrails("{target: local/guard}"));
  const auto& plain = config->route("r")->guardrails.classifier;
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->target->name, "local/guard");
  EXPECT_EQ(plain->blocks, "^\\s*unsafe");
  EXPECT_FALSE(config->route("r")->guardrails.empty());
  const auto full =
      config_of(guardrails("{target: local/guard, blocks: \"^Yes\", prompt: Is it bad, arguments: "
                           "{guardian_config: {risk_name: harm}}}"));
  EXPECT_EQ(full->route("r")->guardrails.classifier->prompt, "Is it bad");
  EXPECT_THAT(full->canonical,
              HasSubstr(R"("classifier":{"target":"local/guard","blocks":"^Yes",)"
                        R"("prompt":"Is it bad","arguments":{"guardian_config":{"risk_name":"harm"}}})"));
  EXPECT_THAT(errors_of(kTwo + guardrails("{target: a/m}")),
              HasSubstr("classifier.target must be a model of one's own: local/…, not \"a/m\""));
  EXPECT_THAT(errors_of(guardrails("{blocks: x}")), HasSubstr("classifier needs the field \"target\""));
  EXPECT_THAT(errors_of(guardrails("{target: local/g, blocks: \"(\"}")),
              HasSubstr("classifier.blocks does not work: "));
}

TEST(GatewayConfig, WhatIsLikelyNotMeantIsAWarning) {
  const ConfigReading reading =
      read_gateway_config("labels: {x: {regions: [eu]}}\nroutes: {r: {targets: local/p, retention: 1d}}");
  ASSERT_TRUE(reading.config);
  ASSERT_EQ(reading.warnings.size(), 2u);
  EXPECT_EQ(reading.warnings[0].text("f"),
            "f:1: labels.x.regions names the region \"eu\", which no provider has");
  EXPECT_EQ(reading.warnings[1].text("f"), "f:2: routes.r.retention has no effect: `record` is off");
}

}  // namespace
}  // namespace ferry
