#include "serve/accounts/account_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/db/scratch_folder.h"
#include "serve/accounts/secret.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const WallTime kNow = std::chrono::sys_days(2026y / 11 / 22) + 20h;

class AccountStoreTest : public testing::Test {
 protected:
  std::string create_error(const KeyTerms& terms) {
    const auto made = store_.create_key(terms, kNow);
    return made ? "" : made.error().message;
  }

  ScratchFolder folder_;
  std::filesystem::path file_ = folder_ / "ferry.db";
  AccountStore store_ = AccountStore::open(file_).value();
};

const KeyTerms kFull = {.name = "helpdesk, übersetzt",
                        .role = Role::admin,
                        .routes = {"support", "eu/*"},
                        .endpoints = {"chat/completions"},
                        .labels = {"phi"},
                        .expires = kNow + 24h,
                        .limits = {.requests_per_minute = 1, .tokens_per_minute = 2, .concurrent = 3},
                        .budgets = {.day = 4, .month = 5}};

TEST_F(AccountStoreTest, AKeyIsKeptAsItWasMade) {
  ASSERT_TRUE(store_.create_team({.name = "care"}, kNow));
  KeyTerms terms = kFull;
  terms.team_id = "care";
  const NewKey made = store_.create_key(terms, kNow).value();
  AccountStore other = AccountStore::open(file_).value();
  const KeyRecord key = other.find_key(terms.name).value();
  EXPECT_EQ(key.id, made.key.id);
  EXPECT_EQ(key.terms.team_id, other.find_team("care")->id);
  EXPECT_EQ(key.terms.role, Role::admin);
  EXPECT_THAT(key.terms.routes, ElementsAre("eu/*", "support"));
  EXPECT_THAT(key.terms.endpoints, ElementsAre("chat/completions"));
  EXPECT_THAT(key.terms.labels, ElementsAre("phi"));
  EXPECT_EQ(key.terms.expires, kNow + 24h);
  EXPECT_EQ(key.terms.limits, kFull.limits);
  EXPECT_EQ(key.terms.budgets, kFull.budgets);
  EXPECT_EQ(key.created, kNow);
  EXPECT_EQ(key.hint, made.secret.substr(0, 7));
  EXPECT_FALSE(key.revoked);
}

TEST_F(AccountStoreTest, TheSecretIsNowhereInTheFile) {
  const NewKey made = store_.create_key({.name = "a"}, kNow).value();
  for (const char* name : {"ferry.db", "ferry.db-wal"}) {
    EXPECT_THAT(read_file(folder_ / name).value(), Not(HasSubstr(made.secret.substr(7)))) << name;
  }
  const AccountBook book = store_.read_all().value();
  ASSERT_EQ(book.secrets.size(), 1u);
  EXPECT_EQ(book.secrets[0].hash, hash_secret(made.secret));
}

TEST_F(AccountStoreTest, KeysAreFoundByNameIdOrSecret) {
  const NewKey made = store_.create_key({.name = "app"}, kNow).value();
  for (const std::string& word : {std::string("app"), made.key.id, made.secret}) {
    EXPECT_EQ(store_.find_key(word)->id, made.key.id);
  }
  EXPECT_EQ(store_.find_key("apq").error().message, "there is no key \"apq\"; did you mean \"app\"?");
  EXPECT_EQ(store_.find_key("apq").error().code, ErrorCode::not_found);
  const auto secret = store_.find_key("fk_somebody's secret");
  EXPECT_EQ(secret.error().message, "there is no key with this secret") << "which is not repeated";
}

TEST_F(AccountStoreTest, WhatCannotBeAKeyIsRefused) {
  EXPECT_THAT(create_error({.name = ""}), HasSubstr("the key's name must have 1 to 128 bytes"));
  EXPECT_THAT(create_error({.name = std::string(129, 'x')}), HasSubstr("1 to 128 bytes"));
  EXPECT_THAT(create_error({.name = "a\nb"}), HasSubstr("without control characters"));
  EXPECT_THAT(create_error({.name = "a\xff"}), HasSubstr("UTF-8"));
  EXPECT_THAT(create_error({.name = "fk_abc"}), HasSubstr("must not begin with fk_"));
  EXPECT_THAT(create_error({.name = "a", .routes = {"a b"}}), HasSubstr("each route must be"));
  EXPECT_THAT(create_error({.name = "a", .routes = {"a*b"}}),
              HasSubstr("route \"a*b\": a * may stand at the end"));
  EXPECT_THAT(create_error({.name = "a", .endpoints = {""}}), HasSubstr("each endpoint must be"));
  EXPECT_THAT(create_error({.name = "a", .labels = {"a,b"}}), HasSubstr("label \"a,b\": must not"));
  EXPECT_THAT(create_error({.name = "a", .labels = std::vector<std::string>(257, "x")}),
              HasSubstr("256 labels"));
  EXPECT_THAT(create_error({.name = "a", .expires = kNow}), HasSubstr("lies in the past"));
  EXPECT_THAT(create_error({.name = "a", .limits = {.concurrent = 0}}),
              HasSubstr("concurrent requests must be 1 to 1000000000000, not 0"));
  EXPECT_THAT(create_error({.name = "a", .budgets = {.day = -1}}), HasSubstr("must not be negative"));
  EXPECT_THAT(create_error({.name = "a", .team_id = "nobody"}), HasSubstr("there is no team \"nobody\""));
  EXPECT_EQ(create_error({.name = "*", .routes = {"*"}}), "");
  EXPECT_EQ(create_error({.name = "*"}), "there is a key \"*\" already");
  EXPECT_EQ(store_.keys()->size(), 1u);
}

TEST_F(AccountStoreTest, ARevokedKeyStaysAndFreesItsName) {
  const NewKey first = store_.create_key({.name = "app"}, kNow).value();
  EXPECT_EQ(store_.revoke_key("app", kNow + 1s)->revoked, kNow + 1s);
  EXPECT_EQ(store_.revoke_key(first.key.id, kNow + 2s)->revoked, kNow + 1s) << "once is enough";
  EXPECT_FALSE(store_.find_key("app"));
  EXPECT_TRUE(store_.find_key(first.key.id));
  const NewKey second = store_.create_key({.name = "app"}, kNow + 3s).value();
  EXPECT_EQ(store_.find_key("app")->id, second.key.id);
  EXPECT_EQ(store_.keys()->size(), 2u);
  EXPECT_EQ(store_.rotate_key(first.key.id, 0s, kNow).error().message, "the key \"app\" is revoked");
  EXPECT_EQ(store_.change_key(first.key.id, {.name = "b"}, kNow).error().message,
            "the key \"app\" is revoked");
}

TEST_F(AccountStoreTest, RotationLeavesTheOldSecretItsGrace) {
  const NewKey first = store_.create_key({.name = "app"}, kNow).value();
  const NewKey second = store_.rotate_key("app", 1h, kNow + 1s).value();
  EXPECT_NE(first.secret, second.secret);
  EXPECT_EQ(first.key.id, second.key.id);
  EXPECT_EQ(second.key.hint, second.secret.substr(0, 7));
  ASSERT_TRUE(store_.rotate_key("app", 24h, kNow + 2s));
  const AccountBook book = store_.read_all().value();
  ASSERT_EQ(book.secrets.size(), 3u);
  for (const KeySecret& secret : book.secrets) {
    if (secret.hash == hash_secret(first.secret)) {
      EXPECT_EQ(secret.expires, kNow + 1s + 1h) << "a later rotation does not prolong it";
    } else if (secret.hash == hash_secret(second.secret)) {
      EXPECT_EQ(secret.expires, kNow + 2s + 24h);
    } else {
      EXPECT_FALSE(secret.expires);
    }
  }
}

TEST_F(AccountStoreTest, AKeysTermsMayChange) {
  const NewKey made = store_.create_key(kFull, kNow).value();
  KeyTerms terms = made.key.terms;
  terms.name = "other";
  terms.routes = {"b", "a", "b"};
  terms.labels = {};
  terms.limits = {};
  terms.budgets.day = 77;
  terms.expires = {};
  const KeyRecord changed = store_.change_key(made.key.id, terms, kNow).value();
  EXPECT_EQ(changed.terms.name, "other");
  EXPECT_THAT(changed.terms.routes, ElementsAre("a", "b"));
  EXPECT_THAT(changed.terms.labels, ElementsAre());
  EXPECT_EQ(changed.terms.limits, RateLimits());
  EXPECT_EQ(changed.terms.budgets.day, 77);
  EXPECT_FALSE(changed.terms.expires);
  ASSERT_TRUE(store_.create_key({.name = "third"}, kNow));
  EXPECT_EQ(store_.change_key("third", terms, kNow).error().message, "there is a key \"other\" already");
}

TEST_F(AccountStoreTest, TeamsAreMadeChangedAndRemoved) {
  const GroupTerms terms = {.name = "care", .limits = kFull.limits, .budgets = kFull.budgets};
  const TeamRecord team = store_.create_team(terms, kNow).value();
  EXPECT_EQ(store_.create_team(terms, kNow).error().message, "there is a team \"care\" already");
  EXPECT_EQ(store_.find_team("care")->terms.limits, kFull.limits);
  EXPECT_EQ(store_.find_team(team.id)->terms.budgets, kFull.budgets);
  EXPECT_EQ(store_.find_team("cares").error().message, "there is no team \"cares\"; did you mean \"care\"?");

  ASSERT_TRUE(store_.create_team({.name = "ward"}, kNow));
  EXPECT_EQ(store_.change_team("ward", {.name = "care"}).error().message, "there is a team \"care\" already");
  EXPECT_EQ(store_.change_team("care", {.name = "Care", .budgets = {.day = 9}})->terms.budgets.day, 9);
  EXPECT_FALSE(store_.find_team("Care")->terms.limits.concurrent) << "terms are replaced as a whole";

  ASSERT_TRUE(store_.create_key({.name = "app", .team_id = "Care"}, kNow));
  EXPECT_EQ(store_.remove_team("Care", kNow).error().message,
            "the team \"Care\" has keys, such as \"app\": revoke them first");
  ASSERT_TRUE(store_.revoke_key("app", kNow));
  EXPECT_TRUE(store_.remove_team("Care", kNow));
  EXPECT_EQ(store_.teams()->size(), 1u);
  EXPECT_TRUE(store_.create_team({.name = "Care"}, kNow)) << "the name is free again";
}

TEST_F(AccountStoreTest, TheOrganisationIsThereFromTheBeginning) {
  EXPECT_EQ(store_.organisation()->name, "organisation");
  ASSERT_TRUE(
      store_.change_organisation({.name = "Example AG", .limits = kFull.limits, .budgets = {.month = 9}}));
  const GroupTerms kept = AccountStore::open(file_)->organisation().value();
  EXPECT_EQ(kept.name, "Example AG");
  EXPECT_EQ(kept.limits, kFull.limits);
  EXPECT_EQ(kept.budgets.month, 9);
  EXPECT_FALSE(store_.change_organisation({.name = ""}));
}

TEST_F(AccountStoreTest, EveryChangeIsCountedAndNoFailure) {
  const int64_t before = store_.revision().value();
  ASSERT_TRUE(store_.create_key({.name = "app"}, kNow));
  EXPECT_EQ(store_.revision().value(), before + 1);
  EXPECT_FALSE(store_.create_key({.name = "app"}, kNow));
  EXPECT_FALSE(store_.revoke_key("nobody", kNow));
  EXPECT_EQ(store_.revision().value(), before + 1);
  ASSERT_TRUE(store_.rotate_key("app", 0s, kNow));
  ASSERT_TRUE(store_.create_team({.name = "t"}, kNow));
  ASSERT_TRUE(store_.change_team("t", {.name = "u"}));
  ASSERT_TRUE(store_.remove_team("u", kNow));
  ASSERT_TRUE(store_.change_organisation({.name = "o"}));
  ASSERT_TRUE(store_.revoke_key("app", kNow));
  EXPECT_EQ(store_.read_all()->revision, before + 7);
}

TEST_F(AccountStoreTest, ARoleThatNobodyKnowsIsADamagedFile) {
  ASSERT_TRUE(store_.create_key({.name = "app"}, kNow));
  ASSERT_TRUE(Database::open(file_)->execute("spoil it", "UPDATE keys SET role = 'king'"));
  const auto keys = store_.keys();
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace ferry
