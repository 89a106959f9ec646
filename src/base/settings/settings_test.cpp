#include "base/settings/settings.h"

#include <map>

#include <gtest/gtest.h>

namespace ferry {
namespace {

struct Example {
  uint16_t port = 8080;
  int threads = 2;
  double ratio = 0.5;
  bool verbose = false;
  std::string host = "localhost";
  std::string format = "auto";
  std::string api_key = "k";
  ByteSize memory{uint64_t{4} << 30};
  Duration timeout{std::chrono::seconds(30)};
  std::optional<ByteSize> cache;
  std::vector<std::string> names;
  std::filesystem::path folder = "/models";

  template <class V>
  void visit(V& v) {
    v("port", port, "port to listen on");
    v("threads", threads, "compute threads").range(1, 64);
    v("ratio", ratio, "a ratio").range(0, 1);
    v("verbose", verbose, "say more");
    v("host", host, "address");
    v("log_format", format, "how to log").choices({"auto", "text", "json"});
    v("api_key", api_key, "the key").secret();
    v("memory", memory, "memory to use").range(1 << 20, 0x1p40);
    v("timeout", timeout, "how long").range(100, 60e3);
    v("cache", cache, "cache to use").range(1024, 0x1p40);
    v("names", names, "names to serve");
    v("folder", folder, "where models are");
  }
};

struct Fixture {
  Example values;
  SettingList list;
  Fixture() { list.add(values); }
  Result<void> flag(std::string_view name, std::string_view text) {
    Setting* setting = list.find(name);
    return setting->set(text, SettingSource::flag, setting->flag());
  }
  std::string flag_error(std::string_view name, std::string_view text) {
    const auto result = flag(name, text);
    return result ? "" : result.error().message;
  }
  std::string yaml_error(const std::string& text) {
    const auto result = list.read_yaml(text, "f.yaml");
    return result ? "" : result.error().message;
  }
};

TEST(Settings, OneDeclarationGivesEveryName) {
  Fixture f;
  const Setting& setting = *f.list.find("log_format");
  EXPECT_EQ(setting.flag(), "--log-format");
  EXPECT_EQ(setting.variable(), "FERRY_LOG_FORMAT");
  EXPECT_EQ(setting.default_text(), "auto");
  EXPECT_EQ(f.list.all().size(), 12u);
  EXPECT_TRUE(f.list.find("verbose")->is_switch());
  EXPECT_FALSE(setting.is_switch());
}

TEST(Settings, EveryTypeIsReadAndPrintedBack) {
  Fixture f;
  const std::map<std::string, std::string> values = {
      {"port", "65535"}, {"threads", "64"},    {"ratio", "0.25"},     {"verbose", "true"},
      {"host", "::1"},   {"memory", "512MiB"}, {"timeout", "250ms"},  {"cache", "64KiB"},
      {"names", "a,b"},  {"folder", "/m"},     {"log_format", "json"}};
  for (const auto& [name, text] : values) {
    EXPECT_EQ(f.flag_error(name, text), "");
    EXPECT_EQ(f.list.find(name)->text(), text);
  }
  EXPECT_EQ(f.values.port, 65535);
  EXPECT_EQ(f.values.memory.bytes, 512u << 20);
  EXPECT_EQ(f.values.timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(f.values.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(f.flag_error("cache", "auto"), "");
  EXPECT_FALSE(f.values.cache);
}

TEST(Settings, ErrorsNameTheSourceTheSettingAndTheValue) {
  Fixture f;
  EXPECT_EQ(f.flag_error("port", "abc"), "--port: port must be an integer, not \"abc\"");
  EXPECT_EQ(f.flag_error("port", "65536"), "--port: port must be 0 to 65535, not \"65536\"");
  EXPECT_EQ(f.flag_error("port", "-1"), "--port: port must be 0 to 65535, not \"-1\"");
  EXPECT_EQ(f.flag_error("port", "80 "), "--port: port must be an integer, not \"80 \"");
  EXPECT_EQ(f.flag_error("threads", "0"), "--threads: threads must be 1 to 64, not \"0\"");
  EXPECT_EQ(f.flag_error("ratio", "nan"), "--ratio: ratio must be a number, not \"nan\"");
  EXPECT_EQ(f.flag_error("ratio", "1.5"), "--ratio: ratio must be 0 to 1, not \"1.5\"");
  EXPECT_EQ(f.flag_error("verbose", "maybe"), "--verbose: verbose must be true or false, not \"maybe\"");
  EXPECT_EQ(f.flag_error("memory", "1KiB"), "--memory: memory must be 1MiB to 1TiB, not \"1KiB\"");
  EXPECT_EQ(f.flag_error("memory", "lots"),
            "--memory: memory must be a size such as 512MiB or 4GiB, not \"lots\"");
  EXPECT_EQ(f.flag_error("timeout", "2m"), "--timeout: timeout must be 100ms to 1m, not \"2m\"");
  EXPECT_EQ(f.flag_error("timeout", "soon"),
            "--timeout: timeout must be a duration such as 500ms, 30s or 5m, not \"soon\"");
  EXPECT_EQ(f.flag_error("cache", "1"), "--cache: cache must be 1KiB to 1TiB, not \"1\"");
  EXPECT_EQ(f.flag_error("log_format", "xml"),
            "--log-format: log_format must be one of auto, text, json, not \"xml\"");
  EXPECT_EQ(f.flag_error("names", "a,,b"), "--names: names has an empty element, not \"a,,b\"");
  EXPECT_EQ(f.values.port, 8080);  // a bad value changes nothing
}

TEST(Settings, SecretsAreNotPrinted) {
  Fixture f;
  EXPECT_EQ(f.flag_error("api_key", "s3cret"), "");
  EXPECT_EQ(f.values.api_key, "s3cret");
  EXPECT_EQ(f.list.find("api_key")->text(), "(hidden)");
  EXPECT_EQ(f.list.markdown().find("s3cret"), std::string::npos);
}

TEST(Settings, FlagBeatsEnvironmentBeatsFileInAnyOrder) {
  const auto getenv = [](const char* name) -> const char* {
    if (std::string_view(name) == "FERRY_PORT") return "2";
    return std::string_view(name) == "FERRY_HOST" ? "env" : nullptr;
  };
  const std::string file = "port: 1\nhost: file\nthreads: 7\n";
  for (const bool flag_first : {true, false}) {
    Fixture f;
    if (flag_first) {
      ASSERT_TRUE(f.flag("port", "3"));
    }
    ASSERT_TRUE(f.list.read_environment(getenv));
    ASSERT_TRUE(f.list.read_yaml(file, "f.yaml"));
    if (!flag_first) {
      ASSERT_TRUE(f.flag("port", "3"));
    }
    EXPECT_EQ(f.values.port, 3);
    EXPECT_EQ(f.values.host, "env");
    EXPECT_EQ(f.values.threads, 7);
    EXPECT_EQ(f.list.find("port")->where(), "--port");
    EXPECT_EQ(f.list.find("host")->where(), "FERRY_HOST");
    EXPECT_EQ(f.list.find("threads")->where(), "f.yaml:3");
    EXPECT_EQ(f.list.find("ratio")->source(), SettingSource::builtin);
  }
}

TEST(Settings, AnOverriddenValueMustStillBeValidText) {
  Fixture f;
  ASSERT_TRUE(f.flag("log_format", "json"));
  EXPECT_EQ(f.yaml_error("log_format: xml"),
            "f.yaml:1: log_format must be one of auto, text, json, not \"xml\"");
}

TEST(Settings, ReadsYaml) {
  Fixture f;
  EXPECT_EQ(
      f.yaml_error(
          "# ours\nport: 9000\nverbose: yes\nmemory: 8GiB\ntimeout: 30s\nnames: [a, b]\nhost: \"::\"\n"),
      "");
  EXPECT_EQ(f.values.port, 9000);
  EXPECT_TRUE(f.values.verbose);
  EXPECT_EQ(f.values.memory.bytes, uint64_t{8} << 30);
  EXPECT_EQ(f.values.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(f.values.host, "::");
  EXPECT_EQ(f.yaml_error(""), "");
  EXPECT_EQ(f.yaml_error("# nothing\n"), "");
}

TEST(Settings, YamlErrorsNameTheLine) {
  Fixture f;
  EXPECT_EQ(f.yaml_error("port: 1\nprot: 2\n"), "f.yaml:2: unknown setting \"prot\"; did you mean \"port\"?");
  EXPECT_EQ(f.yaml_error("zzzzzzzz: 2\n"), "f.yaml:1: unknown setting \"zzzzzzzz\"");
  EXPECT_EQ(f.yaml_error("port: 1\nport: 2\n"), "f.yaml:2: port is set twice");
  EXPECT_EQ(f.yaml_error("port: x\n"), "f.yaml:1: port must be an integer, not \"x\"");
  EXPECT_EQ(f.yaml_error("port:\n"), "f.yaml:1: port has no value");
  EXPECT_EQ(f.yaml_error("port: {a: 1}\n"), "f.yaml:1: port must be a value or a list, not a map");
  EXPECT_EQ(f.yaml_error("names: [[a]]\n"), "f.yaml:1: names must be a list of plain values");
  EXPECT_EQ(f.yaml_error("- port\n"), "f.yaml:1: must be a map of settings, as in \"port: 8080\"");
  EXPECT_TRUE(f.yaml_error("a: b\n  c: [\n").starts_with("f.yaml:2: not valid YAML: "));
  EXPECT_TRUE(f.yaml_error(std::string(100000, '[')).find("nested deeper") != std::string::npos);
}

TEST(Settings, AllErrorsOfAFileAreToldAtOnce) {
  Fixture f;
  EXPECT_EQ(f.yaml_error("prot: 2\nthreads: 0\nhost: file\nhost: two\n"),
            "f.yaml:1: unknown setting \"prot\"; did you mean \"port\"?\n"
            "f.yaml:2: threads must be 1 to 64, not \"0\"\n"
            "f.yaml:4: host is set twice");
}

TEST(Settings, SectionsOfOthersPassAndAreSuggested) {
  Fixture f;
  constexpr std::string_view sections[] = {"providers", "routes"};
  f.list.add_sections(sections);
  EXPECT_EQ(f.yaml_error("routes: {a: {targets: [b]}}\nport: 9\nproviders:\n"), "");
  EXPECT_EQ(f.values.port, 9);
  EXPECT_EQ(f.yaml_error("route: {}\nthreds: 3\n"),
            "f.yaml:1: unknown setting \"route\"; did you mean \"routes\"?\n"
            "f.yaml:2: unknown setting \"threds\"; did you mean \"threads\"?");
  EXPECT_EQ(f.yaml_error("routes: {}\nroutes: {}\n"), "f.yaml:2: routes is set twice");
}

TEST(Settings, ReadsAFileAndNamesItWhenItIsNotThere) {
  Fixture f;
  const auto missing = f.list.read_file("/nonexistent/ferry.yaml");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("/nonexistent/ferry.yaml"), std::string::npos);
}

TEST(Settings, MarkdownHasALineForEach) {
  Fixture f;
  const std::string table = f.list.markdown();
  EXPECT_NE(table.find("| `memory` | `4GiB` | memory to use |\n"), std::string::npos);
  EXPECT_NE(table.find("| `log_format` | `auto` | how to log (`auto`, `text`, `json`) |\n"),
            std::string::npos);
  EXPECT_NE(table.find("| `names` |  | names to serve |\n"), std::string::npos);
}

TEST(ByteSize, ReadsAndPrints) {
  EXPECT_EQ(parse_byte_size("512")->bytes, 512u);
  EXPECT_EQ(parse_byte_size("1.5 GiB")->bytes, 3u << 29);
  EXPECT_EQ(parse_byte_size("4gb")->bytes, 4000000000u);
  EXPECT_EQ(parse_byte_size("4G")->bytes, uint64_t{4} << 30);
  EXPECT_EQ(to_string(ByteSize{0}), "0");
  EXPECT_EQ(to_string(ByteSize{1500}), "1500");
  EXPECT_EQ(to_string(ByteSize{uint64_t{3} << 40}), "3TiB");
  for (const char* bad : {"", "x", "-1", "1 XB", "1e300", "inf", "nan", "4GiB!"})
    EXPECT_FALSE(parse_byte_size(bad)) << bad;
}

TEST(DurationText, ReadsAndPrints) {
  EXPECT_EQ(parse_duration("250ms")->count(), 250);
  EXPECT_EQ(parse_duration("30")->count(), 30000);
  EXPECT_EQ(parse_duration("1.5s")->count(), 1500);
  EXPECT_EQ(parse_duration("2h")->count(), 7200000);
  EXPECT_EQ(to_string(Duration(0)), "0s");
  EXPECT_EQ(to_string(Duration(90000)), "90s");
  EXPECT_EQ(to_string(Duration(86400000)), "1d");
  for (const char* bad : {"", "s", "-1s", "1y", "1e30d"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace ferry
