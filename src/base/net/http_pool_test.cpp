// The pool over plain TCP, with servers that behave. Those that do not: http_pool_faults_test.cpp.

#include "base/net/http_pool.h"

#include <gmock/gmock.h>

#include "base/net/test_client.h"
#include "base/net/test_upstream.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(HttpPool, KeepsItsConnection) {
  const RawServer server(answer_all);
  TestPool test;
  for (int i = 0; i < 5; ++i) {
    const auto sink = test.run(test.call_to(server.url(), fmt::format("/{}?q", i)));
    EXPECT_EQ(sink->head().status, 200);
    EXPECT_EQ(sink->head().content_length, sink->body().size());
    EXPECT_EQ(sink->body(), fmt::format("1 GET /{}?q HTTP/1.1", i));
  }
  EXPECT_EQ(server.accepted(), 1);
  const HttpPool::Load load = test.pool->load();
  EXPECT_EQ(load.open, 1);
  EXPECT_EQ(load.idle, 1);
  EXPECT_EQ(load.waiting, 0);
}

TEST(HttpPool, SendsWhatItIsGiven) {
  std::string seen;
  const RawServer server([&](RawPeer& peer) {
    seen = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url(), "/v1/x");
  call.method = "POST";
  call.headers = {{"Content-Type", "application/json"}, {"X-A", "b c"}};
  call.body = std::make_shared<const std::string>("{}");
  EXPECT_FALSE(test.run(call)->wait());
  EXPECT_EQ(seen,
            fmt::format("POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                        "X-A: b c\r\nContent-Length: 2\r\n\r\n{{}}",
                        server.port()));
}

TEST(HttpPool, LargeBodiesArriveWhole) {
  const auto server = serve([](const std::shared_ptr<HttpExchange>& exchange) {
    exchange->begin_stream(200, "text/plain");
    exchange->write(exchange->request().body);
    exchange->write("end");
    exchange->end();
  });
  TestPool test;
  std::string body(3 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * i % 26);
  HttpPoolCall call = test.call_to(server->url());
  call.method = "POST";
  call.body = std::make_shared<const std::string>(body);
  for (int i = 0; i < 3; ++i) {
    const auto sink = test.run(call);
    ASSERT_FALSE(sink->wait());
    EXPECT_EQ(sink->body(), body + "end");
  }
  EXPECT_EQ(test.pool->load().open, 1);
}

std::string whole_answer(const std::string& text, const std::string& method = "GET") {
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    for (const char c : text) peer.send({&c, 1});
  });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  call.method = method;
  const auto sink = test.run(call);
  const auto failure = sink->wait();
  return failure ? failure->message : fmt::format("{} {}", sink->head().status, sink->body());
}

TEST(HttpPool, ReadsEveryKindOfBody) {
  EXPECT_EQ(whole_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 ok");
  EXPECT_EQ(
      whole_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n"),
      "200 ok!");
  EXPECT_EQ(whole_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: x\r\n\r\n"), "200 ");
  EXPECT_EQ(whole_answer("HTTP/1.0 200 OK\r\n\r\nuntil the end"), "200 until the end");
  EXPECT_EQ(whole_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                         "HTTP/1.1 204 No Content\r\n\r\n"),
            "204 ");
  EXPECT_EQ(whole_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), "304 ");
  EXPECT_EQ(whole_answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "HEAD"), "200 ");
  EXPECT_EQ(whole_answer("HTTP/1.1 404\r\nContent-Length: 1\r\n\r\n?"), "404 ?");
}

TEST(HttpPool, HandsOnWhatHasComeBeforeMoreComes) {
  Signal got_first;
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst");
    EXPECT_TRUE(got_first.wait());
    peer.send("\r\n4\r\nlast\r\n0\r\n\r\n");
  });
  TestPool test;
  const auto sink = std::make_shared<TestSink>();
  test.pool->send(test.call_to(server.url()), sink);
  sink->wait_for_body(5);
  got_first.raise();
  EXPECT_FALSE(sink->wait());
  EXPECT_EQ(sink->body(), "firstlast");
}

TEST(HttpPool, ACallOfANetworkThreadStaysOnIt) {
  const RawServer server(answer_all);
  TestPool test(3);
  const HttpPoolCall call = test.call_to(server.url());
  for (size_t i = 0; i < 3; ++i) {
    const auto sink = std::make_shared<TestSink>();
    std::thread::id here;
    std::optional<size_t> at_end;
    sink->on_over = [&] { at_end = test.threads.current(); };
    test.threads.post(i, [&] {
      here = std::this_thread::get_id();
      test.pool->send(call, sink);
    });
    EXPECT_FALSE(sink->wait());
    EXPECT_EQ(sink->thread(), here);
    EXPECT_EQ(at_end, i);
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpPool, WhoIsToldOfTheEndCanUseTheConnectionAtOnce) {
  const RawServer server(answer_all);
  TestPool test;
  const HttpPoolCall call = test.call_to(server.url());
  const auto first = std::make_shared<TestSink>(), second = std::make_shared<TestSink>();
  first->on_over = [&] { test.pool->send(call, second); };
  test.pool->send(call, first);
  EXPECT_FALSE(second->wait());
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpPool, CallsBeyondTheConnectionsWaitInLine) {
  Signal go;
  const RawServer server([&](RawPeer& peer) {
    go.wait();
    answer_all(peer);
  });
  TestPool test;
  const HttpPoolCall call = test.call({.url = server.url(), .max_connections = 2});
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 20; ++i) {
    sinks.push_back(std::make_shared<TestSink>());
    test.pool->send(call, sinks.back());
  }
  const HttpPool::Load load = test.pool->load();
  EXPECT_EQ(load.open, 2);
  EXPECT_EQ(load.waiting, 18);
  go.raise();
  for (const auto& sink : sinks) EXPECT_FALSE(sink->wait());
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpPool, ManyCallsOverFewConnections) {
  const auto server = serve(echo);
  TestPool test(2);
  HttpPoolCall call = test.call({.url = server->url(), .max_connections = 4});
  call.deadlines.connect = seconds(60);
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 4000; ++i) {
    call.method = "POST";
    call.body = std::make_shared<const std::string>(fmt::format("body {}", i));
    sinks.push_back(std::make_shared<TestSink>());
    test.pool->send(call, sinks.back());
  }
  for (int i = 0; i < 4000; ++i) {
    ASSERT_FALSE(sinks[i]->wait());
    ASSERT_EQ(sinks[i]->body(), fmt::format("POST / [body {}]", i));
  }
  EXPECT_LE(test.pool->load().open, 4);
}

TEST(HttpPool, KeepsNoMoreThanItMay) {
  const RawServer server(answer_all);
  TestPool test;
  const HttpPoolCall call = test.call({.url = server.url(), .max_idle = 1});
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 8; ++i) {
    sinks.push_back(std::make_shared<TestSink>());
    test.pool->send(call, sinks.back());
  }
  for (const auto& sink : sinks) EXPECT_FALSE(sink->wait());
  EXPECT_LE(test.pool->load().idle, 1);
}

// Waits for what another thread brings about.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

TEST(HttpPool, LetsIdleConnectionsGo) {
  const RawServer server(answer_all);
  TestPool test;
  EXPECT_FALSE(test.run(test.call({.url = server.url(), .idle_timeout = milliseconds(30)}))->wait());
  EXPECT_TRUE(eventually([&] { return test.pool->load().open == 0; }));
}

TEST(HttpPool, BelievesTheServerOnHowLongItKeepsAConnection) {
  const RawServer server([](RawPeer& peer) {
    while (!peer.read_request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: max=5, timeout=1\r\n\r\n");
    }
  });
  TestPool test;
  EXPECT_FALSE(test.run(test.call_to(server.url()))->wait());
  EXPECT_EQ(test.pool->load().open, 0);
}

TEST(HttpPool, DoesNotKeepWhatTheServerCloses) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nunasked"}) {
    const RawServer server([head](RawPeer& peer) {
      peer.read_request();
      peer.send(head);
      peer.wait_for_end();
    });
    TestPool test;
    EXPECT_FALSE(test.run(test.call_to(server.url()))->wait());
    EXPECT_TRUE(eventually([&] { return test.pool->load().open == 0; })) << head;
  }
  const RawServer old([](RawPeer& peer) {
    while (!peer.read_request().empty())
      peer.send("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  });
  TestPool test;
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(test.run(test.call_to(old.url()))->wait());
  EXPECT_EQ(old.accepted(), 1);
}

TEST(HttpPool, EqualSettingsAreOneOrigin) {
  TestPool test;
  const auto first = test.origin({.url = "http://127.0.0.1:1"});
  EXPECT_EQ(test.origin({.url = "http://127.0.0.1:1"}), first);
  EXPECT_NE(test.origin({.url = "http://127.0.0.1:1", .max_idle = 3}), first);
  EXPECT_FALSE(test.pool->origin({.url = "gopher://x"}));
}

TEST(HttpPool, TriesEveryAddressOfAName) {
  const RawServer server(answer_all);
  HttpPoolSettings settings;
  std::atomic<int> asked = 0;
  settings.resolve = [&](const std::string& host) -> Result<std::vector<std::string>> {
    ++asked;
    EXPECT_EQ(host, "upstream.test");
    // Nobody listens on the first ones: 127.0.0.2 to .4 are this machine, too, but the server has only .1.
    return std::vector<std::string>{"127.0.0.2", "127.0.0.3", "::1", "127.0.0.4", "127.0.0.1"};
  };
  TestPool test(1, settings);
  const HttpPoolCall call = test.call_to(fmt::format("http://upstream.test:{}", server.port()));
  for (int i = 0; i < 3; ++i) {
    HttpPoolCall closing = call;
    closing.headers = {{"X-N", std::to_string(i)}};
    EXPECT_THAT(test.run(closing)->body(), HasSubstr("GET / HTTP/1.1"));
  }
  EXPECT_EQ(asked, 1);
}

TEST(HttpPool, AsksForANameOnceForAllWhoWait) {
  const RawServer server(answer_all);
  HttpPoolSettings settings;
  std::atomic<int> asked = 0;
  Signal go;
  settings.resolve = [&](const std::string&) -> Result<std::vector<std::string>> {
    ++asked;
    go.wait();
    return std::vector<std::string>{"127.0.0.1"};
  };
  TestPool test(2, settings);
  const HttpPoolCall call = test.call_to(fmt::format("http://upstream.test:{}", server.port()));
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 6; ++i) {
    sinks.push_back(std::make_shared<TestSink>());
    test.pool->send(call, sinks.back());
  }
  // All of them have begun when both threads have come past them twice.
  for (int i = 0; i < 2; ++i) test.threads.run_on_each([](size_t) {});
  go.raise();
  for (const auto& sink : sinks) EXPECT_FALSE(sink->wait());
  EXPECT_EQ(asked, 1);
}

TEST(HttpPool, RefusesPrivateAddressesWhereTold) {
  const RawServer server(answer_all);
  HttpPoolSettings settings;
  settings.resolve = [](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"127.0.0.1", "10.0.0.1", "fe80::1"};
  };
  TestPool test(1, settings);
  for (const char* host : {"rebound.test", "127.0.0.1", "[::ffff:127.0.0.1]"}) {
    const std::string url = fmt::format("http://{}:{}", host, server.port());
    const auto failure = test.run(test.call({.url = url, .deny_private = true}))->wait();
    ASSERT_TRUE(failure) << host;
    EXPECT_EQ(failure->kind, HttpFailure::denied);
    EXPECT_EQ(failure->sent, HttpRequestProgress::nothing);
    EXPECT_FALSE(test.run(test.call({.url = url}))->wait());
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpPool, CollectsAnAnswer) {
  const RawServer server(answer_all);
  TestPool test;
  Signal done;
  HttpCollectedResult got;
  collect(*test.pool, test.call_to(server.url(), "/x"), [&](HttpCollectedResult result) {
    got = std::move(result);
    done.raise();
  });
  ASSERT_TRUE(done.wait());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->head.status, 200);
  EXPECT_EQ(got->body, "1 GET /x HTTP/1.1");
}

}  // namespace
}  // namespace ferry
