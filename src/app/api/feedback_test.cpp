#include "app/api/feedback.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/api/test_server.h"
#include "base/db/scratch_folder.h"
#include "serve/accounts/account_store.h"
#include "serve/gateway/gateway.h"
#include "serve/traffic/store.h"

namespace ferry::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kId = "019ab3c4-d5e6-7f01-8234-56789abcdef0";

std::string problem(std::string_view members) {
  const auto read = read_feedback(fmt::format(R"({{"exchange":"{}",{}}})", kId, members));
  return read ? "" : fmt::format("{}: {}", read.error().param, read.error().error.message);
}

TEST(ReadFeedback, TakesEachKindOnce) {
  const auto read = read_feedback(
      fmt::format(R"({{"exchange":"{}","truth":"t","rating":-0.5,"comment":"c","edit":""}})", kId));
  ASSERT_TRUE(read) << read.error().error.message;
  EXPECT_EQ(read->exchange.to_string(), kId);
  EXPECT_THAT(read->given, ElementsAre(Feedback{.kind = FeedbackKind::rating, .value = -0.5, .text = "c"},
                                       Feedback{.kind = FeedbackKind::edit, .text = ""},
                                       Feedback{.kind = FeedbackKind::truth, .text = "t"}));
}

TEST(ReadFeedback, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(problem(R"("rating":"good")"), HasSubstr("rating: "));
  EXPECT_THAT(problem(R"("rating":1e300)"), HasSubstr("rating: "));
  EXPECT_THAT(problem(R"("edit":7)"), HasSubstr("edit: "));
  EXPECT_THAT(problem(R"("comment":"why")"), HasSubstr("belongs to a rating"));
  EXPECT_THAT(problem(R"("rating":1,"raiting":2)"), HasSubstr("raiting: "));
  EXPECT_THAT(problem(R"("rating":null)"), HasSubstr("rating: "));
  const auto without = [](std::string_view body) { return read_feedback(body).error().param; };
  EXPECT_EQ(without(R"({"rating":1})"), "exchange");
  EXPECT_EQ(without(R"({"exchange":"7","rating":1})"), "exchange");
  EXPECT_FALSE(read_feedback("[]"));
  EXPECT_FALSE(read_feedback("{"));
}

// A server with a record, a team of two keys, and one key each beside them.
class FeedbackApi : public testing::Test {
 protected:
  FeedbackApi() {
    AccountStore store = AccountStore::open(folder_ / "ferry.db").value();
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const std::string team = store.create_team({.name = "team"}, now).value().id;
    const auto create = [&](KeyTerms terms, std::string& secret) {
      const NewKey key = store.create_key(terms, now).value();
      secret = key.secret;
      return key.key.id;
    };
    maker_ = create({.name = "maker", .team_id = team}, maker_secret_);
    create({.name = "mate", .team_id = team}, mate_secret_);
    create({.name = "other"}, other_secret_);
    create({.name = "admin", .role = Role::admin}, admin_secret_);
    EXPECT_TRUE(accounts_->refresh());
    server_.service.gateway = &gateway_;
    server_.service.feedback = &desk_;
    EXPECT_TRUE(
        recorder_->intent({.exchange = id_, .time_us = unix_now_us(), .key_id = maker_, .team_id = team}));
  }

  HttpResponse send(std::string_view secret, std::string_view members, std::string_view id) {
    return HttpClient()
        .send({.method = "POST",
               .url = server_.url("/v1/feedback"),
               .headers = {{"Content-Type", "application/json"},
                           {"Authorization", fmt::format("Bearer {}", secret)}},
               .body = fmt::format(R"({{"exchange":"{}",{}}})", id, members)})
        .value();
  }
  HttpResponse send(std::string_view secret, std::string_view members) {
    return send(secret, members, id_.to_string());
  }
  std::vector<Feedback> recorded() {
    EXPECT_TRUE(recorder_->flush());
    return recorder_->store().feedback(id_, nullptr).value();
  }

  ScratchFolder folder_;
  NetThreads threads_{1};
  HttpPool pool_{threads_, {}};
  std::unique_ptr<Accounts> accounts_ = Accounts::open(folder_ / "ferry.db").value();
  std::unique_ptr<Recorder> recorder_ = Recorder::open(folder_.path(), {}).value();
  Gateway gateway_{threads_, pool_, *accounts_, recorder_.get(), nullptr};
  FeedbackDesk desk_{*recorder_};
  TestServer server_;
  const ExchangeId id_ = ExchangeId::make(unix_now_us());
  std::string maker_, maker_secret_, mate_secret_, other_secret_, admin_secret_;
};

TEST_F(FeedbackApi, IsRecordedWithItsGiver) {
  const auto response = send(maker_secret_, R"("rating":1,"comment":"quick","edit":"Better.")");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body,
            fmt::format(R"({{"object":"feedback","exchange":"{}","recorded":["rating","edit"]}})",
                        id_.to_string()));
  const auto all = recorded();
  ASSERT_THAT(all, testing::SizeIs(2));
  EXPECT_EQ(all[0].value, 1);
  EXPECT_EQ(all[0].text, "quick");
  EXPECT_EQ(all[0].who, maker_);
  EXPECT_GT(all[0].time_us, 0);
  EXPECT_EQ(all[1].text, "Better.");
}

TEST_F(FeedbackApi, OfTheKeyItsTeamAndAdministratorsOnly) {
  EXPECT_EQ(send(mate_secret_, R"("rating":1)").status, 200);
  EXPECT_EQ(send(admin_secret_, R"("rating":0)").status, 200);
  const auto refused = send(other_secret_, R"("rating":1)");
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(refused.body, HasSubstr("exchange_not_found"));
  // The same words, whether it is there or not.
  const auto unknown = send(other_secret_, R"("rating":1)", kId);
  EXPECT_EQ(unknown.status, 404);
  std::string body = unknown.body;
  body.replace(body.find(kId), kId.size(), id_.to_string());
  EXPECT_EQ(body, refused.body);
  EXPECT_EQ(send("nobody", R"("rating":1)").status, 401);
  EXPECT_THAT(recorded(), testing::SizeIs(2));
}

TEST_F(FeedbackApi, WhatIsWrongIsNamedAndNotRecorded) {
  const auto response = send(maker_secret_, R"("rating":1,"eddit":"x")");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"("param":"eddit")"));
  EXPECT_EQ(send(admin_secret_, R"("rating":1)", "x").status, 400);
  EXPECT_EQ(send(admin_secret_, R"("rating":1)", kId).status, 404);
  EXPECT_THAT(recorded(), IsEmpty());
}

TEST_F(FeedbackApi, WithoutARecordOrRoutesItSaysSo) {
  server_.service.feedback = nullptr;
  EXPECT_THAT(send(maker_secret_, R"("rating":1)").body, HasSubstr("records no exchanges"));
  server_.service.gateway = nullptr;
  EXPECT_THAT(send(maker_secret_, R"("rating":1)").body, HasSubstr("no_routes"));
}

TEST_F(FeedbackApi, ManyAtOnceAreAllTaken) {
  std::atomic<int> taken = 0, refused = 0;
  const auto giver = accounts_->keyless();
  {
    FeedbackDesk desk(*recorder_);
    const ExchangeId own = ExchangeId::make(unix_now_us());
    EXPECT_TRUE(recorder_->intent({.exchange = own, .time_us = unix_now_us()}));
    const FeedbackRequest request{.exchange = own, .given = {{.value = 1}}};
    for (int i = 0; i < 1500; ++i) {
      desk.give(request, giver, [&](const Result<void>& result) {
        if (!result) {
          EXPECT_EQ(result.error().code, ErrorCode::overloaded);
        }
        ++(result ? taken : refused);
      });
    }
  }
  EXPECT_EQ(taken + refused, 1500);
  EXPECT_GE(taken, 1000);
}

}  // namespace
}  // namespace ferry::api
