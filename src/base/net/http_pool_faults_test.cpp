// The pool and servers that misbehave; deadlines, cancelling, holding up.

#include <array>
#include <latch>

#include <gmock/gmock.h>

#include "base/net/test_client.h"
#include "base/net/test_upstream.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::Not;
using enum HttpRequestProgress;
using namespace std::string_literals;

void stall(RawPeer& peer) {
  peer.wait_for_end();
}

struct Misbehaviour {
  const char* name;
  const char* answer;  // sent after the request was read; then the connection is closed
  HttpFailure kind;
  bool response_begun;
  bool has_head;
};

constexpr Misbehaviour kMisbehaviours[] = {
    {"closes without a word", "", HttpFailure::closed_before_head, false, false},
    {"cuts the status line", "HTTP/1.1 2", HttpFailure::closed_before_head, true, false},
    {"cuts the head", "HTTP/1.1 200 OK\r\nContent-Le", HttpFailure::closed_before_head, true, false},
    {"announces, then closes", "HTTP/1.1 100 Continue\r\n\r\n", HttpFailure::closed_before_head, true, false},
    {"cuts a sized body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour", HttpFailure::cut, true, true},
    {"cuts a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfour", HttpFailure::cut, true,
     true},
    {"leaves out the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
     HttpFailure::cut, true, true},
    {"speaks something else", "220 mail.example.com ESMTP\r\n", HttpFailure::malformed, true, false},
    {"sends zeros", "\x01\x02\x03", HttpFailure::malformed, true, false},
    {"speaks HTTP/2", "HTTP/2 200\r\n\r\n", HttpFailure::malformed, true, false},
    {"has no status", "HTTP/1.1 OK\r\n\r\n", HttpFailure::malformed, true, false},
    {"has a bare line feed", "HTTP/1.1 200 OK\n\n", HttpFailure::malformed, true, false},
    {"folds a header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", HttpFailure::malformed, true, false},
    {"lies about two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
     HttpFailure::malformed, true, false},
    {"has length and chunks",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
     HttpFailure::malformed, true, false},
    {"has another encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     HttpFailure::malformed, true, false},
    {"has a bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2x\r\nok\r\n",
     HttpFailure::malformed, true, true},
    {"lies about a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nlonger\r\n",
     HttpFailure::malformed, true, true},
    {"claims exabytes", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
     HttpFailure::too_large, true, false},
    {"switches protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", HttpFailure::malformed,
     true, false},
};

TEST(HttpPoolFaults, EveryMisbehaviourHasItsName) {
  TestPool test;
  for (const Misbehaviour& it : kMisbehaviours) {
    SCOPED_TRACE(it.name);
    const RawServer server([&](RawPeer& peer) {
      peer.read_request();
      peer.send(it.answer);
    });
    const auto sink = test.run(test.call_to(server.url()));
    const auto failure = sink->wait();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, it.kind) << failure->message;
    EXPECT_EQ(failure->response_begun, it.response_begun);
    EXPECT_EQ(failure->sent, all);
    EXPECT_EQ(sink->has_head(), it.has_head);
    EXPECT_THAT(failure->message, HasSubstr(fmt::format("127.0.0.1:{}: ", server.port())));
    EXPECT_EQ(server.accepted(), 1) << "sent again";
  }
  EXPECT_EQ(test.pool->load().open, 0);
}

// Of a body that reaches up to the connection's end, only an orderly end is one.
TEST(HttpPoolFaults, AResetIsACut) {
  Signal go;
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\nno length");
    go.wait();
    peer.reset();
  });
  TestPool test;
  const auto sink = std::make_shared<TestSink>();
  test.pool->send(test.call_to(server.url()), sink);
  sink->wait_for_body(9);
  go.raise();
  const auto failure = sink->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::cut);
  EXPECT_THAT(failure->message, HasSubstr("Connection reset"));
}

TEST(HttpPoolFaults, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    const RawServer gone(stall);
    port = gone.port();
  }
  TestPool test;
  const auto failure = test.run(test.call_to(fmt::format("http://127.0.0.1:{}", port)))->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::connect);
  EXPECT_EQ(failure->sent, nothing);
  EXPECT_FALSE(failure->response_begun);
  EXPECT_EQ(failure->message, fmt::format("127.0.0.1:{}: cannot connect: Connection refused", port));
}

TEST(HttpPoolFaults, SaysThatANameIsUnknown) {
  HttpPoolSettings settings;
  settings.resolve = [](const std::string& host) -> Result<std::vector<std::string>> {
    return fail(ErrorCode::unavailable, "cannot find {}", host);
  };
  TestPool test(1, settings);
  const auto failure = test.run(test.call_to("http://nowhere.test"))->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::resolve);
  EXPECT_THAT(failure->message, HasSubstr("nowhere.test"));
  TestPool system;
  EXPECT_EQ(system.failure(system.call_to("http://nowhere.invalid")), HttpFailure::resolve);
}

TEST(HttpPoolFaults, EachDeadlineHasItsName) {
  const RawServer silent(stall);
  const RawServer half([](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfou");
    peer.wait_for_end();
  });
  const RawServer dripping([](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send("x")) std::this_thread::sleep_for(milliseconds(1));
  });
  TestPool test;
  HttpPoolCall call = test.call_to(silent.url());
  call.deadlines.first_byte = milliseconds(30);
  auto failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_first_byte);
  EXPECT_EQ(failure->sent, all);
  EXPECT_THAT(failure->message, HasSubstr("no answer within 30ms"));

  call = test.call_to(half.url());
  call.deadlines.idle = milliseconds(30);
  failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_idle);
  EXPECT_TRUE(failure->response_begun);

  call = test.call_to(dripping.url());
  call.deadlines.total = milliseconds(60);
  failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_total);

  // TLS to a server that never says anything.
  call = test.call_to(silent.url("https"));
  call.deadlines.connect = milliseconds(30);
  failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_connect);
  EXPECT_EQ(failure->sent, nothing);
  call.deadlines = {.connect = seconds(20), .total = milliseconds(30)};
  EXPECT_EQ(test.failure(call), HttpFailure::timeout_total);
}

TEST(HttpPoolFaults, WhoWaitsInLineTooLongIsTold) {
  const RawServer server(stall);
  TestPool test;
  HttpPoolCall call = test.call({.url = server.url(), .max_connections = 1});
  const auto first = std::make_shared<TestSink>();
  HttpCallHandle running = test.pool->send(call, first);
  call.deadlines.connect = milliseconds(30);
  EXPECT_EQ(test.failure(call), HttpFailure::busy);
  call.deadlines = {.connect = seconds(20), .total = milliseconds(30)};
  EXPECT_EQ(test.failure(call), HttpFailure::timeout_total);
  EXPECT_EQ(test.pool->load().waiting, 0);
  running.cancel();
  first->wait();
}

TEST(HttpPoolFaults, AServerThatTakesNothingIsGivenUp) {
  Signal go;
  const RawServer server([&](RawPeer&) { go.wait(); });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  call.method = "POST";
  call.body = std::make_shared<const std::string>(64 << 20, 'x');
  call.deadlines.first_byte = milliseconds(100);
  const auto failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_first_byte);
  EXPECT_EQ(failure->sent, part);
  go.raise();
}

TEST(HttpPoolFaults, AnAnswerBeforeTheRequestIsThroughCounts) {
  Signal go;
  const RawServer server([&](RawPeer& peer) {
    peer.receive();
    peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!");
    go.wait();
  });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  call.method = "POST";
  call.body = std::make_shared<const std::string>(64 << 20, 'x');
  const auto sink = test.run(call);
  EXPECT_FALSE(sink->wait());
  EXPECT_EQ(sink->head().status, 413);
  EXPECT_EQ(sink->body(), "no!");
  EXPECT_EQ(test.pool->load().open, 0);
  go.raise();
}

// Answers the first request of its first connection, and closes it when the second has come.
RawServer::Script stale_after_one(std::atomic<int>& requests) {
  return [&requests](RawPeer& peer) {
    for (int i = 0; !peer.read_request().empty(); ++i) {
      ++requests;
      if (peer.number() == 1 && i == 1) return;
      peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", peer.number()));
    }
  };
}

TEST(HttpPoolFaults, AKeptConnectionThatEndsIsReplacedOnce) {
  std::atomic<int> requests = 0;
  const RawServer server(stale_after_one(requests));
  TestPool test;
  EXPECT_EQ(test.run(test.call_to(server.url()))->body(), "1");
  const auto sink = test.run(test.call_to(server.url()));
  EXPECT_FALSE(sink->wait());
  EXPECT_EQ(sink->body(), "2");
  EXPECT_EQ(requests, 3);
}

TEST(HttpPoolFaults, UnlessTheCallForbidsIt) {
  std::atomic<int> requests = 0;
  const RawServer server(stale_after_one(requests));
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  call.resend_if_stale = false;
  EXPECT_FALSE(test.run(call)->wait());
  const auto failure = test.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::closed_before_head);
  EXPECT_EQ(failure->sent, all);
  EXPECT_EQ(requests, 2);
}

TEST(HttpPoolFaults, AServerThatAlwaysClosesIsNotAskedForever) {
  std::atomic<int> requests = 0;
  const RawServer server([&](RawPeer& peer) {
    for (int i = 0; !peer.read_request().empty(); ++i) {
      ++requests;
      if (peer.number() > 1 || i == 1) return;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  TestPool test;
  EXPECT_FALSE(test.run(test.call_to(server.url()))->wait());
  EXPECT_EQ(test.failure(test.call_to(server.url())), HttpFailure::closed_before_head);
  EXPECT_EQ(requests, 3);
}

TEST(HttpPoolFaults, WhatTheServerClosedWhileItWasIdleIsNotUsed) {
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  call.resend_if_stale = false;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(test.run(call)->wait());
    while (test.pool->load().open > 0) std::this_thread::yield();
  }
}

// Else one client's answer could be given to another.
TEST(HttpPoolFaults, WhatComesUnaskedIsNobodysAnswer) {
  Signal go, sent;
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    if (peer.number() > 1) return;
    go.wait();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked");
    sent.raise();
    peer.wait_for_end();
  });
  TestPool test;
  const HttpPoolCall call = test.call_to(server.url());
  EXPECT_EQ(test.run(call)->body(), "1");
  const auto sink = std::make_shared<TestSink>();
  // On the network thread, which cannot look at the connection meanwhile.
  test.threads.post(0, [&] {
    go.raise();
    EXPECT_TRUE(sent.wait());
    test.pool->send(call, sink);
  });
  EXPECT_FALSE(sink->wait());
  EXPECT_EQ(sink->body(), "1");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpPoolFaults, LimitsWhatItTakes) {
  const RawServer server([](RawPeer& peer) {
    const std::string request = peer.read_request();
    if (request.starts_with("GET /head")) {
      peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
    } else if (request.starts_with("GET /line")) {
      peer.send("HTTP/1.1 200 " + std::string(5000, 'x'));
      peer.wait_for_end();
    } else if (request.starts_with("GET /sized")) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
    } else if (request.starts_with("GET /chunked")) {
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
                "\r\n1\r\nx\r\n0\r\n\r\n");
    } else if (request.starts_with("GET /fields")) {
      peer.send("HTTP/1.1 200 OK\r\n");
      for (int i = 0; i < 300; ++i) peer.send("a:b\r\n");
      peer.send("\r\n");
    } else if (request.starts_with("GET /announcements")) {
      while (peer.send("HTTP/1.1 100 Continue\r\n\r\n")) {
      }
    } else {
      peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'));
    }
  });
  TestPool test;
  for (const char* target : {"/head", "/line", "/sized", "/chunked", "/fields", "/close"}) {
    HttpPoolCall call = test.call_to(server.url(), target);
    call.max_header = 4096;
    call.max_body = 1000;
    EXPECT_EQ(test.failure(call), HttpFailure::too_large) << target;
  }
  EXPECT_EQ(test.failure(test.call_to(server.url(), "/announcements")), HttpFailure::malformed);
}

TEST(HttpPoolFaults, WhatWouldForgeARequestIsNotSent) {
  const RawServer server(answer_all);
  TestPool test;
  const auto refused = [&](auto change) {
    HttpPoolCall call = test.call_to(server.url());
    change(call);
    const auto failure = test.run(call)->wait();
    if (!failure) return std::string("was sent");
    EXPECT_EQ(failure->kind, HttpFailure::invalid);
    EXPECT_EQ(failure->sent, nothing);
    return failure->message;
  };
  for (const std::string& value : {"a\r\nX: y"s, "a\nb"s, "a\rb"s, "a\0b"s}) {
    EXPECT_THAT(refused([&](auto& call) {
                  call.headers = {{"Authorization", value}};
                }),
                HasSubstr("the value of the header Authorization holds a line break"));
  }
  EXPECT_THAT(refused([](auto& call) { call.headers = {{"X", "secret\n"}}; }), Not(HasSubstr("secret")));
  for (const char* name : {"", "a b", "a:", "a\r\n", "\xc3\xa4"}) {
    EXPECT_THAT(refused([&](auto& call) {
                  call.headers = {{name, "x"}};
                }),
                HasSubstr("is not a header's name"));
  }
  for (const char* name :
       {"host", "Content-Length", "TRANSFER-ENCODING", "Connection", "Expect", "Upgrade"}) {
    EXPECT_THAT(refused([&](auto& call) { call.headers = {{name, "1"}}; }), HasSubstr("cannot be set"));
  }
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y", "/a#b", "http://other/", "/\xc3\xa4"}) {
    EXPECT_THAT(refused([&](auto& call) { call.target = target; }), HasSubstr("the target must be a path"));
  }
  for (const char* method : {"", "GET /x", "GET\r\n", "CONNECT"}) {
    EXPECT_THAT(refused([&](auto& call) { call.method = method; }), HasSubstr("is not a method"));
  }
  EXPECT_THAT(refused([](auto& call) { call.origin = nullptr; }), HasSubstr("without an origin"));
  EXPECT_EQ(server.accepted(), 0);
}

TEST(HttpPoolFaults, CancelsAtEveryStage) {
  const RawServer silent(stall);
  const RawServer half([](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfou");
    peer.wait_for_end();
  });
  Signal go;
  HttpPoolSettings settings;
  settings.resolve = [&](const std::string&) -> Result<std::vector<std::string>> {
    go.wait();
    return std::vector<std::string>{"127.0.0.1"};
  };
  TestPool test(1, settings);
  const auto cancelled = [&](const HttpPoolCall& call, auto wait_for_stage) {
    const auto sink = std::make_shared<TestSink>();
    HttpCallHandle handle = test.pool->send(call, sink);
    wait_for_stage(*sink);
    handle.cancel();
    handle.cancel();
    const auto failure = sink->wait();
    handle.cancel();
    handle.resume();
    return failure ? std::optional(failure->kind) : std::nullopt;
  };
  const auto at_once = [](TestSink&) {};
  const auto when_begun = [&](TestSink&) {
    for (int i = 0; i < 3; ++i) test.threads.run_on_each([](size_t) {});
  };
  EXPECT_EQ(cancelled(test.call_to("http://a.test"), at_once), HttpFailure::cancelled);  // before anything
  EXPECT_EQ(cancelled(test.call_to("http://a.test"), when_begun),
            HttpFailure::cancelled);  // looking up the name
  EXPECT_EQ(cancelled(test.call_to(silent.url("https")), when_begun), HttpFailure::cancelled);  // TLS
  EXPECT_EQ(cancelled(test.call_to(silent.url()), when_begun), HttpFailure::cancelled);         // no head yet
  EXPECT_EQ(cancelled(test.call_to(half.url()), [](TestSink& sink) { sink.wait_for_body(3); }),
            HttpFailure::cancelled);
  HttpPoolCall bad = test.call_to(silent.url());
  bad.target = "bad";
  EXPECT_TRUE(cancelled(bad, at_once));

  HttpPoolCall call = test.call({.url = silent.url(), .max_connections = 1});
  const auto first = std::make_shared<TestSink>();
  HttpCallHandle running = test.pool->send(call, first);
  EXPECT_EQ(cancelled(call, when_begun), HttpFailure::cancelled);  // in line
  running.cancel();
  first->wait();
  EXPECT_EQ(test.pool->load().open, 0);
  go.raise();
}

TEST(HttpPoolFaults, NothingFollowsACancellationFromTheCallsOwnThread) {
  const RawServer server([](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (peer.send("1\r\nx\r\n")) {
    }
  });
  TestPool test;
  const auto sink = std::make_shared<TestSink>();
  HttpCallHandle handle;
  std::latch set(1);
  sink->on_piece = [&] {
    set.wait();
    handle.cancel();
    sink->on_piece = [] { FAIL(); };
  };
  handle = test.pool->send(test.call_to(server.url()), sink);
  set.count_down();
  const auto failure = sink->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::cancelled);
}

TEST(HttpPoolFaults, APausedCallHoldsTheServerUp) {
  constexpr size_t kPiece = 64 << 10;
  constexpr size_t kPieces = 1024;
  std::atomic<size_t> sent = 0;
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kPiece * kPieces));
    const std::string piece(kPiece, 'x');
    for (size_t i = 0; i < kPieces && peer.send(piece); ++i) sent += kPiece;
    peer.wait_for_end();
  });
  TestPool test;
  const auto sink = std::make_shared<TestSink>();
  HttpCallHandle handle;
  std::latch set(1);
  sink->on_piece = [&] {
    set.wait();
    handle.pause();
    sink->on_piece = nullptr;
  };
  HttpPoolCall call = test.call_to(server.url());
  call.deadlines.idle = milliseconds(50);  // does not run while paused
  handle = test.pool->send(call, sink);
  set.count_down();
  sink->wait_for_body(1);
  std::this_thread::sleep_for(milliseconds(200));
  const size_t held = sink->body_bytes();
  EXPECT_LE(held, size_t{64} << 10);
  EXPECT_LT(sent, kPiece * kPieces);
  EXPECT_FALSE(sink->over());
  handle.resume();
  EXPECT_FALSE(sink->wait());
  EXPECT_EQ(sink->body().size(), kPiece * kPieces);
}

TEST(HttpPoolFaults, APausedCallCanBeCancelledAndRunsOutOfTime) {
  const RawServer server([&](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\nx");
    peer.wait_for_end();
  });
  TestPool test;
  HttpPoolCall call = test.call_to(server.url());
  auto sink = std::make_shared<TestSink>();
  HttpCallHandle handle = test.pool->send(call, sink);
  handle.pause();
  handle.cancel();
  EXPECT_EQ(sink->wait()->kind, HttpFailure::cancelled);
  call.deadlines.total = milliseconds(50);
  sink = std::make_shared<TestSink>();
  handle = test.pool->send(call, sink);
  handle.pause();
  EXPECT_EQ(sink->wait()->kind, HttpFailure::timeout_total);
}

TEST(HttpPoolFaults, PausingAndResumingFromElsewhereLosesNothing) {
  const RawServer server([](RawPeer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n");
    for (int i = 0; i < 400; ++i) peer.send(std::string(10000, static_cast<char>('a' + i % 26)));
    peer.wait_for_end();
  });
  TestPool test;
  const auto sink = std::make_shared<TestSink>();
  HttpCallHandle handle = test.pool->send(test.call_to(server.url()), sink);
  while (!sink->over()) {
    handle.pause();
    std::this_thread::yield();
    handle.resume();
  }
  EXPECT_FALSE(sink->wait());
  ASSERT_EQ(sink->body().size(), 4000000u);
  for (size_t i = 0; i < 400; ++i) ASSERT_EQ(sink->body()[i * 10000], static_cast<char>('a' + i % 26));
}

TEST(HttpPoolFaults, ThePoolsEndEndsItsCalls) {
  const RawServer silent(stall);
  TestPool test(2);
  HttpPoolCall call = test.call({.url = silent.url(), .max_connections = 4});
  std::vector<std::shared_ptr<TestSink>> sinks;
  std::vector<HttpCallHandle> handles;
  for (int i = 0; i < 20; ++i) {
    sinks.push_back(std::make_shared<TestSink>());
    handles.push_back(test.pool->send(call, sinks.back()));
  }
  // What is sent from the callback is ended, too.
  const auto late = std::make_shared<TestSink>();
  sinks.front()->on_over = [&, pool = test.pool.get()] { pool->send(call, late); };
  test.pool.reset();
  for (const auto& sink : sinks) {
    ASSERT_TRUE(sink->over());
    EXPECT_EQ(sink->wait()->kind, HttpFailure::cancelled);
  }
  EXPECT_EQ(late->wait()->kind, HttpFailure::cancelled);
  for (HttpCallHandle& handle : handles) handle.cancel();
}

TEST(HttpPoolFaults, CancellingWhileAnswersComeIsSafe) {
  const auto server = serve(echo);
  TestPool test(2);
  const HttpPoolCall call = test.call({.url = server->url(), .max_connections = 8});
  int ended = 0, cancelled = 0;
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 1000; ++i) {
    sinks.push_back(std::make_shared<TestSink>());
    HttpCallHandle handle = test.pool->send(call, sinks.back());
    if (i % 2 == 0) handle.cancel();
  }
  for (const auto& sink : sinks) {
    const auto failure = sink->wait();
    (failure ? cancelled : ended) += 1;
    if (failure) {
      EXPECT_EQ(failure->kind, HttpFailure::cancelled) << failure->message;
    }
  }
  EXPECT_GE(ended, 500);
}

}  // namespace
}  // namespace ferry
