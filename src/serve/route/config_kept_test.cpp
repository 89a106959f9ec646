// What becomes of a configuration: its meaning compared, its texts kept, its file watched.

#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/core/file.h"
#include "base/observe/log.h"
#include "serve/route/config_diff.h"
#include "serve/route/config_fields.h"
#include "serve/route/config_history.h"
#include "serve/route/config_store.h"
#include "serve/route/test_config.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

// A folder that is gone with the object.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("ferry_kept_{}_{}", ::getpid(), next_++)) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  static inline int next_ = 0;
  fs::path path_;
};

GatewayConfigPtr read(const std::string& yaml) {
  const ConfigReading reading = read_gateway_config(yaml);
  EXPECT_TRUE(reading.config) << reading.error("f").message << "\n" << yaml;
  return reading.config;
}

// Every field, each with a value that is not its default.
const std::string kEverything = R"(providers:
  a:
    dialect: openai
    url: https://a.example/v1
    keys: [env:A]
    region: eu
    proxy: http://proxy.example:3128
    ca_file: /ca.pem
    allow_private: true
    headers: {X-A: b}
    timeouts: {connect: 1s, first_token: 2s, idle: 3s, total: 4s}
    max_connections: 7
    quirks: {auth: bearer, max_tokens_field: max_tokens, stream_usage: false, anthropic_version: "1"}
    without: [images]
    models: {m: {context: 10, max_output: 11, without: [tools], adaptive_thinking: true}}
prices:
  a/m: [{from: 2026-01-01, input: 1, output: 2, cached_input: 3, cache_write: 4, cache_write_1h: 5}]
  local/p: {hardware_per_hour: 6, tokens_per_second: 7}
labels:
  l: {block: true, stay_local: true, redact: true, regions: [eu], providers: [a]}
  m: {}
detectors:
  kinds: [email]
  least: certain
  names: {staff: [Ada]}
  expressions: {x: {pattern: "ab+", whole_word: true, max_bytes: 9}}
  found: {email: [l]}
routes:
  r:
    targets: [{target: a/m, weight: 3}]
    fallbacks: [local/p]
    when:
      - name: rule
        if:
          tags: {t: [v]}
          keys: [k]
          teams: [t]
          languages: [de]
          labels: [l]
          characters: {least: 1, most: 2}
          tokens: {least: 3, most: 4}
          tools: true
          images: true
          time: {from: "08:00", to: "09:00", days: [mon], utc_offset: "+01:00"}
        targets: [{target: a/n, weight: 2}]
        fallbacks: [local/q]
    sticky: {header: X-S}
    shadow: [{target: local/s, share: 0.5}]
    max_latency: 5s
    cascade: {first: local/p, mean_logprob: -1, min_logprob: -2, schema: {a: 1}, regex: "c+", refusal: true, length: true}
    on_unsupported: drop
    retries: 3
    cache: {ttl: 1m}
    record: full
    retention: 2d
    guardrails: {words: [bad], schema: {b: 1}, classifier: {target: local/c, blocks: d+, prompt: p, arguments: {c: 1}}, action: flag}
    labels: [l]
  s:
    targets: local/p
    max_cost: 0.5
    budget: b
)";

struct Edit {
  std::string_view field;
  std::string_view before;
  std::string_view after;
};

// A field that did not reach the canonical text would change without anybody seeing it.
TEST(ConfigDiff, EveryFieldMatters) {
  const Edit edits[] = {
      {"providers", "  a:\n    dialect",
       "  b: {dialect: openai, url: \"https://b.example\"}\n  a:\n    dialect"},
      {"providers.*.dialect", "dialect: openai", "dialect: anthropic"},
      {"providers.*.url", "https://a.example/v1", "https://a.example/v2"},
      {"providers.*.keys", "env:A", "file:A"},
      {"providers.*.region", "    region: eu", "    region: us"},
      {"providers.*.proxy", ":3128", ":3129"},
      {"providers.*.ca_file", "/ca.pem", "/cb.pem"},
      {"providers.*.allow_private", "    allow_private: true\n", ""},
      {"providers.*.headers", "X-A: b", "X-A: c"},
      {"providers.*.timeouts", "timeouts: {connect: 1s, first_token: 2s, idle: 3s, total: 4s}",
       "timeouts: {}"},
      {"providers.*.timeouts.connect", "connect: 1s", "connect: 2s"},
      {"providers.*.timeouts.first_token", "first_token: 2s", "first_token: 1s"},
      {"providers.*.timeouts.idle", "idle: 3s", "idle: 4s"},
      {"providers.*.timeouts.total", "total: 4s", "total: 5s"},
      {"providers.*.max_connections", "max_connections: 7", "max_connections: 8"},
      {"providers.*.quirks", "auth: bearer, ", ""},
      {"providers.*.quirks.auth", "auth: bearer", "auth: none"},
      {"providers.*.quirks.max_tokens_field", "field: max_tokens", "field: max_completion_tokens"},
      {"providers.*.quirks.stream_usage", "stream_usage: false", "stream_usage: true"},
      {"providers.*.quirks.anthropic_version", "version: \"1\"", "version: \"2\""},
      {"providers.*.without", "without: [images]", "without: [seed]"},
      {"providers.*.models", "models: {m:", "models: {n:"},
      {"providers.*.models.*.context", "context: 10", "context: 9"},
      {"providers.*.models.*.max_output", "max_output: 11", "max_output: 12"},
      {"providers.*.models.*.without", "without: [tools]", "without: []"},
      {"providers.*.models.*.adaptive_thinking", "adaptive_thinking: true", "adaptive_thinking: false"},
      {"prices", "  local/p: {hardware_per_hour: 6, tokens_per_second: 7}\n", ""},
      {"prices.*.from", "2026-01-01", "2026-01-02"},
      {"prices.*.input", "input: 1,", "input: 1.5,"},
      {"prices.*.output", "output: 2", "output: 2.5"},
      {"prices.*.cached_input", "cached_input: 3", "cached_input: 3.5"},
      {"prices.*.cache_write", "cache_write: 4", "cache_write: 4.5"},
      {"prices.*.cache_write_1h", "cache_write_1h: 5", "cache_write_1h: 5.5"},
      {"prices.*.hardware_per_hour", "per_hour: 6", "per_hour: 6.5"},
      {"prices.*.tokens_per_second", "tokens_per_second: 7", "tokens_per_second: 8"},
      {"labels", "  m: {}\n", ""},
      {"labels.*.block", "block: true", "block: false"},
      {"labels.*.stay_local", "stay_local: true", "stay_local: false"},
      {"labels.*.redact", "redact: true", "redact: false"},
      {"labels.*.regions", "regions: [eu]", "regions: []"},
      {"labels.*.providers", ", providers: [a]", ""},
      {"detectors", "  kinds: [email]\n", ""},
      {"detectors.kinds", "kinds: [email]", "kinds: [email, iban]"},
      {"detectors.least", "certain", "possible"},
      {"detectors.names", "[Ada]", "[Bob]"},
      {"detectors.expressions", "{x: {pattern", "{y: {pattern"},
      {"detectors.expressions.*.pattern", "ab+", "ac+"},
      {"detectors.expressions.*.whole_word", "whole_word: true", "whole_word: false"},
      {"detectors.expressions.*.max_bytes", "max_bytes: 9", "max_bytes: 8"},
      {"detectors.found", "{email: [l]}", "{iban: [l]}"},
      {"routes", "\n  s:\n", "\n  z:\n"},
      {"routes.*.targets", "    targets: local/p", "    targets: local/q"},
      {"routes.*.targets[].target", "{target: a/m, weight: 3}", "{target: a/k, weight: 3}"},
      {"routes.*.targets[].weight", "weight: 3", "weight: 4"},
      {"routes.*.fallbacks", "    fallbacks: [local/p]\n", ""},
      {"routes.*.when", "      - name: rule",
       "      - {if: {tools: false}, targets: a/m}\n      - name: rule"},
      {"routes.*.when[].name", "name: rule", "name: ruler"},
      {"routes.*.when[].if", "          keys: [k]\n", ""},
      {"routes.*.when[].if.tags", "{t: [v]}", "{t: [w]}"},
      {"routes.*.when[].if.keys", "keys: [k]", "keys: [j]"},
      {"routes.*.when[].if.teams", "teams: [t]", "teams: [u]"},
      {"routes.*.when[].if.languages", "[de]", "[fr]"},
      {"routes.*.when[].if.labels", "          labels: [l]", "          labels: [m]"},
      {"routes.*.when[].if.characters", "          characters: {least: 1, most: 2}\n", ""},
      {"routes.*.when[].if.characters.least", "least: 1", "least: 0"},
      {"routes.*.when[].if.characters.most", "most: 2", "most: 3"},
      {"routes.*.when[].if.tokens", "          tokens: {least: 3, most: 4}\n", ""},
      {"routes.*.when[].if.tokens.least", "least: 3", "least: 2"},
      {"routes.*.when[].if.tokens.most", "most: 4", "most: 5"},
      {"routes.*.when[].if.tools", "tools: true", "tools: false"},
      {"routes.*.when[].if.images", "images: true", "images: false"},
      {"routes.*.when[].if.time",
       "          time: {from: \"08:00\", to: \"09:00\", days: [mon], utc_offset: \"+01:00\"}\n", ""},
      {"routes.*.when[].if.time.from", "08:00", "08:01"},
      {"routes.*.when[].if.time.to", "09:00", "09:01"},
      {"routes.*.when[].if.time.days", "[mon]", "[tue]"},
      {"routes.*.when[].if.time.utc_offset", "+01:00", "-01:00"},
      {"routes.*.when[].targets", "targets: [{target: a/n, weight: 2}]",
       "targets: [{target: a/n, weight: 2}, a/m]"},
      {"routes.*.when[].targets[].target", "a/n", "a/k"},
      {"routes.*.when[].targets[].weight", "weight: 2", "weight: 1"},
      {"routes.*.when[].fallbacks", "[local/q]", "[local/p]"},
      {"routes.*.sticky", "sticky: {header: X-S}", "sticky: conversation"},
      {"routes.*.sticky.header", "X-S", "X-T"},
      {"routes.*.shadow", "    shadow: [{target: local/s, share: 0.5}]\n", ""},
      {"routes.*.shadow[].target", "local/s", "local/t"},
      {"routes.*.shadow[].share", "share: 0.5", "share: 0.25"},
      {"routes.*.max_cost", "max_cost: 0.5", "max_cost: 0.25"},
      {"routes.*.max_latency", "max_latency: 5s", "max_latency: 6s"},
      {"routes.*.cascade", ", refusal: true, length: true", ""},
      {"routes.*.cascade.first", "first: local/p", "first: local/q"},
      {"routes.*.cascade.mean_logprob", "mean_logprob: -1", "mean_logprob: -1.5"},
      {"routes.*.cascade.min_logprob", "min_logprob: -2", "min_logprob: -2.5"},
      {"routes.*.cascade.schema", "schema: {a: 1}", "schema: request"},
      {"routes.*.cascade.regex", "c+", "d+"},
      {"routes.*.cascade.refusal", "refusal: true", "refusal: false"},
      {"routes.*.cascade.length", "length: true", "length: false"},
      {"routes.*.on_unsupported", "drop", "warn"},
      {"routes.*.retries", "retries: 3", "retries: 2"},
      {"routes.*.cache", "    cache: {ttl: 1m}\n", ""},
      {"routes.*.cache.ttl", "ttl: 1m", "ttl: 2m"},
      {"routes.*.record", "record: full", "record: redacted"},
      {"routes.*.retention", "retention: 2d", "retention: 3d"},
      {"routes.*.guardrails", "    guardrails: {words: [bad], schema: {b: 1}, ", "    guardrails: {"},
      {"routes.*.guardrails.words", "[bad]", "[worse]"},
      {"routes.*.guardrails.schema", "{b: 1}", "{b: 2}"},
      {"routes.*.guardrails.classifier",
       "classifier: {target: local/c, blocks: d+, prompt: p, arguments: {c: 1}}, ", ""},
      {"routes.*.guardrails.classifier.target", "target: local/c", "target: local/d"},
      {"routes.*.guardrails.classifier.blocks", "blocks: d+", "blocks: e+"},
      {"routes.*.guardrails.classifier.prompt", "prompt: p", "prompt: q"},
      {"routes.*.guardrails.classifier.arguments", "arguments: {c: 1}", "arguments: {c: 2}"},
      {"routes.*.guardrails.action", "action: flag", "action: block"},
      {"routes.*.labels", "    labels: [l]\n  s:", "    labels: [m]\n  s:"},
      {"routes.*.budget", "budget: b", "budget: c"},
  };
  const GatewayConfigPtr everything = read(kEverything);
  ASSERT_TRUE(everything);
  std::set<std::string_view> seen;
  for (const Edit& edit : edits) {
    std::string yaml = kEverything;
    const size_t at = yaml.find(edit.before);
    ASSERT_NE(at, std::string::npos) << edit.field;
    yaml.replace(at, edit.before.size(), edit.after);
    const GatewayConfigPtr changed = read(yaml);
    ASSERT_TRUE(changed) << edit.field;
    EXPECT_FALSE(diff_configs(everything.get(), *changed).empty()) << edit.field;
    seen.insert(edit.field);
  }
  for (const ConfigField& field : config_fields()) EXPECT_TRUE(seen.contains(field.path)) << field.path;
}

TEST(ConfigDiff, ComparesMeaningAndNotText) {
  const GatewayConfigPtr one = read(
      "providers: {a: {dialect: openai, url: \"https://a.example/\"}}\n"
      "routes: {r: {targets: [a/x, a/y], labels: []}, s: {targets: a/z}}\n");
  const GatewayConfigPtr same = read(
      "# a comment\n"
      "routes:\n"
      "  s: {targets: [{target: a/z, weight: 1}], retries: 2}\n"
      "  r: {targets: [{target: a/y}, a/x], on_unsupported: reject}\n"
      "providers:\n"
      "  a: {url: \"https://A.example:443\", dialect: openai, max_connections: 256}\n");
  EXPECT_THAT(diff_configs(one.get(), *same), IsEmpty());
  const GatewayConfigPtr other = read(
      "providers: {a: {dialect: openai, url: \"https://a.example/\"}}\n"
      "routes: {r: {targets: [a/x, {target: a/y, weight: 2}]}}\n");
  const auto changes = diff_configs(one.get(), *other);
  const std::string text = diff_text(changes);
  EXPECT_THAT(text, HasSubstr("~ routes.r.targets.a/y: 1 → 2\n"));
  EXPECT_THAT(text, HasSubstr("- routes.s.targets.a/z: 1\n"));
  EXPECT_THAT(diff_text(diff_configs(nullptr, *other)), HasSubstr("+ providers.a.dialect: \"openai\"\n"));
}

TEST(ConfigFields, TheDocumentationHasThemAll) {
  const auto text = read_file(fs::path(FERRY_SOURCE_DIR) / "docs/routes.md");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find(fields_markdown()), std::string::npos)
      << "docs/routes.md is not up to date: put the output of `ferry config fields` into it";
}

TEST(ConfigHistory, KeepsEveryTextThatWasApplied) {
  const Folder folder;
  ConfigHistory history(folder / "configs");
  EXPECT_THAT(*history.list(), IsEmpty());
  ASSERT_TRUE(history.applied("a: 1\n", 0));
  ASSERT_TRUE(history.applied("a: 1\n", 5));
  ASSERT_TRUE(history.applied("a: 2\n", 10));
  ASSERT_TRUE(history.applied("a: 1\n", 20));
  const auto list = history.list();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ((*list)[0].time, "1970-01-01T00:00:00Z");
  EXPECT_EQ((*list)[2].digest, (*list)[0].digest);
  EXPECT_EQ(*history.text((*list)[1].digest), "a: 2\n");
  EXPECT_EQ(*history.text((*list)[1].digest.substr(0, 8)), "a: 2\n");
  EXPECT_EQ(history.text("../../etc/passwd").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(history.text(std::string(64, '0')).error().code, ErrorCode::not_found);
}

TEST(ConfigHistory, DamageIsSeenAndDoesNotSpread) {
  const Folder folder;
  ConfigHistory history(folder / "configs");
  ASSERT_TRUE(history.applied("a: 1\n", 0));
  const std::string digest = history.list()->front().digest;
  const auto log = read_file(folder / "configs/applied.log");
  ASSERT_TRUE(write_file_atomic(folder / "configs/applied.log", *log + "2026-11-22T20:14:05Z abc"));
  EXPECT_EQ(history.list()->size(), 1u);
  ASSERT_TRUE(write_file_atomic(folder / ("configs/" + digest + ".yaml"), "a: 666\n"));
  EXPECT_EQ(history.text(digest).error().code, ErrorCode::corrupt);
}

std::string route_to(std::string_view target) {
  return fmt::format("routes: {{r: {{targets: {}}}}}\n", target);
}

std::string target_of(const GatewayConfigPtr& config) {
  return config->route("r")->use.targets[0].target->name;
}

TEST(ConfigStore, ReloadsWhatIsGoodAndKeepsWhatWas) {
  set_log(LogLevel::off, LogFormat::text);
  const Folder folder;
  const fs::path file = folder / "ferry.yaml";
  ASSERT_TRUE(write_file_atomic(file, route_to("local/a")));
  auto opened = ConfigStore::open({.file = file, .history = folder / "history"});
  ASSERT_TRUE(opened);
  ConfigStore& store = **opened;
  const GatewayConfigPtr first = store.current();
  EXPECT_EQ(target_of(first), "local/a");
  EXPECT_FALSE(*store.reload()) << "nothing changed";
  EXPECT_EQ(store.current(), first);
  ASSERT_TRUE(write_file_atomic(file, route_to("local/b")));
  EXPECT_TRUE(*store.reload());
  EXPECT_EQ(target_of(store.current()), "local/b");
  EXPECT_EQ(target_of(first), "local/a") << "who began with it keeps it";
  ASSERT_TRUE(write_file_atomic(file, route_to("nobody/b")));
  const auto bad = store.reload();
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("ferry.yaml:1: routes.r.targets names the provider"));
  EXPECT_EQ(target_of(store.current()), "local/b");
  fs::remove(file);
  EXPECT_FALSE(store.reload());
  EXPECT_EQ(target_of(store.current()), "local/b");
  EXPECT_EQ(ConfigHistory(folder / "history").list()->size(), 2u) << "what was bad is not kept";
}

TEST(ConfigStore, ChecksMayRefuse) {
  const Folder folder;
  const fs::path file = folder / "ferry.yaml";
  ASSERT_TRUE(write_file_atomic(file, route_to("local/a")));
  const auto opened =
      ConfigStore::open({.file = file, .check = [](const std::string&, const GatewayConfig&) -> Result<void> {
                           return fail(ErrorCode::not_found, "the variable K is not set");
                         }});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "the variable K is not set");
}

// Waits for what the watch will do; fails after a time that no machine needs.
bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 10'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

TEST(ConfigStore, TheWatchSeesChangesAndTellsTheListener) {
  set_log(LogLevel::off, LogFormat::text);
  const Folder folder;
  const fs::path file = folder / "ferry.yaml";
  ASSERT_TRUE(write_file_atomic(file, route_to("local/a")));
  auto opened = ConfigStore::open({.file = file, .interval = Duration(1)});
  ASSERT_TRUE(opened);
  ConfigStore& store = **opened;
  std::atomic<int> told = 0;
  store.watch([&](const GatewayConfigPtr& before, const GatewayConfigPtr& now) {
    EXPECT_NE(before, now);
    ++told;
  });
  ASSERT_TRUE(write_file_atomic(file, "routes: [\n"));
  ASSERT_TRUE(write_file_atomic(file, route_to("local/b")));
  EXPECT_TRUE(eventually([&] { return target_of(store.current()) == "local/b"; }));
  EXPECT_TRUE(eventually([&] { return told == 1; }));
  ASSERT_TRUE(write_file_atomic(file, "# a comment\n" + route_to("local/b")));
  ASSERT_TRUE(store.reload());
  EXPECT_EQ(told, 1) << "the meaning is the same";
}

TEST(ConfigStore, ManyMayReadWhileItChanges) {
  set_log(LogLevel::off, LogFormat::text);
  const Folder folder;
  const fs::path file = folder / "ferry.yaml";
  ASSERT_TRUE(write_file_atomic(file, route_to("local/a")));
  auto opened = ConfigStore::open({.file = file, .interval = Duration(1)});
  ASSERT_TRUE(opened);
  ConfigStore& store = **opened;
  store.watch({});
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) EXPECT_TRUE(target_of(store.current()).starts_with("local/"));
    });
  }
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(write_file_atomic(file, route_to(fmt::format("local/m{}", i))));
    ASSERT_TRUE(store.reload());
  }
  EXPECT_EQ(target_of(store.current()), "local/m49");
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(ConfigStore, AFixedConfigurationStays) {
  const auto store = ConfigStore::fixed(read(route_to("local/a")));
  store->watch({});
  EXPECT_FALSE(*store->reload());
  EXPECT_EQ(target_of(store->current()), "local/a");
}

}  // namespace
}  // namespace ferry
