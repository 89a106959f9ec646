#include "app/cli/command_line.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/cli/configuration.h"
#include "app/cli/test_console.h"
#include "app/cli/verbs.h"
#include "base/core/file.h"

namespace ferry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// A verb that prints what it was given.
class EchoCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about = "Says what it was told.",
            .examples = "ferry echo a\nferry echo b",
            .options = {{"WORD", &words_, "words"},
                        {"--loud", &loud_, "louder"},
                        {"--name", &name_, "a name"},
                        {"--count", &count_, "a number"}},
            .configuration = &configuration_,
            .flag_groups = {"API", "Engine"}};
  }
  Result<int> run(Console& console) override {
    if (name_ == "nobody") return fail(ErrorCode::not_found, "nobody is here");
    console.out << fmt::format("{} loud={} name={} count={} threads={} port={} key={}\n",
                               fmt::join(words_, ","), loud_, name_, count_.value_or(-1),
                               configuration_.engine.threads, configuration_.server.port,
                               fmt::join(configuration_.api.api_key, "+"));
    return 0;
  }

 private:
  std::vector<std::string> words_;
  bool loud_ = false;
  std::string name_;
  std::optional<int64_t> count_;
  Configuration configuration_;
};

constexpr Verb kEchoes[] = {
    {"shout", "say it louder", []() -> std::unique_ptr<Command> { return std::make_unique<EchoCommand>(); }},
};

constexpr Verb kVerbs[] = {
    {"echo", "say it again", []() -> std::unique_ptr<Command> { return std::make_unique<EchoCommand>(); }},
    {.name = "sing", .summary = "kinds of echoes", .verbs = kEchoes},
};

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const std::vector<std::string>& words, std::span<const Verb> verbs = kVerbs) {
  TestConsole test;
  const int code = run_command_line(verbs, words, test.console);
  return {code, test.out.str(), test.err.str()};
}

// A variable that is set while the object lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(CommandLine, WordsFlagsAndOptionsReachTheCommand) {
  const Outcome done = run({"echo", "a", "--loud", "b", "--name", "x y", "--count=3"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "a,b loud=true name=x y count=3 threads=0 port=8080 key=\n");
}

TEST(CommandLine, FlagsGoBeforeVariablesBeforeTheFile) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("ferry_cli_{}.yaml", ::getpid());
  ASSERT_TRUE(write_file_atomic(file, "threads: 2\nport: 7000\n"));
  EXPECT_THAT(run({"echo", "--config", file.string()}).out, HasSubstr("threads=2 port=7000"));
  {
    const Variable threads("FERRY_THREADS", "3");
    EXPECT_THAT(run({"echo", "--config", file.string()}).out, HasSubstr("threads=3 port=7000"));
    EXPECT_THAT(run({"echo", "--config", file.string(), "--threads", "4"}).out,
                HasSubstr("threads=4 port=7000"));
  }
  {
    const Variable config("FERRY_CONFIG", file.string());
    EXPECT_THAT(run({"echo"}).out, HasSubstr("threads=2"));
  }
  ASSERT_TRUE(write_file_atomic(file, "thread: 2\n"));
  const Outcome bad = run({"echo", "--config", file.string()});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr(":1: unknown setting \"thread\"; did you mean \"threads\"?"));
  std::filesystem::remove(file);
}

TEST(CommandLine, ListsMayBeRepeatedOrSeparatedByCommas) {
  EXPECT_THAT(run({"echo", "--api-key", "a", "--api-key", "b,c", "word"}).out, HasSubstr("key=a+b+c"));
  const Variable keys("FERRY_API_KEY", "x,y");
  EXPECT_THAT(run({"echo"}).out, HasSubstr("key=x+y"));
}

TEST(CommandLine, MistakesGetASuggestionAndExitWith2) {
  Outcome bad = run({"ecoh"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr("there is no verb \"ecoh\"; did you mean echo?"));
  bad = run({"echo", "--lodu"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr("there is no option --lodu; did you mean --loud?"));
  bad = run({"echo", "--thread=3"});
  EXPECT_THAT(bad.err, HasSubstr("did you mean --threads?"));
  bad = run({"echo", "--threads", "many"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr("--threads: threads must be an integer, not \"many\""));
  bad = run({"echo", "--count", "x"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr("--count"));
  bad = run({"echo", "--threads", "1", "--threads", "2"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_EQ(run({"help", "nothing"}).code, kExitUsage);
}

TEST(CommandLine, FailuresExitWith1) {
  const Outcome failed = run({"echo", "--name", "nobody"});
  EXPECT_EQ(failed.code, kExitFailure);
  EXPECT_EQ(failed.err, "ferry: nobody is here\n");
}

TEST(CommandLine, HelpNamesVerbsOptionsAndExamples) {
  for (const auto& words : std::vector<std::vector<std::string>>{{}, {"help"}, {"--help"}, {"-h"}}) {
    const Outcome help = run(words);
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("echo  say it again"));
  }
  for (const auto& words : std::vector<std::vector<std::string>>{{"help", "echo"}, {"echo", "--help"}}) {
    const Outcome help = run(words);
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("Says what it was told."));
    EXPECT_THAT(help.out, HasSubstr("  ferry echo a\n  ferry echo b"));
    EXPECT_THAT(help.out, HasSubstr("--max-model-len INTEGER"));
    EXPECT_THAT(help.out, Not(HasSubstr("--max-connections"))) << "a group that the verb does not show";
  }
}

TEST(CommandLine, VerbsMayStandInGroups) {
  EXPECT_THAT(run({"sing", "shout", "a", "--count", "2"}).out, HasSubstr("a loud=false name= count=2"));
  EXPECT_EQ(run({"sing"}).code, kExitUsage);
  EXPECT_THAT(run({"sing"}).err, HasSubstr("shout  say it louder"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"sing", "--help"}, {"help", "sing"}}) {
    EXPECT_EQ(run(words).code, 0);
    EXPECT_THAT(run(words).out, HasSubstr("Usage: ferry sing VERB"));
  }
  const Outcome wrong = run({"sing", "shuot"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean shout?\nTry `ferry sing help`."));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"sing", "shout", "--help"}, {"help", "sing", "shout"}}) {
    EXPECT_THAT(run(words).out, HasSubstr("Usage: ferry sing shout"));
  }
}

TEST(CommandLine, OutputThatNobodyTakesIsAFailure) {
  TestConsole test;
  test.out.setstate(std::ios::badbit);
  EXPECT_EQ(run_command_line(kVerbs, {"echo"}, test.console), kExitFailure);
}

TEST(Verbs, EachDescribesItself) {
  for (const Verb& verb : all_verbs()) {
    const Outcome help = run({std::string(verb.name), "--help"}, all_verbs());
    EXPECT_EQ(help.code, 0) << verb.name << help.err;
    EXPECT_THAT(help.out, HasSubstr(fmt::format("ferry {}", verb.name)));
    EXPECT_FALSE(verb.summary.empty());
    for (const Verb& inner : verb.verbs) {
      const Outcome more = run({std::string(verb.name), std::string(inner.name), "--help"}, all_verbs());
      EXPECT_THAT(more.out, HasSubstr(fmt::format("ferry {} {}", verb.name, inner.name))) << more.err;
    }
  }
  EXPECT_EQ(run({"--version"}, all_verbs()).out, "ferry " FERRY_VERSION "\n");
}

TEST(Verbs, KernelsMarksTheOneInUse) {
  const Outcome kernels = run({"kernels"}, all_verbs());
  EXPECT_EQ(kernels.code, 0);
  EXPECT_THAT(kernels.out, HasSubstr("reference"));
  EXPECT_THAT(kernels.out, HasSubstr("used"));
}

TEST(Verbs, SettingsDocumentsEveryGroup) {
  const Outcome settings = run({"settings"}, all_verbs());
  EXPECT_EQ(settings.code, 0);
  for (const char* name : {"`host`", "`api_key`", "`threads`", "`log_level`", "`preparation_threads`"}) {
    EXPECT_THAT(settings.out, HasSubstr(name));
  }
}

TEST(Verbs, ListPrintsWhatIsThere) {
  const auto home = std::filesystem::temp_directory_path() / fmt::format("ferry_list_{}", ::getpid());
  std::filesystem::create_directories(home / "models/tiny");
  ASSERT_TRUE(write_file_atomic(home / "models/tiny/config.json", "{}"));
  const Variable variable("FERRY_HOME", home.string());
  EXPECT_THAT(run({"list"}, all_verbs()).out, HasSubstr("tiny"));
  EXPECT_THAT(run({"list", "--json"}, all_verbs()).out,
              HasSubstr(R"({"name":"tiny","format":"safetensors","bytes":2,)"));
  const Outcome missing = run({"show", "tyni"}, all_verbs());
  EXPECT_EQ(missing.code, kExitFailure);
  EXPECT_THAT(missing.err, HasSubstr("there is no model \"tyni\""));
  std::filesystem::remove_all(home);
}

TEST(Verbs, ServeRefusesAnOpenPortWithoutAKey) {
  const Outcome refused = run({"serve", "--host", "0.0.0.0"}, all_verbs());
  EXPECT_EQ(refused.code, kExitFailure);
  EXPECT_THAT(refused.err, HasSubstr("--allow-no-key"));
}

TEST(Verbs, ServeTakesOneWayToGuessAndADraftModelThatIsThere) {
  const std::string pilot = std::string(FERRY_SOURCE_DIR) + "/models/pilot";
  const Outcome missing = run({"serve", pilot, "--port", "0", "--draft", "no-such-model"}, all_verbs());
  EXPECT_EQ(missing.code, kExitFailure);
  EXPECT_THAT(missing.err, HasSubstr("there is no model \"no-such-model\""));
  const Outcome both =
      run({"serve", pilot, "--port", "0", "--draft", pilot, "--speculate", "ngram"}, all_verbs());
  EXPECT_EQ(both.code, kExitFailure);
  EXPECT_THAT(both.err, HasSubstr("--speculate ngram and --draft"));
}

}  // namespace
}  // namespace ferry::cli
