// What wire conversations (wire_test.cpp) cannot show: clients that go away, several at once, logic without a
// server.

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <unistd.h>

#include "app/api/engine_watch.h"
#include "app/api/test_server.h"
#include "base/core/file.h"

namespace ferry::api {
namespace {

using testing::HasSubstr;

std::string chat_body(std::string_view question, bool stream) {
  std::string body;
  JsonWriter w(body);
  w.begin_object();
  w.member("model", "fake");
  w.member("stream", stream);
  w.key("messages");
  w.begin_array();
  w.begin_object();
  w.member("role", "user");
  w.member("content", question);
  w.end_object();
  w.end_array();
  w.end_object();
  return body;
}

HttpCall chat_call(const TestServer& server, std::string_view question, bool stream) {
  return {.method = "POST",
          .url = server.url("/v1/chat/completions"),
          .headers = {{"Content-Type", "application/json"}},
          .body = chat_body(question, stream)};
}

// True as soon as `condition` is; false when it is not within some seconds.
bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Generate, AStreamWhoseClientLeavesIsCancelled) {
  TestServer server;
  HttpClient client;
  std::string received;
  const auto left = client.stream(chat_call(server, "wait first piece", true),
                                  {.on_head = [](const HttpResponse& head) { return head.status == 200; },
                                   .on_body =
                                       [&](std::string_view piece) {
                                         received += piece;
                                         return received.find("first piece") == std::string::npos;
                                       }});
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(eventually([&] { return server.provider.cancelled == 1; }));
}

TEST(Generate, AWholeAnswerWhoseClientLeavesIsCancelled) {
  TestServer server;
  HttpCall call = chat_call(server, "wait a", false);
  call.read_timeout = std::chrono::milliseconds(200);
  EXPECT_FALSE(HttpClient().send(call));
  EXPECT_TRUE(eventually([&] { return server.provider.cancelled == 1; }));
}

TEST(Generate, AnswersOfSeveralClientsDoNotMix) {
  TestServer server;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&server, i] {
      HttpClient client;
      for (int round = 0; round < 5; ++round) {
        const std::string mine = fmt::format("client {} round {}", i, round);
        const auto response = client.send(chat_call(server, "say " + mine, round % 2 == 0));
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 200);
        EXPECT_THAT(response->body, HasSubstr(mine));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server.provider.cancelled, 0);
}

TEST(Generate, TheProviderIsAskedForItsOwnNameOfTheModel) {
  TestServer server;
  ASSERT_TRUE(HttpClient().send(chat_call(server, "say a", false)));
  EXPECT_THAT(server.provider.models, testing::ElementsAre("target"));
}

TEST(Generate, StoppingTheServerEndsStreamsHonestly) {
  TestServer server;
  std::string received;
  std::thread client([&] {
    (void)HttpClient().stream(chat_call(server, "wait a", true),
                              {.on_head = [](const HttpResponse&) { return true; },
                               .on_body =
                                   [&](std::string_view piece) {
                                     received += piece;
                                     return true;
                                   }});
  });
  ASSERT_TRUE(eventually([&] { return server.provider.asked == 1; }));
  server.provider.stop();  // as the engine does
  client.join();
  EXPECT_THAT(received, HasSubstr("the server stopped before the answer was complete"));
  EXPECT_THAT(received, testing::Not(HasSubstr("[DONE]")));
}

// What a client of a stream or of a whole answer gets, from another thread.
struct Waiting {
  Waiting(const TestServer& server, bool stream) {
    thread = std::thread([this, call = chat_call(server, "wait a", stream)] {
      const auto response = HttpClient().send(call);
      ASSERT_TRUE(response) << response.error().message;
      status = response->status;
      body = response->body;
    });
  }
  std::thread thread;
  int status = 0;
  std::string body;
};

TEST(Shutdown, WhatRunsIsEndedWithAnErrorThatItsClientSees) {
  TestServer server;
  Waiting stream(server, true);
  Waiting whole(server, false);
  ASSERT_TRUE(eventually([&] { return server.provider.asked == 2; }));
  server.service.in_flight->begin_draining();
  EXPECT_FALSE(server.server->drain(std::chrono::milliseconds(50)));
  server.service.in_flight->end_all();
  EXPECT_TRUE(server.server->drain(std::chrono::seconds(10)));
  stream.thread.join();
  whole.thread.join();
  EXPECT_EQ(server.provider.cancelled, 2);
  EXPECT_EQ(stream.status, 200);
  EXPECT_THAT(stream.body, HasSubstr(R"("a")"));
  EXPECT_THAT(stream.body, HasSubstr("the server is shutting down"));
  EXPECT_THAT(stream.body, testing::Not(HasSubstr("[DONE]")));
  EXPECT_EQ(whole.status, 503);
  EXPECT_THAT(whole.body, HasSubstr(R"("code":"shutting_down")"));
}

TEST(Shutdown, OpenConnectionsAreToldAndThenClosed) {
  TestServer server;
  HttpClient kept[3];
  const HttpCall health{.url = server.url("/health"), .headers = {}, .body = {}};
  for (HttpClient& client : kept) EXPECT_EQ(client.send(health)->status, 200);
  Waiting running(server, true);
  ASSERT_TRUE(eventually([&] { return server.provider.asked == 1; }));
  server.service.in_flight->begin_draining();
  EXPECT_FALSE(server.server->drain(std::chrono::milliseconds(50)));

  const auto sick = kept[0].send(health);
  ASSERT_TRUE(sick) << sick.error().message;
  EXPECT_EQ(sick->status, 503);
  EXPECT_EQ(sick->header("Connection"), "close");
  EXPECT_THAT(sick->body, HasSubstr("shutting down"));
  const auto late = kept[1].send(chat_call(server, "say a", true));
  ASSERT_TRUE(late) << late.error().message;
  EXPECT_EQ(late->status, 503);
  EXPECT_EQ(late->header("Retry-After"), "1");
  EXPECT_EQ(kept[2].send({.url = server.url("/version"), .headers = {}, .body = {}})->status, 200);
  EXPECT_FALSE(HttpClient().send(health));  // nobody listens
  EXPECT_FALSE(kept[0].send(health));       // its connection has been closed
  server.provider.stop();
  running.thread.join();
  EXPECT_TRUE(server.server->drain(std::chrono::seconds(10)));
}

TEST(InFlight, EndsEachOnceAndForgetsWhatIsOver) {
  InFlight in_flight;
  int first = 0;
  int second = 0;
  int late = 0;
  auto kept = in_flight.add([&] { ++first; });
  auto gone = in_flight.add([&] { ++second; });
  gone.reset();
  in_flight.end_all();
  in_flight.end_all();
  EXPECT_EQ(in_flight.add([&] { ++late; }), nullptr);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
  EXPECT_EQ(late, 1);
}

TEST(RequestId, IsNewUnlessTheClientSentASensibleOne) {
  TestServer server;
  HttpClient client;
  const auto id_for = [&](const std::string& sent) {
    HttpCall call{.url = server.url("/version"), .headers = {{"x-request-id", sent}}, .body = {}};
    return std::string(client.send(call).value().header("x-request-id").value_or(""));
  };
  EXPECT_EQ(id_for("mine-1"), "mine-1");
  EXPECT_THAT(id_for("two words"), testing::StartsWith("req-"));
  EXPECT_THAT(id_for(std::string(200, 'x')), testing::StartsWith("req-"));
  EXPECT_NE(id_for("two words"), id_for("two words"));
}

TEST(Refusals, ABodyThatIsTooLargeIsAnsweredInTheSameShape) {
  TestServer server;
  HttpCall call{.method = "POST",
                .url = server.url("/v1/completions"),
                .headers = {{"Content-Type", "application/json"}, {"x-request-id", "mine"}},
                .body = std::string(1 << 17, 'x')};
  const auto response = HttpClient().send(call);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->header("x-request-id"), "mine");
  EXPECT_THAT(response->body,
              HasSubstr(R"("type":"invalid_request_error","param":null,"code":"request_too_large")"));
}

TEST(Liveness, HealthTellsWhatIsWrong) {
  TestServer server;
  std::atomic<bool> alive = true;
  server.service.liveness = [&](const std::function<void(Result<void>)>& answer) {
    answer(alive ? Result<void>{} : fail(ErrorCode::unavailable, "the engine stands still"));
  };
  HttpClient client;
  EXPECT_EQ(client.send({.url = server.url("/health"), .headers = {}, .body = {}})->status, 200);
  alive = false;
  const auto sick = client.send({.url = server.url("/health"), .headers = {}, .body = {}});
  EXPECT_EQ(sick->status, 503);
  EXPECT_THAT(sick->body, HasSubstr("stands still"));
}

TEST(ApiKeys, AcceptsBearerKeysOnly) {
  const ApiKeys keys = ApiKeys::load({"alpha", "beta"}, "").value();
  EXPECT_EQ(keys.find("Bearer alpha"), 0u);
  EXPECT_EQ(keys.find("bearer beta"), 1u);
  EXPECT_FALSE(keys.find("Bearer alph"));
  EXPECT_FALSE(keys.find("Bearer alphabet"));
  EXPECT_FALSE(keys.find("Bearer "));
  EXPECT_FALSE(keys.find("Basic alpha"));
  EXPECT_FALSE(keys.find("alpha"));
  EXPECT_FALSE(keys.find(std::nullopt));
  EXPECT_TRUE(ApiKeys().find(std::nullopt));
}

TEST(ApiKeys, ReadsFilesAndRefusesWhatIsNoKey) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("ferry_keys_{}", ::getpid());
  ASSERT_TRUE(write_file_atomic(file, "# for the office\nfirst\r\n\n  second  \n"));
  const ApiKeys keys = ApiKeys::load({"third"}, file.string()).value();
  for (const char* key : {"Bearer first", "Bearer second", "Bearer third"})
    EXPECT_TRUE(keys.find(key)) << key;
  ASSERT_TRUE(write_file_atomic(file, "# nothing\n"));
  EXPECT_THAT(ApiKeys::load({}, file.string()).error().message, HasSubstr("no API key"));
  std::filesystem::remove(file);
  EXPECT_EQ(ApiKeys::load({}, file.string()).error().code, ErrorCode::not_found);
  EXPECT_FALSE(ApiKeys::load({"two words"}, ""));
  EXPECT_FALSE(ApiKeys::load({""}, ""));
}

TEST(Exposure, BeyondThisMachineAKeyIsNeeded) {
  const ApiKeys none;
  const ApiKeys one = ApiKeys::load({"k"}, "").value();
  for (const char* local : {"127.0.0.1", "127.3.2.1", "localhost", "::1"}) {
    EXPECT_TRUE(check_exposure(local, none, false)) << local;
  }
  for (const char* open : {"0.0.0.0", "::", "192.168.1.4", "127.0.0.1.example.com"}) {
    EXPECT_FALSE(check_exposure(open, none, false)) << open;
    EXPECT_TRUE(check_exposure(open, one, false)) << open;
    EXPECT_TRUE(check_exposure(open, none, true)) << open;
  }
  EXPECT_THAT(check_exposure("0.0.0.0", none, false).error().message, HasSubstr("--api-key-file"));
}

TEST(HostCheck, KnowsThisMachinesNames) {
  for (const char* local :
       {"localhost", "LocalHost:8080", "app.localhost", "127.0.0.1:8080", "[::1]:8080", "10.0.0.3"}) {
    EXPECT_TRUE(names_this_machine(local)) << local;
  }
  for (const char* foreign :
       {"evil.example", "localhost.evil.example", "notlocalhost", "", "[", "127.0.0.1.nip.io:80"}) {
    EXPECT_FALSE(names_this_machine(foreign)) << foreign;
  }
}

}  // namespace
}  // namespace ferry::api
