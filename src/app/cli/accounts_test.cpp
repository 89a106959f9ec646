// `ferry key`, `ferry team` and `ferry organisation` on a database of their own.

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/account_flags.h"
#include "app/cli/command_line.h"
#include "app/cli/test_console.h"
#include "app/cli/verbs.h"
#include "base/core/json.h"
#include "base/db/scratch_folder.h"
#include "serve/accounts/secret.h"

namespace ferry::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class AccountVerbs : public testing::Test {
 protected:
  Outcome run(std::vector<std::string> words) {
    words.push_back("--data-dir=" + (folder_ / "data").string());
    TestConsole test;
    const int code = run_command_line(all_verbs(), words, test.console);
    return {code, test.out.str(), test.err.str()};
  }
  json::value run_json(std::vector<std::string> words) {
    words.emplace_back("--json");
    const Outcome done = run(std::move(words));
    EXPECT_EQ(done.code, 0) << done.err;
    return parse_json(done.out, "output").value();
  }
  std::string failure(std::vector<std::string> words) {
    const Outcome done = run(std::move(words));
    EXPECT_EQ(done.code, kExitFailure);
    EXPECT_EQ(done.out, "");
    return done.err;
  }

  ScratchFolder folder_;
};

TEST_F(AccountVerbs, TheSecretIsPrintedOnceAndAlone) {
  const Outcome made = run({"key", "create", "--name", "app"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, MatchesRegex("fk_[0-9A-Za-z]+\n"));
  EXPECT_THAT(made.err,
              MatchesRegex("This is the secret of the key \"app\" \\(key_[0-9a-f]+\\). Keep it now: it is "
                           "not shown again.\n"));
  const std::string secret = made.out.substr(0, made.out.size() - 1);
  for (const auto& words : std::vector<std::vector<std::string>>{{"key", "list"},
                                                                 {"key", "list", "--json"},
                                                                 {"key", "show", "app"},
                                                                 {"key", "show", secret, "--json"}}) {
    const Outcome shown = run(words);
    EXPECT_EQ(shown.code, 0);
    EXPECT_THAT(shown.out, HasSubstr(secret.substr(0, 7)));
    EXPECT_THAT(shown.out + shown.err, Not(HasSubstr(secret)));
  }
}

TEST_F(AccountVerbs, AKeyHasWhatItsFlagsSay) {
  run({"team", "create", "--name", "care"});
  const json::value made =
      run_json({"key",        "create",     "--name",     "app",      "--team",     "care",         "--role",
                "admin",      "--expires",  "2999-01-31", "--route",  "support",    "--route",      "eu/*",
                "--endpoint", "embeddings", "--label",    "phi",      "--rpm",      "60",           "--tpm",
                "100000",     "--budget",   "10/day",     "--budget", "0.25/month", "--concurrent", "4"});
  EXPECT_THAT(made.at("secret").as_string().c_str(), HasSubstr("fk_"));
  json::object expected = made.as_object();
  expected.erase("secret");
  EXPECT_EQ(run_json({"key", "show", "app"}).as_object(), expected);
  EXPECT_EQ(expected.at("state"), "active");
  EXPECT_EQ(expected.at("team"), "care");
  EXPECT_EQ(expected.at("role"), "admin");
  EXPECT_EQ(expected.at("expires"), "2999-01-31T00:00:00Z");
  EXPECT_EQ(expected.at("routes"), (json::array{"eu/*", "support"}));
  EXPECT_EQ(expected.at("endpoints"), (json::array{"embeddings"}));
  EXPECT_EQ(expected.at("labels"), (json::array{"phi"}));
  EXPECT_EQ(expected.at("requests_per_minute"), 60);
  EXPECT_EQ(expected.at("tokens_per_minute"), 100000);
  EXPECT_EQ(expected.at("concurrent"), 4);
  EXPECT_EQ(expected.at("budget_day"), 10);
  EXPECT_EQ(expected.at("budget_month"), 0.25);
  EXPECT_TRUE(expected.at("revoked").is_null());
  const Outcome list = run({"key", "list"});
  EXPECT_THAT(list.out, HasSubstr("60 requests/min, 100000 tokens/min, 4 at once"));
  EXPECT_THAT(list.out, HasSubstr("10/day, 0.25/month"));
}

TEST_F(AccountVerbs, SetChangesOnlyWhatIsGiven) {
  run({"key", "create", "--name", "app", "--rpm", "60", "--budget", "10/day", "--label", "a", "--expires",
       "90d"});
  const json::value changed = run_json(
      {"key", "set", "--label", "b", "app", "--rpm", "none", "--budget", "5/month", "--expires", "never"});
  EXPECT_TRUE(changed.at("requests_per_minute").is_null());
  EXPECT_TRUE(changed.at("expires").is_null());
  EXPECT_EQ(changed.at("budget_day"), 10);
  EXPECT_EQ(changed.at("budget_month"), 5);
  EXPECT_EQ(changed.at("labels"), (json::array{"b"}));
  const json::value cleared =
      run_json({"key", "set", "app", "--name", "new", "--label", "none", "--budget", "none"});
  EXPECT_EQ(cleared.at("name"), "new");
  EXPECT_EQ(cleared.at("labels"), json::array());
  EXPECT_TRUE(cleared.at("budget_day").is_null());
  EXPECT_TRUE(cleared.at("budget_month").is_null());
}

TEST_F(AccountVerbs, ARevokedKeyIsListedOnlyWhenAskedFor) {
  run({"key", "create", "--name", "app"});
  EXPECT_THAT(run({"key", "revoke", "app"}).out,
              MatchesRegex("Revoked the key \"app\" \\(key_[0-9a-f]+\\).\n"));
  EXPECT_THAT(run({"key", "list"}).err, HasSubstr("There are no keys yet"));
  EXPECT_EQ(run_json({"key", "list"}), json::array());
  const json::value all = run_json({"key", "list", "--all"});
  ASSERT_EQ(all.as_array().size(), 1u);
  EXPECT_EQ(all.at(0).at("state"), "revoked");
  EXPECT_THAT(failure({"key", "revoke", "app"}), HasSubstr("there is no key \"app\""));
}

TEST_F(AccountVerbs, RotationPrintsANewSecret) {
  const std::string first = run({"key", "create", "--name", "app"}).out;
  const Outcome second = run({"key", "rotate", "app", "--grace", "1h"});
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, MatchesRegex("fk_[0-9A-Za-z]+\n"));
  EXPECT_NE(second.out, first);
  EXPECT_THAT(second.err, HasSubstr("The old one is good until 2"));
  EXPECT_THAT(failure({"key", "rotate", "app", "--grace", "soon"}), HasSubstr("--grace must be a duration"));
}

TEST_F(AccountVerbs, TeamsAndTheOrganisationHaveLimits) {
  EXPECT_THAT(run({"team", "list"}).err, HasSubstr("There are no teams yet"));
  EXPECT_THAT(run({"team", "create", "--name", "care", "--budget", "500/month"}).out,
              HasSubstr("Made the team \"care\""));
  const json::value changed = run_json({"team", "set", "care", "--name", "ward", "--rpm", "5"});
  EXPECT_EQ(changed.at("name"), "ward");
  EXPECT_EQ(changed.at("budget_month"), 500);
  EXPECT_EQ(run_json({"team", "list"}).as_array().size(), 1u);
  EXPECT_THAT(run({"team", "list"}).out, HasSubstr("ward  5 requests/min  500/month"));
  EXPECT_THAT(run({"team", "remove", "ward"}).out, HasSubstr("Removed the team \"ward\""));
  EXPECT_THAT(failure({"team", "remove", "ward"}), HasSubstr("there is no team"));

  EXPECT_EQ(
      run_json({"organisation", "set", "--name", "Example AG", "--budget", "2000/month"}).at("budget_month"),
      2000);
  EXPECT_THAT(run({"organisation", "show"}).out, HasSubstr("Example AG"));
}

TEST_F(AccountVerbs, MistakesNameTheFlag) {
  EXPECT_THAT(failure({"key", "create", "--name", "a", "--rpm", "many"}),
              HasSubstr("--rpm must be a number or none, not \"many\""));
  EXPECT_THAT(failure({"key", "create", "--name", "a", "--budget", "10"}),
              HasSubstr("--budget must say for which period, such as 10/day or 250/month, not \"10\""));
  EXPECT_THAT(failure({"key", "create", "--name", "a", "--role", "king"}),
              HasSubstr("--role must be user, admin or auditor, not \"king\""));
  EXPECT_THAT(failure({"key", "create", "--name", "a", "--expires", "someday"}),
              HasSubstr("--expires must be a duration such as 90d, a date such as 2027-01-31, or never"));
  EXPECT_THAT(failure({"key", "create", "--name", "a", "--expires", "2020-01-31"}),
              HasSubstr("lies in the past"));
  EXPECT_EQ(run({"key", "create"}).code, kExitUsage) << "a key without a name";
}

TEST(Expiry, IsADurationADateOrNever) {
  const WallTime now = std::chrono::sys_days(2026y / 11 / 22) + 20h;
  EXPECT_EQ(parse_expiry("90d", now).value(), now + 90 * 24h);
  EXPECT_EQ(parse_expiry("2028-02-29", now).value(), WallTime(std::chrono::sys_days(2028y / 2 / 29)));
  EXPECT_EQ(parse_expiry("never", now).value(), std::nullopt);
  for (const char* bad :
       {"", "2027-02-29", "2027-13-01", "2027-1-1", "2027-01-0x", "+027-01-01", "2027/01/01", "-1d"}) {
    EXPECT_FALSE(parse_expiry(bad, now)) << bad;
  }
}

}  // namespace
}  // namespace ferry::cli
