#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/command_line.h"
#include "app/cli/gateway_check.h"
#include "app/cli/test_console.h"
#include "app/cli/verbs.h"
#include "base/core/file.h"
#include "base/core/json.h"
#include "base/db/scratch_folder.h"
#include "serve/route/config_history.h"
#include "serve/route/config_store.h"

namespace ferry::cli {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const std::vector<std::string>& words, const std::string& input = {}) {
  TestConsole test(input);
  const int code = run_command_line(all_verbs(), words, test.console);
  return {code, test.out.str(), test.err.str()};
}

std::string hybrid() {
  return (std::filesystem::path(FERRY_SOURCE_DIR) / "examples/hybrid.yaml").string();
}

std::string chat(std::string_view model, std::string_view text) {
  return fmt::format(
      R"({{"model": "{}", "messages": [{{"role": "user", "content": "{}"}}], "max_tokens": 50}})", model,
      text);
}

TEST(ConfigCommands, CheckTellsEveryMistake) {
  const ScratchFolder folder;
  const std::string file = folder / "ferry.yaml";
  ASSERT_TRUE(
      write_file_atomic(file, "prot: 8080\nroutes: {r: {targets: nobody/x, retries: many}}\nroute: {}\n"));
  const Outcome bad = run({"config", "check", file});
  EXPECT_EQ(bad.code, kExitFailure);
  EXPECT_THAT(bad.err, HasSubstr(":1: unknown setting \"prot\"; did you mean \"port\"?"));
  EXPECT_THAT(bad.err, HasSubstr(":2: routes.r.targets names the provider \"nobody\""));
  EXPECT_THAT(bad.err, HasSubstr(":2: routes.r.retries must be an integer"));
  EXPECT_THAT(bad.err, HasSubstr(":3: unknown setting \"route\"; did you mean \"routes\"?"));
  const Outcome good = run({"config", "check", hybrid()});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("hybrid.yaml is good: "));
}

TEST(ConfigCommands, CheckSaysWhichKeysAreNotHere) {
  const ScratchFolder folder;
  const std::string file = folder / "ferry.yaml";
  const std::string yaml =
      "providers:\n"
      "  a: {dialect: openai, url: https://a.example/v1, keys: [env:FERRY_TEST_NOT_SET, file:none.key]}\n"
      "  b: {dialect: openai, url: https://b.example/v1, headers: {x-org: env:FERRY_TEST_NOT_SET}, ca_file: "
      "none.pem}\n"
      "routes: {r: {targets: [a/m, b/m]}}\n";
  ASSERT_TRUE(write_file_atomic(file, yaml));
  const Outcome bad = run({"config", "check", file});
  EXPECT_EQ(bad.code, kExitFailure);
  EXPECT_THAT(bad.err,
              HasSubstr("providers.a.keys: the variable FERRY_TEST_NOT_SET is not set: set it where"));
  EXPECT_THAT(bad.err, HasSubstr("providers.a.keys: " + (folder / "none.key").string()));
  EXPECT_THAT(bad.err, HasSubstr("providers.b.headers.x-org: the variable FERRY_TEST_NOT_SET"));
  EXPECT_THAT(bad.err, HasSubstr("providers.b.ca_file: "));
  EXPECT_EQ(run({"config", "check", "--no-secrets", file}).code, 0);
}

// What the server's store asks before it takes a file.
TEST(ConfigCheck, ABadReloadChangesNothing) {
  const ScratchFolder folder;
  const std::string file = folder / "ferry.yaml";
  const auto provider = [](std::string_view more) {
    return fmt::format("providers: {{a: {{dialect: openai, url: https://a.example/v1{}}}}}\n", more);
  };
  const auto routes = [](std::string_view more) {
    return fmt::format("routes: {{r: {{targets: a/m{}}}}}\n", more);
  };
  ASSERT_TRUE(write_file_atomic(file, provider("") + routes("")));
  const auto store = ConfigStore::open({.file = file,
                                        .check =
                                            [&](const std::string& yaml, const GatewayConfig& config) {
                                              return check_gateway(yaml, file, config);
                                            }})
                         .value();
  const GatewayConfigPtr before = store->current();
  const std::pair<std::string, std::string> bad[] = {
      {provider(", keys: env:FERRY_TEST_NOT_SET") + routes(""),
       "providers.a.keys: the variable FERRY_TEST_NOT_SET"},
      {provider(", keys: file:none.key") + routes(""), "providers.a.keys: "},
      {provider("") + routes(", guardrails: {schema: {type: text}}"),
       "guardrails.schema does not work: /type"},
      {provider("") + routes(", cascade: {first: local/p, regex: \"(?=a)\"}"), "cascade.regex does not work"},
      {provider("") + routes(", guardrails: {classifier: {target: local/p, blocks: \"(\"}}"),
       "blocks does not work"},
      {provider("") + routes("") + "prot: 1\n", "unknown setting \"prot\""},
  };
  for (const auto& [yaml, message] : bad) {
    ASSERT_TRUE(write_file_atomic(file, yaml));
    const auto reloaded = store->reload();
    ASSERT_FALSE(reloaded) << yaml;
    EXPECT_THAT(reloaded.error().message, HasSubstr(message));
    EXPECT_EQ(store->current(), before);
  }
  ASSERT_TRUE(write_file_atomic(file, provider("") + routes(", retries: 1")));
  EXPECT_TRUE(store->reload().value());
  EXPECT_EQ(store->current()->route("r")->retries, 1);
}

TEST(ConfigCommands, DiffHistoryAndRollback) {
  const ScratchFolder folder;
  const std::string data = folder / "data";
  const std::string file = folder / "ferry.yaml";
  const std::string old_text = "routes: {r: {targets: local/a}}\n";
  const std::string new_text = "routes: {r: {targets: local/b}}\n";
  ConfigHistory history(folder / "data/config");
  ASSERT_TRUE(history.applied(old_text, 0));
  ASSERT_TRUE(write_file_atomic(file, "# the same\nroutes:\n  r:\n    targets: [local/a]\n"));
  EXPECT_EQ(run({"config", "diff", file, "--data-dir", data}).code, 0);
  ASSERT_TRUE(write_file_atomic(file, new_text));
  const Outcome differs = run({"config", "diff", file, "--data-dir", data});
  EXPECT_EQ(differs.code, 1);
  EXPECT_EQ(differs.out, "- routes.r.targets.local/a: 1\n+ routes.r.targets.local/b: 1\n");
  EXPECT_THAT(run({"config", "rollback", file, "--data-dir", data}).err,
              HasSubstr("no configuration was applied before"));
  ASSERT_TRUE(history.applied(new_text, 60));
  const std::string digest = history.list()->front().digest;
  EXPECT_EQ(run({"config", "history", "--data-dir", data}).out,
            fmt::format("1970-01-01T00:01:00Z  {}\n1970-01-01T00:00:00Z  {}\n",
                        history.list()->back().digest.substr(0, 12), digest.substr(0, 12)));
  EXPECT_EQ(run({"config", "history", digest.substr(0, 6), "--data-dir", data}).out, old_text);
  ASSERT_TRUE(write_file_atomic(file, "what: [ever\n"));
  EXPECT_EQ(run({"config", "rollback", file, "--data-dir", data}).code, 0);
  EXPECT_EQ(*read_file(file), old_text);
  EXPECT_EQ(run({"config", "rollback", file, "--data-dir", data, "--to", history.list()->back().digest}).code,
            0);
  EXPECT_EQ(*read_file(file), new_text);
}

TEST(ConfigCommands, ImportPrintsAConfigurationAndWhatItLeavesOut) {
  const ScratchFolder folder;
  const std::string file = folder / "litellm.yaml";
  ASSERT_TRUE(write_file_atomic(
      file, "model_list: [{model_name: a, litellm_params: {model: openai/gpt-4o, stream_timeout: 3}}]\n"));
  const Outcome done = run({"config", "import", file});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("{target: openai/gpt-4o, weight: 1}"));
  EXPECT_EQ(done.err, "model_list[0].litellm_params.stream_timeout: not imported\n");
}

TEST(RouteCommands, ExplainTellsWhereARequestGoes) {
  const Outcome usual =
      run({"route", "explain", "--config", hybrid(), "--draw", "1"}, chat("support", "Hello"));
  EXPECT_EQ(usual.code, 0) << usual.err;
  EXPECT_THAT(usual.out, HasSubstr("route support\n"));
  EXPECT_THAT(usual.out, HasSubstr("mock_openai/"));
  const Outcome secret =
      run({"route", "explain", "--config", hybrid(), "--draw", "1", "--json"},
          chat("support", "My address is jane.doe@example.org, and my IBAN is DE89 3704 0044 0532 0130 00"));
  EXPECT_EQ(secret.code, 0) << secret.err;
  const auto plan = parse_json(secret.out, "plan");
  ASSERT_TRUE(plan);
  for (const json::value& target : plan->as_object().at("targets").as_array())
    EXPECT_TRUE(target.as_object().at("target").as_string().starts_with("local/"));
  EXPECT_FALSE(plan->as_object().at("targets").as_array().empty());
  const Outcome unknown = run({"route", "explain", "--config", hybrid()}, chat("suport", "Hello"));
  EXPECT_EQ(unknown.code, kExitFailure);
  EXPECT_THAT(unknown.err, HasSubstr("there is no route \"suport\"; there are "));
  EXPECT_THAT(run({"route", "explain", "--config", hybrid()}).err,
              HasSubstr("give a request on standard input"));
}

}  // namespace
}  // namespace ferry::cli
